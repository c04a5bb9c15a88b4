import { badge, card, empty, facts, heading } from "../components/states.js";
import { el } from "../shell/dom.js";
import { agoText, count, words } from "../shell/format.js";
import { href } from "../shell/router.js";

/** A control as its framework defines it: what it expects, what it refers to, what it maps to, and who knows about it. */
export async function control(context) {
  const { api, params, query, session } = context;
  const { frameworks } = await api.compliance.frameworks();
  const home = frameworks.find((each) => each.controls.some((own) => own.id === params.control));
  if (!home)
    return [
      heading("There is no such control"),
      empty(
        "No installed framework has it",
        "It may have gone with a newer version of its framework.",
        el("a", { class: "button", href: href("/frameworks") }, "All frameworks"),
      ),
    ];
  const [shown, { mappings }, known] = await Promise.all([
    api.compliance.framework(home.id),
    api.compliance.mappings({ control_id: params.control }),
    session.may("compliance:graph")
      ? api.compliance.graph.experts({ control_id: params.control }).catch(() => null)
      : null,
  ]);
  const found = shown.controls.find((each) => each.id === params.control);
  return [
    heading(`${found.number} ${found.title}`, {
      crumbs: [
        ["Frameworks", href("/frameworks")],
        [shown.name, href(`/frameworks/${shown.id}`)],
      ],
      actions: ways(found, query.project, session),
    }),
    el(
      "div",
      { class: "cards wide-first" },
      el(
        "div",
        { class: "stack" },
        asks(found, shown),
        mapped(found, mappings, new Map(frameworks.map((each) => [each.id, each.name]))),
      ),
      el("div", { class: "stack" }, expected(found), known && experts(known)),
    ),
  ];
}

function ways({ id }, project, session) {
  return [
    project && el("a", { class: "button", href: href(`/projects/${project}/controls/${id}`) }, "In the project"),
    session.may("compliance:graph") && el("a", { class: "button", href: href(`/graph/${id}`) }, "Graph"),
    project &&
      session.may("ai:use") &&
      el("a", { class: "button", href: href("/assistant", { project, control: id }) }, "Ask the assistant"),
  ];
}

function asks(found, { name, controls, categories }) {
  const numbered = new Map(controls.map((each) => [each.number, each.id]));
  const references = found.references.flatMap((text, index) => [
    index > 0 && ", ",
    numbered.has(text) ? el("a", { href: href(`/controls/${numbered.get(text)}`) }, text) : text,
  ]);
  return card(
    "What it asks for",
    el("p", {}, found.description),
    facts([
      ["Framework", name],
      ["Category", categories.find((each) => each.id === found.category)?.title ?? words(found.category)],
      ["Priority", badge(found.priority)],
      ["Evidence is renewed", found.renewal_days ? `every ${count(found.renewal_days, "day")}` : null],
      ["See also", references.length > 0 ? el("span", {}, references) : null],
    ]),
  );
}

function expected({ expected_evidence: wanted }) {
  if (wanted.length === 0)
    return card(
      "Expected evidence",
      empty("Nothing in particular", "The framework leaves open what shows that this control works."),
    );
  return card(
    "Expected evidence",
    el(
      "ul",
      { class: "pairs stacked" },
      wanted.map((each) =>
        el("li", {}, el("strong", {}, each.title), el("span", { class: "muted" }, each.description)),
      ),
    ),
  );
}

function mapped(found, mappings, names) {
  if (mappings.length === 0) return card("Mappings", empty("None known", "No installed mapping names this control."));
  const items = mappings.map((each) => {
    const leads = each.from.control_id === found.id;
    const other = leads ? each.to : each.from;
    const last = each.path.at(-1);
    return el(
      "li",
      {},
      el(
        "span",
        {},
        el("a", { href: href(`/controls/${other.control_id}`) }, `${other.number} ${other.title}`),
        " ",
        el("span", { class: "muted" }, names.get(other.framework) ?? other.framework),
      ),
      el(
        "span",
        {},
        `${leads ? "" : "From there: "}${words(each.relation)}, counts ${each.counts === "full" ? "in full" : "in part"}`,
      ),
      last && el("span", { class: "muted" }, `${last.rationale} (${last.source})`),
    );
  });
  return card("Mappings", el("ul", { class: "pairs stacked" }, items));
}

function experts({ experts: people }) {
  if (people.length === 0)
    return card(
      "Who knows about it",
      empty("Nobody yet", "Nobody has uploaded or reviewed evidence for it in a project of yours."),
    );
  const items = people.map((each) =>
    el(
      "li",
      {},
      el("strong", {}, each.name),
      el(
        "span",
        { class: "muted" },
        `${count(each.uploaded, "upload")}, ${count(each.reviewed, "review")}, last ${agoText(each.last_at)}`,
      ),
    ),
  );
  return card("Who knows about it", el("ul", { class: "pairs stacked" }, items));
}
