import { el, svg } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { radial } from "./graph-layout.js";
import { around, nameOf, shortName } from "./graph-nodes.js";

const MOST = 60;
const SIDE = 150;
const ABOVE = 34;
const SHAPES = {
  Control: "M-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0",
  Evidence: "M-8-8h16v16h-16z",
  Framework: "M0-11L11 0L0 11L-11 0z",
  Project: "M-10 8L0-10L10 8z",
  User: "M-10-7h20L0 10z",
  Tag: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0",
};
const LINES = [
  ["plain", "Includes, evidence"],
  ["mapped", "Mapping between controls"],
  ["people", "What somebody did"],
];
const LINE_OF = { MAPPED_TO: "mapped", MEMBER_OF: "people", UPLOADED: "people", REVIEWED: "people" };
let follow = false;

/** The surroundings of a node as a drawing whose nodes are links: Enter draws the graph around one. */
export function drawing({ node: centre, nodes, edges }, depth) {
  const all = radial(nodes, edges, centre);
  const shown = new Map([...all].slice(0, MOST));
  const places = [...shown.values()];
  const [left, top, width, height] = frame(places);
  const drawn = edges.filter((each) => shown.has(each.source) && shown.has(each.target));
  const marks = new Map(places.map((place) => [place, mark(place, depth)]));
  const picture = svg(
    "svg",
    {
      class: "graph",
      role: "group",
      "aria-label": `Graph around ${nameOf(shown.get(centre).node)}`,
      viewBox: `${left} ${top} ${width} ${height}`,
      width,
      height,
      onkeydown: (event) => onKey(event, marks),
    },
    svg(
      "g",
      { "aria-hidden": "true" },
      drawn.map((each) => line(each, shown)),
    ),
    [...marks.values()],
  );
  const scroll = el("div", { class: "graph-scroll" }, picture);
  requestAnimationFrame(() => arrive(scroll, marks.get(shown.get(centre)), -left, -top));
  return el(
    "div",
    { class: "stack" },
    scroll,
    legend(places, drawn),
    all.size > shown.size &&
      el(
        "p",
        { class: "muted" },
        `The nearest ${count(shown.size, "node")} of ${all.size} are drawn; the list has all.`,
      ),
  );
}

/** Begin in the middle; with the focus on it, if a key led here. */
function arrive(scroll, mark, x, y) {
  scroll.scrollTo(x - scroll.clientWidth / 2, y - scroll.clientHeight / 2);
  if (follow) mark.focus({ preventScroll: true });
  follow = false;
}

function frame(places) {
  const [xs, ys] = [places.map((each) => each.x), places.map((each) => each.y)];
  const [left, top] = [Math.min(...xs) - SIDE, Math.min(...ys) - ABOVE];
  return [left, top, Math.max(...xs) + SIDE - left, Math.max(...ys) + ABOVE - top].map(Math.round);
}

function line({ kind, source, target }, shown) {
  const [a, b] = [shown.get(source), shown.get(target)];
  return svg("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, class: `edge edge-${LINE_OF[kind] ?? "plain"}` });
}

function mark(place, depth) {
  const { node, distance, x, y } = place;
  const side = distance === 0 ? 0 : Math.abs(x) < 25 ? 0 : Math.sign(x);
  const below = side === 0 && (y >= 0 || distance === 0);
  const text = {
    x: side * 15,
    y: side === 0 ? (below ? 26 : -16) : 4,
    "text-anchor": ["end", "middle", "start"][side + 1],
  };
  const away = distance === 0 ? "the centre" : `${count(distance, "step")} away`;
  return svg(
    "a",
    {
      href: around(node.id, depth),
      class: ["node", `node-${node.label.toLowerCase()}`, distance === 0 && "centre"],
      transform: `translate(${x} ${y})`,
      tabindex: distance === 0 ? "0" : "-1",
      "aria-label": `${node.label} ${nameOf(node)}, ${away}`,
    },
    svg("title", {}, nameOf(node)),
    svg("path", { d: SHAPES[node.label] ?? SHAPES.Tag, class: "shape" }),
    svg("text", text, shortName(node)),
  );
}

/** Left and right go round among nodes of one distance, down goes outwards, up towards the centre, Home to it. */
function onKey(event, marks) {
  const places = [...marks.keys()];
  const at = places.find((place) => marks.get(place) === event.target);
  if (!at) return;
  if (event.key === "Enter") follow = true;
  const ring = places.filter((place) => place.distance === at.distance);
  const beside = (by) => ring[(ring.indexOf(at) + by + ring.length) % ring.length];
  const to = {
    ArrowRight: () => beside(1),
    ArrowLeft: () => beside(-1),
    ArrowDown: () => at.children.find((each) => marks.has(each)),
    ArrowUp: () => at.parent,
    Home: () => places[0],
  }[event.key];
  if (!to) return;
  event.preventDefault();
  const next = to() ?? at;
  for (const [place, element] of marks) element.setAttribute("tabindex", place === next ? "0" : "-1");
  marks.get(next).focus();
  marks.get(next).scrollIntoView({ block: "nearest", inline: "nearest" });
}

function legend(places, edges) {
  const kinds = Object.keys(SHAPES).filter((kind) => places.some((place) => place.node.label === kind));
  const shapes = kinds.map((kind) =>
    el(
      "li",
      {},
      svg(
        "svg",
        { class: `key node-${kind.toLowerCase()}`, viewBox: "-13 -13 26 26", "aria-hidden": "true" },
        svg("path", { d: SHAPES[kind], class: "shape" }),
      ),
      kind,
    ),
  );
  const used = new Set(edges.map((each) => LINE_OF[each.kind] ?? "plain"));
  const lines = LINES.filter(([kind]) => used.has(kind)).map(([kind, text]) =>
    el(
      "li",
      {},
      svg(
        "svg",
        { class: "key key-line", viewBox: "0 0 34 10", "aria-hidden": "true" },
        svg("line", { x1: 1, x2: 33, y1: 5, y2: 5, class: `edge edge-${kind}` }),
      ),
      text,
    ),
  );
  return el("ul", { class: "legend", "aria-label": "What the shapes and lines mean" }, shapes, lines);
}
