const STEP = 130;
const SPACING = 34;
const WIDER = 1.3;

/**
 * A place for each node: the centre in the middle, every other on the ring of its distance, near the one that leads to
 * it. The same graph always looks the same. Gives a Map of id to `{ node, distance, parent, children, x, y }`, the
 * nearest first; what isn't connected is left out.
 */
export function radial(nodes, edges, centre) {
  const placed = tree(nodes, edges, centre);
  const root = placed.get(centre);
  const deepest = Math.max(1, ...[...placed.values()].map((each) => each.distance));
  const step = Math.max(STEP, (leaves(root) * SPACING) / (2 * Math.PI * deepest));
  spread(root, -Math.PI / 2, 2 * Math.PI, step);
  return placed;
}

/** Each node below the first that reaches it, breadth first, siblings by kind and name. */
function tree(nodes, edges, centre) {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const beside = new Map(nodes.map((node) => [node.id, []]));
  for (const { source, target } of edges) {
    beside.get(source)?.push(target);
    beside.get(target)?.push(source);
  }
  const order = (id) => `${known.get(id).label} ${known.get(id).properties.number ?? ""} ${id}`;
  const placed = new Map([[centre, { node: known.get(centre), distance: 0, parent: null, children: [] }]]);
  for (const [id, place] of placed) {
    for (const next of beside
      .get(id)
      .filter((each) => known.has(each))
      .sort((a, b) => order(a).localeCompare(order(b)))) {
      if (placed.has(next)) continue;
      const child = { node: known.get(next), distance: place.distance + 1, parent: place, children: [] };
      place.children.push(child);
      placed.set(next, child);
    }
  }
  return placed;
}

function leaves(place) {
  return place.children.length === 0 ? 1 : place.children.reduce((sum, each) => sum + leaves(each), 0);
}

/** Put a node in the middle of its share of the circle, and divide that share among its children. */
function spread(place, from, share, step) {
  const angle = from + share / 2;
  place.x = place.distance === 0 ? 0 : Math.cos(angle) * step * place.distance * WIDER;
  place.y = place.distance === 0 ? 0 : Math.sin(angle) * step * place.distance;
  const all = leaves(place);
  let start = from;
  for (const child of place.children) {
    const own = (share * leaves(child)) / all;
    spread(child, start, own, step);
    start += own;
  }
}
