import { openDialog } from "../components/dialog.js";
import { badge, empty, errorText, facts, heading } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { agoText, timeText, words } from "../shell/format.js";
import { nameOf, peopleOf } from "./people.js";

const STATES = ["queued", "waiting", "running", "succeeded", "failed", "cancelled"];
const LEAD = "What the platform does by itself: analysis, extraction, reports, deliveries. Administrators see all of it, others what they started.";

/** Background jobs, with what can be done about them. */
export async function render(context) {
  const { api, session } = context;
  await peopleOf(context);
  const table = dataTable({
    label: "Background jobs",
    sort: "created_at",
    order: "desc",
    load: (query) => api.jobs.list(query),
    onOpen: show,
    filters: [{ name: "state", label: "State", options: STATES.map((state) => [state, words(state)]) }],
    columns: [
      { label: "Kind", wide: true, cell: (job) => el("code", {}, job.kind) },
      { label: "State", cell: (job) => badge(job.state) },
      { label: "Progress", cell: (job) => `${job.progress} %` },
      { label: "Attempts", cell: (job) => job.attempts },
      { label: "Began", sort: "created_at", cell: (job) => agoText(job.created_at) },
      { label: "Actions", cell: (job) => (session.may("jobs:manage") ? actions(api, job, () => table.reload()) : "–") },
    ],
    nothing: empty("No background work yet", "Upload evidence, and its analysis appears here."),
  });
  return [heading("Background work", { lead: LEAD }), table];
}

function actions(api, job, reload) {
  const button = (text, work) => el("button", { type: "button", class: "small", "aria-label": `${text} ${job.kind}`, onclick: () => attempt(work, reload) }, text);
  if (["failed", "cancelled"].includes(job.state)) return button("Try again", () => api.jobs.retry(job.id));
  if (["queued", "waiting", "running"].includes(job.state)) return button("Cancel", () => api.jobs.cancel(job.id));
  return "–";
}

function show(job) {
  const code = (text) => text && el("code", {}, text);
  const body = facts([
    ["Kind", code(job.kind)],
    ["State", badge(job.state)],
    ["Progress", `${job.progress} %`],
    ["Attempts", job.attempts],
    ["Error", job.error],
    ["Result", job.result && code(JSON.stringify(job.result))],
    ["Project", code(job.project_id)],
    ["Started by", job.owner_id ? nameOf(job.owner_id) : "the platform"],
    ["Due", timeText(job.run_at)],
    ["Created", timeText(job.created_at)],
    ["Changed", timeText(job.updated_at)],
    ["Id", code(job.id)],
  ]);
  return openDialog({ title: "Background job", body, wide: true, actions: [["Close", true]] });
}

async function attempt(work, reload) {
  try {
    await work();
    reload();
  } catch (error) {
    toast(errorText(error), "error");
  }
}
