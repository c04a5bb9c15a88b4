import { choice } from "../components/choice.js";
import { card, empty, facts, loading, problem } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { el, replace } from "../shell/dom.js";
import { words } from "../shell/format.js";
import { go, href } from "../shell/router.js";
import { localRows } from "./local-rows.js";

/** Two frameworks side by side: how many controls of each answer to the other, and which. */
export async function compare({ api, query }) {
  const { frameworks } = await api.compliance.frameworks();
  if (frameworks.length < 2) return card("", empty("Nothing to compare", "It takes two frameworks."));
  const from = frameworks.find((each) => each.id === query.from) ?? frameworks[0];
  const to = frameworks.find((each) => each.id === query.to) ?? (await mappedWith(api, from, frameworks));
  const again = (changes) =>
    go("/frameworks/compare", { from: from.id, to: to.id, transitive: query.transitive, ...changes });
  const options = frameworks.map((each) => [each.id, each.name]);
  const transitive = query.transitive === "true";
  const box = el("input", {
    type: "checkbox",
    checked: transitive,
    onchange: (event) => again({ transitive: event.target.checked ? "true" : "" }),
  });
  const place = el("div", { class: "stack" }, loading());
  show(api, from, to, transitive).then(
    (content) => replace(place, content),
    (error) => replace(place, problem(error)),
  );
  return [
    el(
      "div",
      { class: "card choices" },
      choice("From", options, from.id, (value) => again({ from: value })),
      choice("To", options, to.id, (value) => again({ to: value })),
      el("label", { class: "check" }, box, "Also over several steps"),
    ),
    place,
  ];
}

/** Where nothing is chosen: a framework that `from` maps to, if there is one. */
async function mappedWith(api, from, frameworks) {
  const { mappings } = await api.compliance.mappings({ from: from.id });
  const others = frameworks.filter((each) => each !== from);
  return others.find((each) => mappings.some(({ to }) => to.framework === each.id)) ?? others[0];
}

async function show(api, from, to, transitive) {
  if (from === to) return card("", empty("The same framework twice", "Choose two different ones."));
  const [there, back] = await Promise.all([
    api.compliance.mappings({ from: from.id, to: to.id, transitive }),
    api.compliance.mappings({ from: to.id, to: from.id, transitive }),
  ]);
  return [
    el("div", { class: "cards" }, coverage(from, to, back.mappings), coverage(to, from, there.mappings)),
    table(from, to, there.mappings),
  ];
}

/** How much of `wanted` evidence for `held` shows: by the mappings that lead there. */
function coverage(wanted, held, mappings) {
  const full = new Set(mappings.filter((each) => each.counts === "full").map((each) => each.to.control_id));
  const reached = new Set(mappings.map((each) => each.to.control_id));
  const relations = Map.groupBy(mappings, (each) => each.relation);
  const kinds = [...relations].map(([relation, found]) => `${words(relation)} ${found.length}`).join(", ");
  return card(
    `${wanted.name}, by evidence for ${held.name}`,
    facts([
      ["In full", `${full.size} of ${wanted.controls.length} controls`],
      ["In part", String(reached.size - full.size)],
      ["Not at all", String(wanted.controls.length - reached.size)],
      ["Mappings", kinds || "None"],
    ]),
  );
}

function table(from, to, mappings) {
  const relations = [...new Set(mappings.map((each) => each.relation))];
  return dataTable({
    label: `Mappings from ${from.name} to ${to.name}`,
    search: "Search mappings",
    load: localRows(mappings, (each) => [each.from, each.to].map((end) => `${end.number} ${end.title}`).join(" "), {
      relation: (each) => each.relation,
      counts: (each) => each.counts,
    }),
    filters: [
      { name: "relation", label: "Relation", options: relations.map((each) => [each, words(each)]) },
      {
        name: "counts",
        label: "Counts",
        options: [
          ["full", "In full"],
          ["partial", "In part"],
        ],
      },
    ],
    link: (each) => href(`/controls/${each.from.control_id}`),
    columns: [
      { label: from.name, wide: true, cell: (each) => `${each.from.number} ${each.from.title}` },
      {
        label: to.name,
        wide: true,
        cell: (each) =>
          el("a", { href: href(`/controls/${each.to.control_id}`) }, `${each.to.number} ${each.to.title}`),
      },
      { label: "Relation", cell: (each) => words(each.relation) },
      { label: "Counts", cell: (each) => (each.counts === "full" ? "In full" : "In part") },
      {
        label: "Why",
        wide: true,
        cell: (each) =>
          each.path.length > 1
            ? `By ${each.path
                .slice(0, -1)
                .map((step) => `${step.framework} ${step.number}`)
                .join(", ")}`
            : el("span", { class: "muted" }, each.path[0]?.rationale),
      },
    ],
    nothing: empty("No mappings", `No installed mapping leads from ${from.name} to ${to.name}.`),
  });
}
