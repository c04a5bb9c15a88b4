import { el } from "../shell/dom.js";

const SECONDS = 6;
let region = null;

/** Where short messages appear; it stands in the page from the start, so that screen readers follow it. */
export function toastRegion() {
  region ??= el("div", { class: "toasts", role: "status", "aria-live": "polite" });
  return region;
}

/** Say something for a few seconds: `success`, `info`, `warning` or `error`. Errors stay until they are closed. */
export function toast(text, kind = "success") {
  const close = () => made.remove();
  const made = el(
    "div",
    { class: `toast toast-${kind}` },
    el("span", {}, text),
    el("button", { type: "button", class: "plain", "aria-label": "Close the message", onclick: close }, "×"),
  );
  toastRegion().append(made);
  if (kind !== "error") setTimeout(close, SECONDS * 1000);
}
