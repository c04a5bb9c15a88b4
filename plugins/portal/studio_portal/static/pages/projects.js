import { badge, empty, heading } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { meter } from "../components/charts.js";
import { el } from "../shell/dom.js";
import { agoText, words } from "../shell/format.js";
import { href } from "../shell/router.js";

/** Every project within reach, with score, coverage and freshness. */
export function render({ api, session }) {
  const create =
    session.may("projects:create") && el("a", { class: "button primary", href: href("/projects/new") }, "New project");
  const table = dataTable({
    label: "Projects",
    search: "Search projects",
    sort: "created_at",
    order: "desc",
    load: (query) => api.projects.list(query),
    link: (project) => href(`/projects/${project.id}`),
    filters: [
      {
        name: "status",
        label: "Status",
        options: ["active", "inactive", "archived"].map((each) => [each, words(each)]),
      },
    ],
    columns: [
      { label: "Project", sort: "name", wide: true, cell: (project) => project.name },
      { label: "Framework", cell: (project) => project.framework },
      {
        label: "Score",
        sort: "compliance_score",
        cell: (project) => meter(project.compliance_score, "Score", { unit: "" }),
      },
      { label: "Coverage", cell: (project) => share(project.coverage, "Coverage") },
      { label: "Freshness", cell: (project) => share(project.freshness, "Freshness") },
      { label: "Status", sort: "status", cell: (project) => badge(project.status) },
      { label: "Changed", sort: "updated_at", cell: (project) => agoText(project.updated_at) },
    ],
    nothing: empty(
      "No projects yet",
      "A project holds a framework's controls, the evidence for them, and the score that follows.",
      create
        ? el("a", { class: "button primary", href: href("/projects/new") }, "Create the first project")
        : el("p", {}, "Ask a project's manager to add you to its team."),
    ),
  });
  return [heading("Projects", { actions: create }), table];
}

/** A share that is there only with the plugin that knows it. */
function share(value, label) {
  return value === undefined ? "–" : meter(value, label);
}
