import { el, uniqueId } from "../shell/dom.js";

/** A labelled choice outside of a form, which acts at once; options are pairs of value and text. */
export function choice(label, options, chosen, onchange) {
  const id = uniqueId("choice");
  const select = el(
    "select",
    { id, onchange: (event) => onchange(event.target.value) },
    options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)),
  );
  return el("div", { class: "choice" }, el("label", { for: id }, label), select);
}
