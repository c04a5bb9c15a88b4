import { el, uniqueId } from "../shell/dom.js";
import { iconOf } from "./icons.js";

/** A place where files are dropped or chosen; `onFiles` gets them as a list. */
export function dropZone({ label, hint = "", multiple = true, accept = "", onFiles }) {
  const id = uniqueId("files");
  const taken = (files) => files.length > 0 && onFiles(multiple ? [...files] : [files[0]]);
  const input = el("input", {
    type: "file",
    id,
    multiple,
    accept: accept || null,
    "aria-describedby": `${id}-hint`,
    onchange: () => (taken(input.files), (input.value = "")),
  });
  const zone = el(
    "div",
    { class: "drop" },
    iconOf("upload"),
    el("label", { for: id }, label),
    input,
    el("p", { class: "muted", id: `${id}-hint` }, hint),
  );
  const over = (event) => {
    event.preventDefault();
    zone.classList.add("over");
  };
  zone.addEventListener("dragenter", over);
  zone.addEventListener("dragover", over);
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    taken(event.dataTransfer.files);
  });
  return zone;
}
