import { card } from "../components/states.js";
import { evidenceTable } from "./evidence-table.js";
import { projectFrame } from "./project-frame.js";
import { uploader } from "./uploader.js";

/** The evidence of a project, and where more of it is dropped. */
export async function render(context) {
  const { head, project, may, nameOf } = await projectFrame(context, "evidence");
  const table = evidenceTable(context, { fixed: { project_id: project.id }, nameOf, uploads: may("evidence:upload") });
  return [
    head,
    may("evidence:upload") && card("Add evidence", uploader(context, { project, done: () => table.reload() })),
    table,
  ];
}
