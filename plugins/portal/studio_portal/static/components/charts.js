import { el, svg } from "../shell/dom.js";
import { words } from "../shell/format.js";

const TONE = { excellent: "good", good: "good", fair: "fair", at_risk: "warn", critical: "bad" };

/** A score from 0 to 100 as a ring, with the number and its band in words. */
export function scoreRing(score, band, { size = 148, label = "Score" } = {}) {
  const radius = 54;
  const around = 2 * Math.PI * radius;
  const arc = svg("circle", {
    cx: 64,
    cy: 64,
    r: radius,
    class: `ring-value tone-${TONE[band] ?? "fair"}`,
    transform: "rotate(-90 64 64)",
    "stroke-dasharray": `${(around * score) / 100} ${around}`,
  });
  const number = svg("text", { x: 64, y: 66, class: "ring-number" }, String(score));
  const under = svg("text", { x: 64, y: 86, class: "ring-band" }, words(band));
  return svg(
    "svg",
    {
      viewBox: "0 0 128 128",
      width: size,
      height: size,
      class: "ring",
      role: "img",
      "aria-label": `${label} ${score} of 100, ${words(band)}`,
    },
    svg("circle", { cx: 64, cy: 64, r: radius, class: "ring-track" }),
    score > 0 && arc,
    number,
    under,
  );
}

/** A share from 0 to 100 as a bar with its number; a score has no `unit`. */
export function meter(value, label, { tone = "accent", unit = " %" } = {}) {
  const fill = el("span", { class: `meter-fill tone-${tone}` });
  fill.style.width = `${Math.max(0, Math.min(100, value))}%`;
  const shown = `${Math.round(value)}${unit}`;
  return el(
    "span",
    { class: "meter" },
    el("span", { class: "meter-track", role: "img", "aria-label": `${label} ${shown}` }, fill),
    el("span", { class: "meter-text", "aria-hidden": "true" }, shown),
  );
}

/** Parts of a whole beside each other: `[name, number, tone]`, with a legend that tells the numbers. */
export function stackedBar(parts, label, { named = true } = {}) {
  const total = parts.reduce((sum, [, number]) => sum + number, 0);
  const shown = parts.filter(([, number]) => number > 0);
  const pieces = shown.map(([, number, tone]) => {
    const piece = el("span", { class: `piece tone-${tone}` });
    piece.style.flexGrow = number;
    return piece;
  });
  const legend = parts.map(([name, number, tone]) =>
    el("li", {}, el("span", { class: `swatch tone-${tone}` }), `${name} `, el("strong", {}, number)),
  );
  const text = `${label}: ${parts.map(([name, number]) => `${name} ${number}`).join(", ")}, of ${total}`;
  return el(
    "div",
    { class: "stacked" },
    named && el("p", { class: "stacked-name" }, label),
    el("div", { class: "pieces", role: "img", "aria-label": text }, pieces),
    el("ul", { class: "legend" }, legend),
  );
}

const WIDTH = 640;
const HEIGHT = 220;
const EDGE = { left: 34, right: 12, top: 12, bottom: 28 };

/**
 * Lines over time, values from 0 to 100: `points` are objects with `date`, `series` are `[field, name, tone]`, the first
 * of which is filled. The same numbers stand in a table below, for those who read rather than look.
 */
export function lineChart(points, series, label) {
  const x = (index) =>
    EDGE.left + (points.length < 2 ? 0.5 : index / (points.length - 1)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value) => HEIGHT - EDGE.bottom - (value / 100) * (HEIGHT - EDGE.top - EDGE.bottom);
  const grid = [0, 25, 50, 75, 100].flatMap((value) => [
    svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value), class: "grid-line" }),
    svg("text", { x: EDGE.left - 8, y: y(value) + 4, class: "axis axis-y" }, String(value)),
  ]);
  const step = Math.max(1, Math.ceil(points.length / 6));
  const dates = points.map(
    (point, index) =>
      index % step === 0 && svg("text", { x: x(index), y: HEIGHT - 8, class: "axis axis-x" }, dayText(point.date)),
  );
  const lines = series.map(([field, , tone], order) => drawn(points, field, tone, order === 0, x, y));
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "chart",
      role: "img",
      "aria-label": described(points, series[0], label),
    },
    grid,
    dates,
    lines,
  );
  const legend =
    series.length > 1 &&
    el(
      "ul",
      { class: "legend" },
      series.map(([, name, tone]) => el("li", {}, el("span", { class: `swatch tone-${tone}` }), name)),
    );
  return el("figure", { class: "figure" }, drawing, legend, numbers(points, series, label));
}

function drawn(points, field, tone, filled, x, y) {
  const places = points.map((point, index) => `${x(index).toFixed(1)},${y(point[field]).toFixed(1)}`);
  const area =
    filled &&
    points.length > 1 &&
    svg("polygon", {
      points: `${x(0)},${y(0)} ${places.join(" ")} ${x(points.length - 1)},${y(0)}`,
      class: `area tone-${tone}`,
    });
  const line = svg("polyline", { points: places.join(" "), class: `line tone-${tone}` });
  const [cx, cy] = places.at(-1).split(",");
  return [area, line, svg("circle", { cx, cy, r: 4, class: `point tone-${tone}` })];
}

function dayText(date) {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(date));
}

function described(points, [field], label) {
  if (points.length === 0) return label;
  const [first, last] = [points[0], points.at(-1)];
  return `${label}: ${first[field]} on ${dayText(first.date)}, ${last[field]} on ${dayText(last.date)}`;
}

function numbers(points, series, label) {
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, "Day"),
    series.map(([, name]) => el("th", { scope: "col", class: "number" }, name)),
  );
  const rows = points.map((point) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, dayText(point.date)),
      series.map(([field]) => el("td", { class: "number" }, String(Math.round(point[field])))),
    ),
  );
  const table = el(
    "table",
    {},
    el("caption", { class: "hidden" }, label),
    el("thead", {}, head),
    el("tbody", {}, rows),
  );
  return el(
    "details",
    { class: "numbers" },
    el("summary", {}, "The numbers as a table"),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table),
  );
}
