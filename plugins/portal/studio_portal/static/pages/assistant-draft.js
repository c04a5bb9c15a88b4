import { openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { markdown } from "../components/markdown.js";
import { saveAs } from "../components/save.js";
import { errorText } from "../components/states.js";
import { meter } from "../components/charts.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { go } from "../shell/router.js";
import { saidBy } from "./assistant-answer.js";

/** A policy draft: how good it is, how it reads, and what can be made of it. `about` has its project and control. */
export function draftView({ api, session }, draft, { project = "", control = "", titles = new Map() } = {}) {
  const lines = draft.quality.map((each) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, each.name),
      el("td", { class: "number" }, `${each.points} of ${each.of}`),
      el("td", {}, each.found),
    ),
  );
  const save =
    session.may("evidence:upload") &&
    el(
      "button",
      { type: "button", class: "primary", onclick: () => saveDialog(api, draft, project, control) },
      "Save as evidence",
    );
  return el(
    "article",
    { class: "draft" },
    el(
      "div",
      { class: "draft-head" },
      el("h3", {}, `Draft: ${draft.title}`),
      el(
        "div",
        { class: "actions" },
        exporter(api, draft, "docx", "Word file"),
        exporter(api, draft, "html", "Web page"),
        save,
      ),
    ),
    meter(draft.quality_score, "Quality"),
    el(
      "details",
      { class: "numbers" },
      el("summary", {}, "How the quality came about"),
      el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, lines))),
    ),
    saidBy(draft, titles),
    el(
      "div",
      { class: "prose paper", tabindex: "0", role: "region", "aria-label": `Text of ${draft.title}` },
      markdown(draft.content, { level: 4 }),
    ),
  );
}

function exporter(api, { title, content }, format, label) {
  const run = async () => {
    try {
      const file = await api.ai.policies.export({ title, content, format });
      saveAs(await file.blob(), file.fileName);
    } catch (error) {
      toast(errorText(error), "error");
    }
  };
  return el("button", { type: "button", onclick: run }, label);
}

async function saveDialog(api, { title, content }, project, control) {
  const projects = [...(await api.projects.list({ limit: 100, sort: "name", order: "asc", status: "active" }))];
  await openDialog({
    title: "Save as evidence",
    build: (close) =>
      form({
        fields: [
          { name: "title", label: "Title", required: true, value: title },
          {
            name: "project_id",
            label: "Project",
            type: "select",
            required: true,
            value: project,
            options: projects.map((each) => [each.id, each.name]),
          },
          {
            name: "format",
            label: "As",
            type: "select",
            value: "docx",
            options: [
              ["docx", "Word file"],
              ["markdown", "Markdown"],
            ],
          },
        ],
        cancel: () => close(),
        onSubmit: async (values) => {
          const made = await api.ai.policies.save({
            ...values,
            content,
            ...(control && values.project_id === project && { control_id: control }),
          });
          close();
          toast("Saved as evidence");
          go(`/evidence/${made.id}`);
        },
      }),
  });
}
