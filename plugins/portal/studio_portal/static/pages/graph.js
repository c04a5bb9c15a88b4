import { choice } from "../components/choice.js";
import { card, empty, heading, note } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { el } from "../shell/dom.js";
import { go, href } from "../shell/router.js";
import { drawing } from "./graph-drawing.js";
import { factsOf } from "./graph-facts.js";
import { radial } from "./graph-layout.js";
import { around, nameOf, pageOf, relationOf } from "./graph-nodes.js";
import { localRows } from "./local-rows.js";

const DEPTHS = [
  ["1", "1 step"],
  ["2", "2 steps"],
  ["3", "3 steps"],
];
const LEAD = "Who works on what, which evidence serves which control, and which controls answer to each other.";

/** What is around a node: drawn, as a list, and what follows from it. */
export async function render(context) {
  const { api, params, query } = context;
  if (!params.node) return start(api);
  const depth = Math.min(3, Math.max(1, Number(query.depth) || 1));
  const found = await api.compliance.graph({ node: params.node, depth });
  const centre = found.nodes.find((each) => each.id === found.node);
  const page = pageOf(centre);
  const picture = card(
    "",
    el("h2", { class: "hidden" }, "Drawing"),
    choice("Reach", DEPTHS, String(depth), (value) => go(`/graph/${encodeURIComponent(found.node)}`, { depth: value })),
    drawing(found, depth),
  );
  picture.classList.add("graph-card");
  return [
    heading(nameOf(centre), {
      crumbs: [["Graph", href("/graph")]],
      lead: centre.label,
      actions: page && el("a", { class: "button", href: page }, `Open the ${centre.label.toLowerCase()}`),
    }),
    found.truncated && note("There is more around it than one answer holds; the nearest is here."),
    picture,
    factsOf(context, centre),
    list(found, depth),
  ];
}

/** Where to begin. */
async function start(api) {
  const [projects, { frameworks }] = await Promise.all([
    api.projects.list({ limit: 50, sort: "name", order: "asc" }),
    api.compliance.frameworks(),
  ]);
  const links = (pairs) =>
    el(
      "ul",
      { class: "loose" },
      pairs.map(([id, name]) => el("li", {}, el("a", { href: around(id, 1) }, name))),
    );
  const own =
    projects.length > 0
      ? links([...projects].map((each) => [each.id, each.name]))
      : empty("No projects yet", "Ask a project's manager to add you to its team.");
  return [
    heading("Graph", { lead: LEAD }),
    el(
      "div",
      { class: "cards" },
      card("Begin at a project", own),
      card("Begin at a framework", links(frameworks.map((each) => [`framework:${each.id}`, each.name]))),
    ),
  ];
}

/** The same as the drawing, to be read. */
function list({ node: centre, nodes, edges }, depth) {
  const rows = [...radial(nodes, edges, centre).values()].slice(1);
  const kinds = [...new Set(rows.map((row) => row.node.label))].sort();
  const linked = (row) =>
    edges
      .filter(
        (edge) =>
          [edge.source, edge.target].includes(row.node.id) && [edge.source, edge.target].includes(row.parent.node.id),
      )
      .map(relationOf)
      .join(", ");
  return dataTable({
    label: "What is around it",
    search: "Search the surroundings",
    load: localRows(rows, (row) => `${row.node.label} ${nameOf(row.node)}`, {
      kind: (row) => row.node.label,
      distance: (row) => String(row.distance),
    }),
    filters: [
      { name: "kind", label: "Kind", options: kinds.map((kind) => [kind, kind]) },
      depth > 1 && { name: "distance", label: "Distance", options: DEPTHS.slice(0, depth) },
    ].filter(Boolean),
    link: (row) => around(row.node.id, depth),
    columns: [
      { label: "Name", wide: true, cell: (row) => nameOf(row.node) },
      { label: "Kind", cell: (row) => row.node.label },
      { label: "Steps away", number: true, cell: (row) => String(row.distance) },
      {
        label: "By way of",
        cell: (row) => (row.distance === 1 ? linked(row) : `${nameOf(row.parent.node)}: ${linked(row)}`),
      },
      {
        label: "Open",
        cell: (row) =>
          pageOf(row.node)
            ? el("a", { href: pageOf(row.node), "aria-label": `Open ${nameOf(row.node)}` }, "Open")
            : "–",
      },
    ],
    nothing: empty("Nothing around it", "It isn't connected to anything that you can see."),
  });
}
