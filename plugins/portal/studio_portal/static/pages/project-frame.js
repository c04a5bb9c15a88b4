import { badge, heading, note } from "../components/states.js";
import { tabLinks } from "../components/tabs.js";
import { href } from "../shell/router.js";
import { peopleOf } from "./people.js";

const TABS = [
  ["overview", "Overview", "", "projects:read"],
  ["controls", "Controls", "/controls", "projects:read"],
  ["evidence", "Evidence", "/evidence", "evidence:read"],
  ["milestones", "Milestones", "/milestones", "projects:read"],
  ["team", "Team", "/team", "projects:read"],
  ["activity", "Activity", "/activity", "projects:read"],
  ["reports", "Reports", "/reports", "compliance:report"],
];

/**
 * What all pages of a project share: the project, what the person may do in it, names, and the page's head with its
 * tabs. An archived project may only be read.
 */
export async function projectFrame(context, current, { title = "", actions = () => [] } = {}) {
  const { api, session, params } = context;
  const project = await api.projects.read(params.project);
  const nameOf = await peopleOf(context, project);
  const role = session.roleIn(project);
  const may = (permission) => project.status !== "archived" && session.may(permission, role);
  const see = (permission) => session.may(permission, role);
  const base = `/projects/${project.id}`;
  const tabs = TABS.filter(([, , , permission]) => see(permission)).map(([name, text, path]) => [
    text,
    href(base + path),
    name === current,
  ]);
  const crumbs = [["Projects", href("/projects")], ...(title ? [[project.name, href(base)]] : [])];
  const shown = [project.status !== "active" && badge(project.status), ...[actions(may, project, see)].flat()];
  const head = [
    heading(title ? `${title}` : project.name, { crumbs, actions: shown, lead: title ? "" : project.description }),
    tabLinks(`Parts of ${project.name}`, tabs),
    project.status === "archived" &&
      note("This project is archived: it can be read, and nothing in it changes.", "info"),
  ];
  return { project, role, may, see, nameOf, head, base };
}
