import { badge, card, heading, note } from "../components/states.js";
import { el } from "../shell/dom.js";
import { count, words } from "../shell/format.js";

/** What the platform consists of, and how it does. */
export async function render({ api }) {
  const [health, { plugins }] = await Promise.all([readiness(), api.plugins.list()]);
  const out = plugins.filter((each) => each.state === "left out");
  return [
    heading("Platform", { lead: `${count(plugins.length, "plugin")}; ${count(health.checks.length, "service")} that they stand on.` }),
    out.length > 0 && note(`${count(out.length, "plugin")} couldn't take part: ${out.map((each) => each.name).join(", ")}.`, "warning"),
    card("Services", table("Services", ["Service", "State", "Needed", "Reason"], health.checks.map(service))),
    card("Plugins", table("Plugins", ["Plugin", "State", "Version", "Adds", "From"], plugins.map(plugin)), how()),
  ].filter(Boolean);
}

/** NOTE: not by the client, for which the 503 of a platform that isn't ready is an error without a document. */
async function readiness() {
  const answer = await fetch("/ready", { headers: { Accept: "application/json" } });
  return answer.json();
}

function service(check) {
  return [words(check.name), badge(check.ok ? "ok" : "failed", check.ok ? "Works" : "Away"), check.needed ? "yes" : "no", check.reason ?? "–"];
}

function plugin(each) {
  const name = el("span", {}, el("strong", {}, each.name), each.summary && el("span", { class: "muted" }, ` ${each.summary}`), each.reason && el("p", { class: "muted" }, each.reason));
  const state = { active: "active", disabled: "inactive", "left out": "failed" }[each.state];
  return [name, badge(state, words(each.state)), each.version || "–", count(each.operations, "operation"), each.built_in ? "the platform" : el("code", {}, each.distribution)];
}

function how() {
  return el("p", { class: "muted" }, "Plugins are installed, enabled and disabled on the server: ", el("code", {}, "studio plugins --help"), ".");
}

function table(label, head, rows) {
  const cells = (row) => row.map((content, place) => el(place === 0 ? "th" : "td", { scope: place === 0 ? "row" : null, "data-label": head[place] }, content));
  const shown = el(
    "table",
    {},
    el("caption", { class: "hidden" }, label),
    el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, cells(row)))),
  );
  return el("div", { class: "data-table" }, el("div", { class: "scroll" }, shown));
}
