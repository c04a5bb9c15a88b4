import { scoreRing } from "../components/charts.js";
import { choice } from "../components/choice.js";
import { badge, card, empty, facts, loading, problem } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { el, replace } from "../shell/dom.js";
import { words } from "../shell/format.js";
import { go, href } from "../shell/router.js";
import { localRows } from "./local-rows.js";

const STATES = ["complete", "in_progress", "not_started", "not_applicable"];

/** What a project would score in another framework with the evidence that it has. */
export async function projection({ api, query }) {
  const [projects, { frameworks }] = await Promise.all([
    api.projects.list({ limit: 100, sort: "name", order: "asc" }),
    api.compliance.frameworks(),
  ]);
  const project = [...projects].find((each) => each.id === query.project) ?? projects.items[0];
  if (!project)
    return card(
      "",
      empty(
        "No projects yet",
        "A projection applies a project's evidence to another framework.",
        el("a", { class: "button", href: href("/projects") }, "Projects"),
      ),
    );
  const framework =
    frameworks.find((each) => each.id === query.framework) ??
    frameworks.find((each) => each.id !== project.framework) ??
    frameworks[0];
  const again = (changes) => go("/frameworks/projection", { project: project.id, framework: framework.id, ...changes });
  const place = el("div", { class: "stack" }, loading());
  api.compliance.projection({ project_id: project.id, framework: framework.id }).then(
    (found) => replace(place, shown(found, project, framework)),
    (error) => replace(place, problem(error)),
  );
  return [
    el(
      "div",
      { class: "card choices" },
      choice(
        "Project",
        [...projects].map((each) => [each.id, each.name]),
        project.id,
        (value) => again({ project: value }),
      ),
      choice(
        "Framework",
        frameworks.map((each) => [each.id, each.name]),
        framework.id,
        (value) => again({ framework: value }),
      ),
    ),
    place,
  ];
}

function shown(found, project, framework) {
  const { control_coverage: coverage } = found;
  const head = el(
    "section",
    { class: "card projected" },
    scoreRing(found.projected_score, found.band, { label: "Projected score" }),
    el(
      "div",
      {},
      el("h2", {}, `${project.name} in ${framework.name}`),
      facts([
        ["Complete", `${coverage.complete} of ${coverage.total}`],
        ["In progress", String(coverage.in_progress)],
        ["Not started", String(coverage.not_started)],
        ["With evidence", String(found.coverage.controls_with_evidence)],
      ]),
    ),
  );
  return [head, table(found.controls, framework)];
}

function table(controls, framework) {
  return dataTable({
    label: `Controls of ${framework.name}, projected`,
    search: "Search controls",
    load: localRows(controls, (each) => `${each.number} ${each.title}`, { status: (each) => each.status }),
    filters: [{ name: "status", label: "Status", options: STATES.map((each) => [each, words(each)]) }],
    link: (each) => href(`/controls/${each.control_id}`),
    columns: [
      { label: "Control", wide: true, cell: (each) => `${each.number} ${each.title}` },
      { label: "Status", cell: (each) => badge(each.status) },
      { label: "Priority", cell: (each) => badge(each.priority) },
      {
        label: "By evidence for",
        wide: true,
        cell: (each) =>
          each.in_project
            ? "Itself, in the project"
            : each.via.map((one) => `${one.framework} ${one.number}`).join(", ") || "–",
      },
    ],
  });
}
