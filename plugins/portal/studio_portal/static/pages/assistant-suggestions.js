import { codeBlock } from "../components/code.js";
import { confirm } from "../components/dialog.js";
import { badge, empty, loading, problem } from "../components/states.js";
import { operations } from "../sdk/operations.js";
import { el, replace } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { href } from "../shell/router.js";
import { draftView } from "./assistant-draft.js";

const SHOWN = 10;

/**
 * What an answer offers to do next: buttons that make the very call that it names. `about` has the project and the
 * titles of the providers.
 */
export function suggestions(context, offered, about) {
  const result = el("div", { class: "result", "aria-live": "polite" });
  const buttons = offered
    .map((each) => [each, callOf(context.api, each.request)])
    .filter(([, call]) => call !== null)
    .map(([each, call]) =>
      el("button", { type: "button", title: each.description, onclick: () => run(each, call) }, each.title),
    );
  async function run(each, call) {
    if (changes(each.request) && !(await confirm(each.title, each.description, { yes: "Do it", danger: false })))
      return;
    replace(result, loading(each.title));
    try {
      replace(result, shown(context, await call(), each.request.body ?? {}, about));
    } catch (error) {
      if (!context.signal.aborted)
        replace(
          result,
          problem(error, () => run(each, call)),
        );
    }
  }
  return (
    buttons.length > 0 &&
    el(
      "section",
      { class: "suggestions" },
      el("h3", {}, "Next steps"),
      el("div", { class: "actions" }, buttons),
      result,
    )
  );
}

/** The client's method that makes a request, ready to be called; null where this platform has none. */
export function callOf(api, { method, path, body = {} }) {
  const [where, query = ""] = path.split("?");
  for (const [id, operation] of Object.entries(operations)) {
    const found = operation.method === method && pattern(operation.path).exec(where);
    if (!found) continue;
    const input = { ...Object.fromEntries(new URLSearchParams(query)), ...body };
    return () => methodOf(api, id)(...found.slice(1).map(decodeURIComponent), input);
  }
  return null;
}

function pattern(template) {
  return new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "([^/]+)")}$`);
}

function methodOf(api, id) {
  const names = id.split(".").map((name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase()));
  return names.reduce((inner, name) => inner[name], api);
}

/** Whether it does more than look or draft. */
function changes({ method, path }) {
  return method !== "GET" && !/^\/api\/v1\/ai\/(generate|search|analyze\/gaps)/.test(path);
}

function shown(context, data, asked, about) {
  if (data.content && data.quality)
    return [draftView(context, data, { ...about, control: asked.control_id }), otherwise(asked, about)];
  if (Array.isArray(data.gaps)) return gaps(data);
  if (Array.isArray(data.results)) return passages(data.results);
  if (Array.isArray(data.expectations)) return analysis(data);
  if (data.state && data.evidence_id)
    return el("p", {}, "Saved as evidence: ", el("a", { href: href(`/evidence/${data.evidence_id}`) }, data.title));
  return codeBlock(JSON.stringify(data, null, 2), { label: "Answer" });
}

/** The same draft, for a company that is named. */
function otherwise({ type, framework, control_id: control, company_name: name }, { project }) {
  return el(
    "p",
    {},
    `Written for “${name}”. `,
    el(
      "a",
      { href: href("/assistant/policies", { type, framework, control, project }) },
      "Draft it for your own company",
    ),
  );
}

function gaps({ gaps: found, project_id: project }) {
  if (found.length === 0) return empty("No gaps", "Every control that applies is complete.");
  const items = found
    .slice(0, SHOWN)
    .map((gap) =>
      el(
        "li",
        {},
        el("a", { href: href(`/controls/${gap.control_id}`, { project }) }, `${gap.number} ${gap.title}`),
        " ",
        badge(gap.severity),
        el("div", { class: "muted" }, gap.missing.join("; ")),
      ),
    );
  const rest =
    found.length > SHOWN &&
    el(
      "p",
      { class: "muted" },
      `${count(found.length - SHOWN, "more gap", "more gaps")} in the `,
      el("a", { href: href(`/projects/${project}`) }, "project"),
      ".",
    );
  return [el("h4", {}, count(found.length, "gap")), el("ul", {}, items), rest];
}

function passages(results) {
  if (results.length === 0) return empty("No passage found", "No evidence of the project speaks of it.");
  const items = results.map((each) =>
    el(
      "li",
      {},
      el("a", { href: href(`/evidence/${each.evidence_id}`) }, each.title),
      el("span", { class: "muted" }, ` ${[each.heading, each.place].filter(Boolean).join(", ")}`),
      el("blockquote", {}, each.text),
    ),
  );
  return [el("h4", {}, count(results.length, "passage")), el("ol", {}, items)];
}

function analysis({ summary, expectations }) {
  const items = expectations.map((each) =>
    el(
      "li",
      {},
      badge(each.shown ? "ok" : "failed", each.shown ? "shown" : "not shown"),
      ` ${each.control}: ${each.expected}`,
      el("div", { class: "muted" }, each.reason),
    ),
  );
  return [el("h4", {}, "Analysis"), el("p", {}, summary), el("ul", {}, items)];
}
