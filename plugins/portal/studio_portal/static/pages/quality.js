import { meter } from "../components/charts.js";
import { badge, card, empty, errorText } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { words } from "../shell/format.js";

const POSSIBLE = { completeness: 40, accuracy: 30, currency: 20, relevance: 10 };

/** How good a piece is, check by check, and what would make it better. */
export function qualityCard({ api, piece, may, quality, refresh }) {
  const again = async () => {
    try {
      await api.evidence.analyse(piece.id);
      toast("The analysis runs in the background.", "info");
      setTimeout(() => button.isConnected && refresh(), 1500);
    } catch (error) {
      toast(errorText(error), "error");
    }
  };
  const button =
    may("evidence:update") && el("button", { type: "button", class: "small", onclick: again }, "Analyse again");
  const head = el("div", { class: "card-head" }, el("h2", {}, "Quality"), button);
  if (!quality.analyzed) return el("section", { class: "card" }, head, empty("Not analysed yet", quality.message));
  return el(
    "section",
    { class: "card stack" },
    head,
    el(
      "p",
      {},
      el("strong", {}, `${quality.quality_score} `),
      badge(quality.band),
      el("span", { class: "muted" }, ` ${quality.message}`),
    ),
    quality.analysis && judged(quality.analysis),
  );
}

function judged({ parts, checks }) {
  const shares = Object.entries(parts).map(([name, points]) =>
    el("li", {}, el("span", {}, words(name)), meter((100 * points) / POSSIBLE[name], words(name))),
  );
  const short = checks.filter((check) => check.points < check.possible);
  const advice = short.map((check) =>
    el(
      "li",
      {},
      el("span", {}, check.raise_by || check.checked),
      el("span", { class: "gain" }, `+${check.possible - check.points}`),
    ),
  );
  const full = checks
    .filter((check) => check.points === check.possible)
    .map((check) =>
      el("li", {}, check.checked, el("span", { class: "muted" }, `${check.points} of ${check.possible}`)),
    );
  return [
    el("ul", { class: "lines" }, shares),
    advice.length > 0 && [el("h3", {}, "What would raise it"), el("ul", { class: "lines" }, advice)],
    el("details", {}, el("summary", {}, `Checks that hold (${full.length})`), el("ul", { class: "lines" }, full)),
  ];
}
