import { heading } from "../components/states.js";
import { evidenceTable } from "./evidence-table.js";
import { peopleOf } from "./people.js";

/** All evidence within reach, of every project. */
export async function render(context) {
  const nameOf = await peopleOf(context);
  return [heading("Evidence", { lead: "Of every project that you can see." }), evidenceTable(context, { nameOf })];
}
