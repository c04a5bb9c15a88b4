import { el } from "../shell/dom.js";
import { openDialog } from "./dialog.js";

const KEYS = [
  ["/", "To the search field"],
  ["↑ ↓", "From row to row of a table; Home and End to the first and last"],
  ["Enter", "Open the row"],
  ["Space", "Choose the row, where rows can be chosen"],
  ["Escape", "Close a dialog or the menu"],
  ["?", "Show this"],
];

/** What can be done by keys. */
export function showShortcuts() {
  const rows = KEYS.map(([key, text]) =>
    el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, text)),
  );
  return openDialog({
    title: "Keyboard",
    body: el("table", { class: "keys" }, el("tbody", {}, rows)),
    actions: [["Close", null]],
  });
}
