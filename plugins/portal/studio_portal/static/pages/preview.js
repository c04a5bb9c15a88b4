import { card, empty, loading, problem } from "../components/states.js";
import { el, replace } from "../shell/dom.js";
import { sizeText } from "../shell/format.js";

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const TEXTS = /^(text\/(plain|markdown|csv)|application\/json)/;
// Bytes: what is larger isn't fetched to be looked at.
const MOST = { text: 2_000_000, shown: 20_000_000 };
const SHOWN = 20_000;

/**
 * What a piece looks like. Pictures are drawn and texts shown as text; a PDF opens in the browser's own viewer, in a tab
 * of its own. Nothing else is opened here: an uploaded file never becomes part of this page.
 */
export function previewCard({ api, piece, signal }) {
  const place = el("div", {}, loading());
  show(api, piece, signal).then(
    (content) => replace(place, content),
    (error) => signal.aborted || replace(place, problem(error)),
  );
  return card("Preview", place);
}

async function show(api, piece, signal) {
  const type = piece.content_type.split(";")[0];
  if (piece.kind === "link")
    return el("p", {}, el("a", { href: safe(piece.url), target: "_blank", rel: "noopener noreferrer" }, piece.url));
  if (piece.file_size > (TEXTS.test(type) ? MOST.text : MOST.shown))
    return empty("Too large to show", `Download it to look at it: it has ${sizeText(piece.file_size)}.`);
  if (PICTURES.includes(type)) return picture(await fetched(api, piece, signal), piece, signal);
  if (TEXTS.test(type)) return words(await (await api.evidence.download(piece.id, {}, { signal })).text());
  if (type === "application/pdf")
    return el("button", { type: "button", onclick: () => openPdf(api, piece) }, "Open the PDF in a new tab");
  return empty("No preview", "Files of this type are not opened here. Download it to look at it.");
}

async function fetched(api, piece, signal) {
  const bytes = await (await api.evidence.download(piece.id, {}, { signal })).bytes();
  return URL.createObjectURL(new Blob([bytes], { type: piece.content_type }));
}

function picture(address, piece, signal) {
  signal.addEventListener("abort", () => URL.revokeObjectURL(address));
  return el("img", { src: address, alt: piece.description || piece.title, class: "preview" });
}

function words(text) {
  const cut = text.length > SHOWN;
  return [
    el(
      "pre",
      { class: "preview", tabindex: "0", role: "region", "aria-label": "Text of the file" },
      cut ? text.slice(0, SHOWN) : text,
    ),
    cut && el("p", { class: "muted" }, "Only the beginning is shown; download it for the rest."),
  ];
}

async function openPdf(api, piece) {
  const bytes = await (await api.evidence.download(piece.id)).bytes();
  // APPSEC: the type is ours, not the file's: whatever the bytes are, the browser takes them to its PDF viewer.
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
  open(address, "_blank", "noopener");
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Only addresses of the web become links. */
function safe(url) {
  return /^https?:\/\//i.test(url ?? "") ? url : null;
}
