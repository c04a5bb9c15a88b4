import { heading } from "../components/states.js";
import { evidenceTable } from "./evidence-table.js";

/** All evidence within reach, of every project. */
export async function render(context) {
  return [heading("Evidence", { lead: "Of every project that you can see." }), evidenceTable(context, {})];
}
