import { el, uniqueId } from "../shell/dom.js";

/**
 * Open a dialog; the promise gives what its closing action stands for, or null.
 *
 * `actions` are pairs of text and value, or `[text, value, class]`. A `body` that is a form closes the dialog itself by
 * calling the `close(value)` that `build` gets: `openDialog({ title, build: (close) => form(…) })`.
 */
export function openDialog({ title, body = null, build = null, actions = [], wide = false }) {
  return new Promise((resolve) => {
    const id = uniqueId("dialog");
    let result = null;
    const close = (value = null) => {
      result = value;
      dialog.close();
    };
    const buttons = actions.map(([text, value, kind = ""]) =>
      el("button", { type: "button", class: kind, onclick: () => close(value) }, text),
    );
    const dialog = el(
      "dialog",
      { "aria-labelledby": id, class: wide && "wide", onclose: () => (dialog.remove(), resolve(result)) },
      el(
        "div",
        { class: "dialog-head" },
        el("h2", { id }, title),
        el("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => close() }, "×"),
      ),
      el("div", { class: "dialog-body" }, build ? build(close) : body),
      buttons.length > 0 && el("div", { class: "dialog-actions" }, buttons),
    );
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector(".dialog-body :is(input, select, textarea):not([disabled])")?.focus();
  });
}

/** Ask before something that can't be taken back. True when the person goes on. */
export async function confirm(title, text, { yes = "Delete", danger = true } = {}) {
  const answer = await openDialog({
    title,
    body: el("p", {}, text),
    actions: [
      ["Cancel", false],
      [yes, true, danger ? "danger" : "primary"],
    ],
  });
  return answer === true;
}
