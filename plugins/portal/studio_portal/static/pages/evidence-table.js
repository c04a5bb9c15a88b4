import { meter } from "../components/charts.js";
import { badge, empty } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { el } from "../shell/dom.js";
import { agoText, dateText, words } from "../shell/format.js";
import { href } from "../shell/router.js";
import { meet } from "./people.js";

const STATES = ["pending", "in_review", "approved", "rejected"].map((each) => [each, words(each)]);
const KINDS = ["file", "link", "note"].map((each) => [each, words(each)]);

/** A list of evidence; `fixed` narrows it, such as to a project. */
export function evidenceTable(context, { nameOf, fixed = {}, uploads = false }) {
  return dataTable({
    label: "Evidence",
    search: "Search words, also inside files",
    sort: "uploaded_at",
    order: "desc",
    ranks: true,
    fixed,
    load: (query) => found(context, query),
    link: (piece) => href(`/evidence/${piece.id}`),
    filters: [
      { name: "status", label: "Status", options: STATES },
      { name: "kind", label: "Kind", options: KINDS },
    ],
    columns: [
      {
        label: "Evidence",
        sort: "title",
        wide: true,
        cell: (piece) => [piece.title, piece.matches && snippet(piece.matches)],
      },
      { label: "Status", cell: (piece) => badge(state(piece)) },
      { label: "Quality", sort: "quality_score", cell: (piece) => meter(piece.quality_score, "Quality", { unit: "" }) },
      { label: "Version", number: true, cell: (piece) => String(piece.version) },
      { label: "By", cell: (piece) => nameOf(piece.uploaded_by) },
      { label: "Expires", cell: (piece) => dateText(piece.expires_at) },
      { label: "Uploaded", sort: "uploaded_at", cell: (piece) => agoText(piece.uploaded_at) },
    ],
    nothing: empty(
      "No evidence yet",
      uploads
        ? "Drop files above: policies, exports, screenshots, whatever shows that a control works."
        : "It appears here once somebody of a project's team uploads some.",
    ),
  });
}

/** With words to look for, what has them comes by how well it fits; without, in the order that was chosen. */
async function found(context, { search, sort, order, ...narrowed }) {
  const { evidence } = context.api;
  const page = await (search ? evidence.search({ q: search, ...narrowed }) : evidence.list({ sort, order, ...narrowed }));
  await meet(
    context,
    [...page].map((piece) => [piece.uploaded_by, piece.project_id]),
  );
  return page;
}

/** Where the words stand, if not in the title. */
function snippet(matches) {
  const match = matches.find(({ field }) => field !== "title");
  if (!match) return null;
  const place = match.page ? `Page ${match.page}: ` : match.place ? `${match.place}: ` : "";
  return el(
    "div",
    { class: "muted snippet" },
    place,
    match.snippet.map((part) => (part.match ? el("mark", {}, part.text) : part.text)),
  );
}

/** Approved evidence that is over is told so: it no longer counts. */
export function state(piece) {
  return piece.status === "approved" && !piece.is_current ? "expired" : piece.status;
}
