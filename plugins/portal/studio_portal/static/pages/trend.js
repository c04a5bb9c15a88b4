import { lineChart } from "../components/charts.js";
import { empty, loading, problem } from "../components/states.js";
import { el, replace } from "../shell/dom.js";

const PERIODS = [
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
];
const SERIES = [
  ["overall_score", "Score", "accent"],
  ["coverage", "Coverage", "fair"],
  ["freshness", "Freshness", "warn"],
];

/** The score over time; the span can be chosen. */
export function trendCard(api, projectId) {
  const place = el("div", {}, loading());
  const show = async (period) => {
    try {
      const { points, change } = await api.compliance.trends({ project_id: projectId, period });
      const told = change === 0 ? "unchanged" : `${change > 0 ? "+" : ""}${change}`;
      replace(
        place,
        points.length === 0
          ? empty("No history yet", "A score is kept for each day from now on.")
          : [el("p", { class: "muted" }, `Over this time: ${told}`), lineChart(points, SERIES, "Score over time")],
      );
    } catch (error) {
      replace(
        place,
        problem(error, () => show(period)),
      );
    }
  };
  const options = PERIODS.map(([value, text]) => el("option", { value, selected: value === "30d" }, text));
  const choice = el(
    "select",
    { "aria-label": "Span of time", class: "inline", onchange: (event) => show(event.target.value) },
    options,
  );
  show("30d");
  return el("section", { class: "card" }, el("div", { class: "card-head" }, el("h2", {}, "History"), choice), place);
}
