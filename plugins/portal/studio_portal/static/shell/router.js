/** What the address says: `#/projects/proj_1?status=active` is a path, its parts, and a query. */
export function place() {
  const text = location.hash.replace(/^#/, "") || "/";
  const [path, query = ""] = text.split("?");
  return { path, query: Object.fromEntries(new URLSearchParams(query)), text };
}

/** The area that answers a path, with the parameters of its route; null where none does. */
export function match(areas, path) {
  const parts = path.split("/").map(decoded);
  for (const { area, route, pattern } of patterns(areas)) {
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((each, index) => each.startsWith(":") || each === parts[index])) continue;
    const pairs = pattern.flatMap((each, index) => (each.startsWith(":") ? [[each.slice(1), parts[index]]] : []));
    return { area, route, params: Object.fromEntries(pairs) };
  }
  return null;
}

/** A part of an address; one that isn't well encoded as it stands. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Routes with fixed words go before those with parameters in the same place. */
function patterns(areas) {
  return areas
    .flatMap((area) => area.routes.map((route) => ({ area, route, pattern: route.split("/") })))
    .sort((a, b) => a.route.split(":").length - b.route.split(":").length);
}

/** The address of a path with a query, as a link has it. Values that are empty are left out. */
export function href(path, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(kept).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

/** Go there. With `replace` the page before stays the one that Back leads to. */
export function go(path, query = {}, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", href(path, query));
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = href(path, query).slice(1);
}

/** Write filters and the like into the address without loading the page again. */
export function remember(path, query) {
  history.replaceState(null, "", href(path, query));
}
