import { dataTable } from "../components/table.js";
import { timeText, words } from "../shell/format.js";
import { activityLine } from "./activity-lines.js";
import { projectFrame } from "./project-frame.js";

/** What happened in a project, newest first. */
export async function render(context) {
  const { head, project, nameOf } = await projectFrame(context, "activity");
  const table = dataTable({
    label: "Activity",
    load: (query) => context.api.projects.activity(project.id, query),
    columns: [
      { label: "What", wide: true, cell: (each) => activityLine(each, nameOf) },
      { label: "Kind", cell: (each) => words(each.event.replace(".", " ")) },
      { label: "When", cell: (each) => timeText(each.occurred_at) },
    ],
  });
  return [head, table];
}
