import { el, replace, uniqueId } from "../shell/dom.js";

/** Parts of one thing, each with an address of its own: `[text, address, current]`. */
export function tabLinks(label, links) {
  const items = links.map(([text, to, current]) =>
    el("li", {}, el("a", { href: to, "aria-current": current ? "page" : null }, text)),
  );
  return el("nav", { class: "tabs", "aria-label": label }, el("ul", {}, items));
}

/** The same thing in several forms, one shown at a time: `[text, build]`; `build()` gives the content when first shown. */
export function tabPanels(label, panels) {
  const panel = el("div", { role: "tabpanel", id: uniqueId("panel"), tabindex: "0" });
  const built = new Map();
  const tabs = panels.map(([text], index) =>
    el(
      "button",
      {
        type: "button",
        role: "tab",
        id: uniqueId("tab"),
        "aria-controls": panel.id,
        onclick: () => choose(index),
        onkeydown: (event) => move(event, index),
      },
      text,
    ),
  );
  function choose(index) {
    if (!built.has(index)) built.set(index, panels[index][1]());
    tabs.forEach((tab, each) => {
      tab.setAttribute("aria-selected", String(each === index));
      tab.tabIndex = each === index ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", tabs[index].id);
    replace(panel, built.get(index));
  }
  function move(event, index) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (index + step + tabs.length) % tabs.length;
    choose(next);
    tabs[next].focus();
  }
  choose(0);
  return el(
    "div",
    { class: "tab-panels" },
    el("div", { role: "tablist", "aria-label": label, class: "tabs" }, tabs),
    panel,
  );
}
