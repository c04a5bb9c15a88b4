// Values that stand for what a schema asks for. What the schema says itself goes first; names help where it is silent.

const BY_NAME = {
  email: "name@example.org",
  password: "a long passphrase",
  current_password: "a long passphrase",
  new_password: "another long passphrase",
  url: "https://example.org/studio",
  redirect_uris: ["https://example.org/callback"],
  framework: "soc2",
  framework_id: "soc2",
  from: "soc2",
  to: "iso27001",
  events: ["evidence.*"],
  scopes: ["read"],
  scope: "read",
  tags: ["policy"],
  role: "viewer",
  title: "Security policy",
  description: "What it is about",
  message: "What evidence do I need?",
  query: "password policy",
  company_name: "Example Ltd",
  format: "json",
  type: "access_control_policy",
  grant_type: "client_credentials",
};
// Ids of things whose schema gives no pattern.
const PREFIXES = {
  key: "ak",
  control: "ctrl",
  delivery: "whd",
  evidence: "ev",
  job: "job",
  milestone: "mile",
  project: "proj",
  user: "user",
  webhook: "wh",
};
const DEEPEST = 6;

/** A value for a schema. `every`: optional properties too. */
export function exampleOf(document, schema, { name = "", every = false, depth = 0 } = {}) {
  const resolved = document.resolve(schema ?? {});
  const said = resolved.example ?? resolved.examples?.[0] ?? resolved.const;
  if (said !== undefined) return said;
  if (depth > DEEPEST) return null;
  const choices = resolved.oneOf ?? resolved.anyOf ?? resolved.allOf;
  if (choices) {
    const real = choices.find((each) => each.type !== "null") ?? choices[0];
    return exampleOf(document, real, { name, every, depth: depth + 1 });
  }
  const type = [resolved.type ?? (resolved.properties ? "object" : "")].flat().find((each) => each !== "null") ?? "";
  if (type === "object") return objectOf(document, resolved, { every, depth });
  if (type === "array") return fits(BY_NAME[name], "array") ?? [exampleOf(document, resolved.items, { name: singular(name), every, depth: depth + 1 })];
  if (resolved.enum) return resolved.enum.includes(BY_NAME[name]) ? BY_NAME[name] : resolved.enum.find((each) => each !== null);
  if (type === "string") return stringOf(resolved, name);
  if (type === "integer" || type === "number") return resolved.default ?? Math.max(resolved.minimum ?? 1, 1);
  if (type === "boolean") return resolved.default ?? true;
  return BY_NAME[name] ?? "text";
}

/** The body that an operation could be sent with. */
export function bodyOf(document, operation, { every = false } = {}) {
  const pairs = operation.fields
    .filter((each) => every || each.required)
    .map((each) => [each.name, exampleOf(document, each.schema, { name: each.name, every })]);
  return Object.fromEntries(pairs);
}

/** The text that a path parameter could have. */
export function pathOf(document, parameter) {
  return String(exampleOf(document, parameter.schema, { name: parameter.name }));
}

function objectOf(document, schema, { every, depth }) {
  const required = schema.required ?? [];
  const names = Object.keys(schema.properties ?? {}).filter((name) => every || required.includes(name));
  return Object.fromEntries(names.map((name) => [name, exampleOf(document, schema.properties[name], { name, every, depth: depth + 1 })]));
}

function stringOf(schema, name) {
  if (schema.format === "date-time") return `${new Date().getUTCFullYear() + 1}-01-31T00:00:00Z`;
  if (schema.format === "date") return `${new Date().getUTCFullYear() + 1}-01-31`;
  const prefix = /^\^([a-z]+_)\[/.exec(schema.pattern ?? "")?.[1];
  if (prefix) return `${prefix}1234567890`;
  if (fits(BY_NAME[name], "string")) return BY_NAME[name];
  if (schema.default) return schema.default;
  if (schema.format === "uri" || /url|uri/.test(name)) return BY_NAME.url;
  const thing = /^(.*)_id$/.exec(name)?.[1];
  if (thing) return `${PREFIXES[thing] ?? thing}_1234567890`;
  return name ? `Example ${name.replaceAll("_", " ")}` : "text";
}

function fits(value, type) {
  return (type === "array" ? Array.isArray(value) : typeof value === type) ? value : undefined;
}

function singular(name) {
  return name.replace(/s$/, "");
}
