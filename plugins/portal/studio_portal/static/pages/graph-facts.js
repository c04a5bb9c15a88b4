import { badge, card, empty, errorText, facts, loading, note } from "../components/states.js";
import { el, replace } from "../shell/dom.js";
import { agoText, count, words } from "../shell/format.js";
import { href } from "../shell/router.js";
import { around, nameOf } from "./graph-nodes.js";

const SHOWN = 12;
const QUESTIONS = {
  Evidence: ["If it were lost", async (api, id) => impact(await api.compliance.graph.impact({ evidence_id: id }))],
  Control: ["Who knows about it", async (api, id) => experts(await api.compliance.graph.experts({ control_id: id }))],
  Project: ["What hangs loose", async (api, id) => orphans(await api.compliance.graph.orphans({ project_id: id }))],
};

/** What the graph tells of this kind of node beyond its surroundings; null where it tells nothing. */
export function factsOf({ api, signal }, { id, label }) {
  if (!QUESTIONS[label]) return null;
  const [title, ask] = QUESTIONS[label];
  const place = el("div", { class: "stack" }, loading());
  ask(api, id).then(
    (content) => replace(place, content),
    (error) => signal.aborted || replace(place, note(errorText(error), "error")),
  );
  return card(title, place);
}

function impact({ counts_now: counts, controls, projects, frameworks }) {
  const lines = controls.map((each) =>
    el(
      "li",
      {},
      el("a", { href: href(`/controls/${each.control_id}`) }, `${each.framework} ${each.number} ${each.title}`),
      el("span", {}, badge(each.status_before), " → ", badge(each.status_after)),
      each.by === "mapping" && el("span", { class: "muted" }, "by a mapping"),
    ),
  );
  return [
    !counts && note("It doesn't count now: only approved, current evidence does."),
    el(
      "div",
      {},
      facts([
        ...projects.map((each) => [`Score of ${each.name}`, `${each.score_before} → ${each.score_after}`]),
        ...frameworks.map((each) => [
          `Coverage of ${each.framework}`,
          `${each.coverage_before} → ${each.coverage_after}`,
        ]),
      ]),
    ),
    lines.length > 0
      ? el("ul", { class: "loose" }, lines)
      : empty("No control changes", "It serves none, or others hold them up."),
  ];
}

function experts({ experts: people }) {
  if (people.length === 0)
    return empty("Nobody yet", "Nobody has uploaded or reviewed evidence for it in a project of yours.");
  return el(
    "ul",
    { class: "loose" },
    people.map((each) =>
      el(
        "li",
        {},
        el("a", { href: around(each.user_id, 1) }, each.name),
        el(
          "span",
          { class: "muted" },
          `${count(each.uploaded, "upload")}, ${count(each.reviewed, "review")}, last ${agoText(each.last_at)}`,
        ),
      ),
    ),
  );
}

function orphans(found) {
  const parts = [
    ["Evidence without a control", found.evidence_without_control],
    ["Controls without evidence", found.controls_without_evidence],
    ["Members without a hand in evidence", found.members_without_evidence],
  ];
  return parts.map(([title, nodes]) => [el("h3", {}, `${title}: ${nodes.length}`), nodes.length > 0 && names(nodes)]);
}

function names(nodes) {
  const line = (node) =>
    el(
      "li",
      {},
      el("a", { href: around(node.id, 1) }, nameOf(node)),
      node.properties.priority && badge(node.properties.priority, words(node.properties.priority)),
    );
  const rest = nodes.slice(SHOWN);
  return [
    el("ul", { class: "loose" }, nodes.slice(0, SHOWN).map(line)),
    rest.length > 0 &&
      el("details", {}, el("summary", {}, `${rest.length} more`), el("ul", { class: "loose" }, rest.map(line))),
  ];
}
