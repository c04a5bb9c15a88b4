import { openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { badge, empty } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { count, dateText, words } from "../shell/format.js";
import { href } from "../shell/router.js";
import { ownerField } from "./control-forms.js";
import { projectFrame } from "./project-frame.js";

const STATES = ["not_started", "in_progress", "complete", "not_applicable"];
const PRIORITIES = ["critical", "high", "medium", "low"];

/** The controls of a project: what is done, what isn't, who does it until when. */
export async function render(context) {
  const { api } = context;
  const frame = await projectFrame(context, "controls");
  const { project, may, nameOf, head, base } = frame;
  const table = dataTable({
    label: "Controls",
    search: "Search controls",
    limit: 50,
    load: (query) => api.projects.controls.list(project.id, query),
    link: (control) => href(`${base}/controls/${control.id}`),
    filters: filtersOf(project, nameOf),
    columns: [
      {
        label: "Control",
        sort: "number",
        wide: true,
        cell: (control) => [el("span", { class: "code-like" }, control.number), " ", control.title],
      },
      {
        label: "Status",
        cell: (control) => [badge(control.status), control.override && el("span", { class: "muted" }, " by hand")],
      },
      { label: "Priority", cell: (control) => badge(control.priority) },
      { label: "Category", cell: (control) => words(control.category) },
      { label: "Evidence", sort: "evidence_count", number: true, cell: (control) => String(control.evidence_count) },
      { label: "Owner", cell: (control) => nameOf(control.owner_id) },
      {
        label: "Due",
        cell: (control) =>
          control.overdue ? [badge("overdue"), ` ${dateText(control.due_date)}`] : dateText(control.due_date),
      },
    ],
    select: may("projects:controls") ? (rows) => bulkButton(context, frame, rows, () => table.reload()) : null,
    nothing: empty("No controls", "Attach a framework to this project, and its controls appear here."),
  });
  return [head, table];
}

function filtersOf(project, nameOf) {
  const categories = [...new Set(project.controls.map((control) => control.category))];
  const filters = [
    { name: "status", label: "Status", options: STATES.map((each) => [each, words(each)]) },
    { name: "category", label: "Category", options: categories.map((each) => [each, words(each)]) },
    { name: "priority", label: "Priority", options: PRIORITIES.map((each) => [each, words(each)]) },
    {
      name: "owner_id",
      label: "Owner",
      options: project.team_members.map((member) => [member.user_id, nameOf(member.user_id)]),
    },
  ];
  if (project.frameworks.length > 1)
    filters.push({ name: "framework", label: "Framework", options: project.frameworks.map((each) => [each, each]) });
  return filters;
}

/** Change what was chosen, all at once; only what is filled in changes. */
function bulkButton({ api }, { project, nameOf }, rows, reload) {
  const change = () =>
    openDialog({
      title: `Change ${count(rows.length, "control")}`,
      build: (close) =>
        form({
          fields: [
            ownerField(project, nameOf, "", [
              ["", "Leave as it is"],
              ["none", "Nobody"],
            ]),
            { name: "due_date", label: "Due", type: "date", help: "Empty leaves it as it is." },
            {
              name: "status",
              label: "Status",
              type: "select",
              options: [
                ["", "Leave as it is"],
                ["derived", "As the evidence says"],
                ...STATES.slice(0, 3).map((each) => [each, words(each)]),
              ],
            },
            { name: "reason", label: "Reason", help: "Needed for a status by hand; it is shown with it." },
          ],
          submit: "Change",
          cancel: () => close(),
          onSubmit: async (values) => {
            const changes = changesOf(values);
            const answer = await api.projects.controls.bulkUpdate(project.id, {
              controls: rows.map((row) => ({ id: row.id, ...changes })),
            });
            const refused = answer.results.find((each) => !each.ok);
            if (answer.changed === 0 && refused) throw new Error(refused.error.message);
            close();
            toast(
              refused
                ? `${answer.changed} changed, ${answer.failed} refused: ${refused.error.message}`
                : `${count(answer.changed, "control")} changed`,
              refused ? "warning" : "success",
            );
            reload();
          },
        }),
    });
  return el("button", { type: "button", class: "small primary", onclick: change }, "Change …");
}

function changesOf({ owner_id: owner, status, ...rest }) {
  const changes = { ...rest };
  if (owner) changes.owner_id = owner === "none" ? null : owner;
  if (status) changes.status = status === "derived" ? null : status;
  if (Object.keys(changes).length === 0) throw new Error("Nothing is filled in, so nothing would change.");
  return changes;
}
