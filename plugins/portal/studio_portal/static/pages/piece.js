import { confirm, openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { saveAs } from "../components/save.js";
import { badge, card, errorText, facts, heading } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { dateText, sizeText, timeText } from "../shell/format.js";
import { go, href } from "../shell/router.js";
import { state } from "./evidence-table.js";
import { learn, peopleOf } from "./people.js";
import { previewCard } from "./preview.js";
import { qualityCard } from "./quality.js";
import { linksCard } from "./links.js";
import { reviewCard } from "./review.js";
import { versionsCard } from "./versions.js";

/** One piece of evidence: what it is, whether it counts, and what is to be done with it. */
export async function render(context) {
  const { api, session, params } = context;
  const piece = await api.evidence.read(params.evidence);
  const [project, versions, reviews, quality] = await Promise.all([
    api.projects.read(piece.project_id),
    api.evidence.versions.list(piece.id, { limit: 50 }),
    api.evidence.reviews.list(piece.id, { limit: 50 }),
    api.evidence.quality(piece.id),
  ]);
  for (const each of versions) learn(each.uploaded_by, each.uploaded_by_name);
  for (const each of reviews) learn(each.reviewer_id, each.reviewer_name);
  const nameOf = await peopleOf(context, project);
  const role = session.roleIn(project);
  const may = (permission) => project.status !== "archived" && session.may(permission, role);
  const all = { ...context, piece, project, may, nameOf, versions, reviews, quality };
  return [
    heading(piece.title, {
      crumbs: [
        ["Projects", href("/projects")],
        [project.name, href(`/projects/${project.id}`)],
        ["Evidence", href(`/projects/${project.id}/evidence`)],
      ],
      actions: buttons(all),
      lead: piece.description,
    }),
    el(
      "div",
      { class: "cards wide-first" },
      el("div", { class: "stack" }, aboutCard(all), previewCard(all), versionsCard(all)),
      el("div", { class: "stack" }, reviewCard(all), linksCard(all), qualityCard(all)),
    ),
  ];
}

function aboutCard({ piece, nameOf }) {
  return card(
    "About",
    facts([
      ["Status", badge(state(piece))],
      ["File", piece.file_name],
      ["Size", piece.file_size ? sizeText(piece.file_size) : null],
      ["Type", piece.content_type],
      ["Version", String(piece.version)],
      ["Uploaded by", nameOf(piece.uploaded_by)],
      ["Uploaded", timeText(piece.uploaded_at)],
      [
        "Speaks of",
        piece.period_start || piece.period_end
          ? `${dateText(piece.period_start)} – ${dateText(piece.period_end)}`
          : null,
      ],
      ["Valid until", piece.valid_until ? dateText(piece.valid_until) : null],
      ["Expires", piece.expires_at ? dateText(piece.expires_at) : null],
      ["Tags", piece.tags.join(", ")],
    ]),
    piece.sha256 && el("p", { class: "muted digest" }, "SHA-256 ", el("code", {}, piece.sha256)),
  );
}

function buttons(all) {
  const { api, session, piece, may, refresh } = all;
  const download = async () => {
    try {
      const file = await api.evidence.download(piece.id);
      saveAs(await file.blob(), file.fileName);
    } catch (error) {
      toast(errorText(error), "error");
    }
  };
  const edit = () =>
    openDialog({
      title: "Edit evidence",
      build: (close) =>
        form({
          fields: [
            { name: "title", label: "Title", required: true, value: piece.title },
            { name: "description", label: "What it shows", type: "textarea", value: piece.description },
            { name: "tags", label: "Tags", value: piece.tags.join(", "), help: "Separated by commas." },
            { name: "valid_until", label: "Valid until", type: "date", value: piece.valid_until },
          ],
          keepEmpty: true,
          cancel: () => close(),
          onSubmit: async (values) => {
            const tags = values.tags
              .split(",")
              .map((tag) => tag.trim())
              .filter(Boolean);
            await api.evidence.update(piece.id, { ...values, tags, valid_until: values.valid_until || null });
            close();
            toast("Saved");
            refresh();
          },
        }),
    });
  const remove = async () => {
    if (!(await confirm("Delete the evidence", `“${piece.title}” and all its versions will be gone.`))) return;
    try {
      await api.evidence.delete(piece.id);
      toast("Deleted");
      go(`/projects/${piece.project_id}/evidence`);
    } catch (error) {
      toast(errorText(error), "error");
    }
  };
  return [
    piece.kind === "link" ? null : el("button", { type: "button", onclick: download }, "Download"),
    session.may("compliance:graph") && el("a", { class: "button", href: href(`/graph/${piece.id}`) }, "Graph"),
    may("evidence:update") && el("button", { type: "button", onclick: edit }, "Edit"),
    may("evidence:delete") && el("button", { type: "button", class: "danger", onclick: remove }, "Delete"),
  ];
}
