import { saveAs } from "../components/save.js";
import { badge, card, empty, errorText, facts, heading } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { count, words } from "../shell/format.js";
import { href } from "../shell/router.js";
import { versionsCard } from "./framework-versions.js";
import { localRows } from "./local-rows.js";

const FORMS = { yaml: "YAML", json: "JSON", oscal: "OSCAL", csv: "CSV" };
const PRIORITIES = ["critical", "high", "medium", "low"];

/** One framework: its categories and controls, what it maps to, and its versions. */
export async function framework(context) {
  const { api, params, session } = context;
  const shown = await api.compliance.framework(params.framework);
  const [{ mappings }, { frameworks }] = await Promise.all([
    api.compliance.mappings({ from: shown.id }),
    api.compliance.frameworks(),
  ]);
  const names = new Map(frameworks.map((each) => [each.id, each.name]));
  return [
    heading(shown.name, {
      crumbs: [["Frameworks", href("/frameworks")]],
      lead: shown.description,
      actions: el("a", { class: "button", href: href("/frameworks/compare", { from: shown.id }) }, "Compare"),
    }),
    el("div", { class: "cards" }, aboutCard(api, shown), mappedCard(shown, mappings, names)),
    controls(shown),
    session.may("compliance:frameworks", "") && versionsCard(context, shown),
  ];
}

function aboutCard(api, { id, version, publisher, controls: all, categories }) {
  const save = (format) => async () => {
    try {
      const text = await api.compliance.frameworks.export(id, { format });
      saveAs(new Blob([text]), `${id}.${format === "oscal" ? "oscal.json" : format}`);
    } catch (error) {
      toast(errorText(error), "error");
    }
  };
  const buttons = Object.entries(FORMS).map(([format, name]) =>
    el("button", { type: "button", class: "small", onclick: save(format) }, name),
  );
  return card(
    "About",
    facts([
      ["Version", version],
      ["Publisher", publisher],
      ["Controls", String(all.length)],
      ["Categories", String(categories.length)],
    ]),
    el("div", { class: "actions exports" }, el("span", { class: "muted" }, "Export as"), buttons),
  );
}

function mappedCard({ id }, mappings, names) {
  const others = Map.groupBy(mappings, (each) => each.to.framework);
  if (others.size === 0)
    return card("Mappings", empty("None known", "No installed mapping leads from this framework to another."));
  const items = [...others].map(([other, found]) => {
    const full = found.filter((each) => each.counts === "full").length;
    return el(
      "li",
      {},
      el("a", { href: href("/frameworks/compare", { from: id, to: other }) }, names.get(other) ?? other),
      el("span", { class: "muted" }, `${count(found.length, "mapping")}, ${full} in full`),
    );
  });
  return card("Mappings", el("ul", { class: "pairs" }, items));
}

function controls({ name, controls: all, categories }) {
  const titles = new Map(categories.map((each) => [each.id, each.title]));
  return dataTable({
    label: `Controls of ${name}`,
    search: "Search controls",
    load: localRows(
      all,
      (each) =>
        `${each.number} ${each.title} ${each.description} ${each.expected_evidence.map((piece) => piece.title).join(" ")}`,
      {
        category: (each) => each.category,
        priority: (each) => each.priority,
      },
    ),
    link: (each) => href(`/controls/${each.id}`),
    filters: [
      { name: "category", label: "Category", options: categories.map((each) => [each.id, each.title]) },
      { name: "priority", label: "Priority", options: PRIORITIES.map((each) => [each, words(each)]) },
    ],
    columns: [
      { label: "Control", wide: true, cell: (each) => `${each.number} ${each.title}` },
      { label: "Category", cell: (each) => titles.get(each.category) ?? words(each.category) },
      { label: "Priority", cell: (each) => badge(each.priority) },
      { label: "Renewed", cell: (each) => (each.renewal_days ? count(each.renewal_days, "day") : "–") },
      { label: "Expects", number: true, cell: (each) => String(each.expected_evidence.length) },
    ],
  });
}
