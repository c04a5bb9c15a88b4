import { saveAs } from "../components/save.js";
import { card, errorText, note, progress } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el, replace } from "../shell/dom.js";
import { projectFrame } from "./project-frame.js";

const KINDS = [
  [
    "summary",
    "Summary",
    "Score with its parts, trend, gaps, every control, evidence and team.",
    ["html", "pdf", "csv", "json", "oscal"],
  ],
  ["gap", "Gap report", "What is missing, the most severe first.", ["html", "pdf", "csv", "json"]],
  [
    "soa",
    "Statement of Applicability",
    "Each control: whether it applies and why, how far it is, what shows it.",
    ["html", "pdf", "csv", "json"],
  ],
  ["ssp", "System security plan", "The project as an OSCAL plan, for tools that read it.", ["oscal"]],
  [
    "audit-pack",
    "Audit pack",
    "The reports, every version of the evidence, an index and the SHA-256 of each file, in one ZIP.",
    ["zip"],
  ],
];
const PAUSE = 700;

/** Reports on a project; each is made in the background and then saved. */
export async function render(context) {
  const { head, project } = await projectFrame(context, "reports");
  return [
    head,
    el(
      "div",
      { class: "cards" },
      KINDS.map((kind) => reportCard(context, project, kind)),
    ),
  ];
}

function reportCard({ api, signal }, project, [kind, title, text, formats]) {
  const place = el("div", { role: "status" });
  const make = async (format, button) => {
    button.disabled = true;
    const bar = progress(`${title} as ${format}`);
    replace(place, bar.element);
    try {
      const report = await finished(
        api,
        signal,
        await api.compliance.reports.create({ project_id: project.id, kind, format }),
        bar.set,
      );
      if (report === null) return;
      const file = await api.compliance.reports.file(report.id, { onProgress: bar.set });
      saveAs(await file.blob(), report.file_name ?? file.fileName);
      replace(place, note(`${report.file_name ?? title} is saved.`, "success"));
    } catch (error) {
      replace(place, note(errorText(error), "error"));
    } finally {
      button.disabled = false;
    }
  };
  const buttons = formats.map((format) =>
    el(
      "button",
      {
        type: "button",
        "aria-label": `${title} as ${format.toUpperCase()}`,
        onclick: (event) => make(format, event.currentTarget),
      },
      format.toUpperCase(),
    ),
  );
  return card(title, el("p", {}, text), el("div", { class: "actions" }, buttons), place);
}

/** Wait for a report; null when the person left meanwhile. */
async function finished(api, signal, report, tell) {
  while (!signal.aborted) {
    tell(report.progress, 100);
    if (report.link) return report;
    if (["failed", "cancelled"].includes(report.state))
      throw new Error("The report could not be made. Try again, or look at the job's error.");
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    report = await api.compliance.reports.read(report.id);
  }
  toast("The report goes on in the background.", "info");
  return null;
}
