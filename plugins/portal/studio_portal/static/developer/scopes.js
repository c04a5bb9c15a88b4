import { documentOf } from "./document.js";

const BROAD = [
  ["read", "read: see what the role sees"],
  ["write", "write: change what the role may change"],
  ["admin", "admin: administration"],
];

/** The scopes that operations of this install ask for, the broad ones first; pairs of value and text. */
export async function scopeChoices(api) {
  const document = await documentOf(api);
  // `read` and `write` can be given for one area alone, which a permission's name begins with.
  const asked = document.operations
    .filter((each) => each.permission.includes(":") && each.scope)
    .map(({ permission, scope }) => (["read", "write"].includes(scope) ? `${permission.split(":")[0]}:${scope}` : scope));
  const broad = BROAD.map(([name]) => name);
  const fine = [...new Set(asked)].filter((each) => !broad.includes(each)).sort();
  return [...BROAD, ...fine.map((each) => [each, each])];
}
