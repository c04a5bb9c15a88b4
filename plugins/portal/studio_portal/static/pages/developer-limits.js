import { card, empty, facts, heading } from "../components/states.js";
import { styles } from "../developer/style.js";
import { el, replace } from "../shell/dom.js";
import { agoText, count, timeText } from "../shell/format.js";
import { limits, onLimits } from "../shell/limits.js";

/** How much of each limit is used, as the last answers said. */
export async function render({ api, signal }) {
  await styles();
  const place = el("div", { class: "operations" });
  const draw = () => {
    const shown = limits();
    replace(place, shown.length ? shown.map(window_) : empty("Nothing seen yet", "The next answer of the API brings the figures."));
  };
  const ask = () => api.users.me();
  onLimits(draw, signal);
  await ask();
  draw();
  const again = el("button", { type: "button", onclick: ask }, "Ask again");
  const lead = "Each answer says how much of the caller's limit is left. These are the figures of the last answers in this tab; pasted keys have their own.";
  return [heading("Rate limits", { lead, actions: again }), place];
}

function window_({ who, limit, remaining, reset, at }) {
  const used = limit - remaining;
  return card(
    who,
    el(
      "div",
      { class: "limit" },
      el("progress", { max: String(limit), value: used, "aria-label": `Used by ${who}` }),
      facts([
        ["Used", `${count(used, "request")} of ${limit.toLocaleString("en")}`],
        ["Left", remaining.toLocaleString("en")],
        ["Begins anew", timeText(new Date(reset * 1000))],
        ["Last answer", agoText(new Date(at))],
      ]),
    ),
  );
}
