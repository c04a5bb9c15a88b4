import { copyText } from "../components/code.js";
import { openDialog } from "../components/dialog.js";
import { note } from "../components/states.js";
import { el } from "../shell/dom.js";

/** Show what can be seen this once: pairs of name and text. The promise ends when the dialog is closed. */
export function showOnce(title, pairs) {
  const line = ([name, text]) =>
    el(
      "div",
      { class: "field" },
      el("p", {}, name),
      el("div", { class: "secret" }, el("code", { "data-secret": name }, text), el("button", { type: "button", class: "small", onclick: () => copyText(text) }, "Copy")),
    );
  const body = [note("Copy it now: it is shown this once, and nobody can show it again.", "warning"), el("br"), pairs.map(line)];
  return openDialog({ title, body, actions: [["I have copied it", true, "primary"]], wide: true });
}
