import { confirm, openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { badge, empty, errorText } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { dateText, words } from "../shell/format.js";
import { projectFrame } from "./project-frame.js";

const STATES = ["pending", "in_progress", "completed"].map((each) => [each, words(each)]);

/** What is due when. */
export async function render(context) {
  const { api } = context;
  const frame = await projectFrame(context, "milestones", {
    actions: (may) =>
      may("projects:milestones") &&
      el("button", { type: "button", class: "primary", onclick: () => edit() }, "New milestone"),
  });
  const { project, may, head } = frame;
  const edit = (milestone = null) =>
    openDialog({
      title: milestone ? "Edit milestone" : "New milestone",
      build: (close) =>
        form({
          fields: [
            { name: "name", label: "Name", required: true, value: milestone?.name },
            { name: "due_date", label: "Due", type: "date", required: true, value: milestone?.due_date },
            { name: "status", label: "Status", type: "select", options: STATES, value: milestone?.status ?? "pending" },
            { name: "description", label: "Description", type: "textarea", rows: 3, value: milestone?.description },
          ],
          cancel: () => close(),
          onSubmit: async (values) => {
            if (milestone)
              await api.projects.milestones.update(project.id, milestone.id, { description: "", ...values });
            else await api.projects.milestones.create(project.id, values);
            close();
            toast("Saved");
            context.refresh();
          },
        }),
    });
  const remove = async (milestone) => {
    if (!(await confirm("Delete the milestone", `“${milestone.name}” will be gone.`))) return;
    try {
      await api.projects.milestones.delete(project.id, milestone.id);
      toast("Deleted");
    } catch (error) {
      toast(errorText(error), "error");
    }
    context.refresh();
  };
  const buttons = (milestone) =>
    el(
      "div",
      { class: "actions" },
      el("button", { type: "button", class: "small", onclick: () => edit(milestone) }, "Edit"),
      el("button", { type: "button", class: "small danger", onclick: () => remove(milestone) }, "Delete"),
    );
  const table = dataTable({
    label: "Milestones",
    sort: "due_date",
    order: "asc",
    load: (query) => api.projects.milestones.list(project.id, query),
    filters: [{ name: "status", label: "Status", options: STATES }],
    columns: [
      { label: "Milestone", sort: "name", wide: true, cell: (each) => each.name },
      { label: "Due", sort: "due_date", cell: (each) => dateText(each.due_date) },
      { label: "Status", cell: (each) => badge(each.overdue ? "overdue" : each.status) },
      may("projects:milestones") && { label: "Action", cell: buttons },
    ].filter(Boolean),
    nothing: empty(
      "No milestones yet",
      "A milestone says what is due when; what is overdue lowers the score's timeliness.",
    ),
  });
  return [head, table];
}
