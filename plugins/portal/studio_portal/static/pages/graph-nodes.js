import { words } from "../shell/format.js";
import { href } from "../shell/router.js";

const PAGES = { Control: "/controls/", Evidence: "/evidence/", Project: "/projects/", Framework: "/frameworks/" };
const RELATIONS = {
  HAS_EVIDENCE: "evidence",
  INCLUDES: "includes",
  MAPPED_TO: "mapped",
  MEMBER_OF: "member",
  UPLOADED: "uploaded",
  REVIEWED: "reviewed",
  TAGGED: "tagged",
};

/** What a node is called. */
export function nameOf({ id, properties: { number, title, name } }) {
  return number ? `${number} ${title}` : (title ?? name ?? id);
}

/** The same where there is little room. */
export function shortName(node) {
  const name = node.properties.number ?? nameOf(node);
  return name.length > 20 ? `${name.slice(0, 19)}…` : name;
}

/** The page of the thing itself, or null where it has none. */
export function pageOf({ id, label }) {
  return PAGES[label] ? href(PAGES[label] + id.replace(/^framework:/, "")) : null;
}

/** Where the graph is drawn around a node. */
export function around(id, depth) {
  return href(`/graph/${encodeURIComponent(id)}`, { depth: depth === 1 ? "" : depth });
}

/** An edge in words. */
export function relationOf({ kind, properties: { relation, role, decision } }) {
  const detail = relation ?? role ?? decision;
  return `${RELATIONS[kind] ?? words(kind).toLowerCase()}${detail ? ` (${words(detail).toLowerCase()})` : ""}`;
}
