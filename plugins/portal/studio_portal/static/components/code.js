import { el } from "../shell/dom.js";
import { toast } from "./toast.js";

/** Text as a program takes it, with a button that copies it. */
export function codeBlock(text, { label = "Code" } = {}) {
  const copy = el("button", { type: "button", class: "small", onclick: () => copyText(text) }, "Copy");
  return el(
    "div",
    { class: "code" },
    el("pre", { tabindex: "0", role: "region", "aria-label": label }, el("code", {}, text)),
    copy,
  );
}

/** Put text on the clipboard, and say so. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser doesn't let this page copy; select the text and copy it yourself.", "warning");
  }
}
