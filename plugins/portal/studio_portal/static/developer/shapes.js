import { el } from "../shell/dom.js";

const DEEPEST = 5;

/** A schema as a list of fields, inner objects folded. */
export function shape(document, schema, depth = 0) {
  const resolved = document.resolve(schema ?? {});
  const list = inner(document, resolved);
  const object = list ?? resolved;
  const fields = Object.entries(object.properties ?? {});
  if (fields.length === 0) return el("p", { class: "muted" }, typeText(document, schema));
  const required = object.required ?? [];
  const rows = fields.map(([name, each]) => field(document, name, each, required.includes(name), depth));
  return el("ul", { class: "shape" }, rows);
}

/** Text with what stands between backticks as code. */
export function marked(text) {
  return text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
}

/** The type in words: `string (date-time), or null`, `list of Webhook`. */
export function typeText(document, schema = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if ("const" in schema) return `always ${JSON.stringify(schema.const)}`;
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map((each) => typeText(document, each)).join(" or ");
  const types = [schema.type ?? (schema.properties ? "object" : "anything")].flat();
  const words = types.filter((each) => each !== "null").map((each) => oneType(document, each, schema));
  return words.join(" or ") + (types.includes("null") ? ", or null" : "");
}

/** What a value has to keep to, in words; empty when there is nothing to say. */
export function rules(schema = {}) {
  const said = [];
  if (schema.enum) said.push(`one of ${schema.enum.filter((each) => each !== null).join(", ")}`);
  const [least, most] = [schema.minLength, schema.maxLength];
  if (most !== undefined && schema.format !== "date-time") said.push(least ? `${least} to ${most} characters` : `at most ${most} characters`);
  if (schema.minimum !== undefined && schema.maximum !== undefined && schema.maximum < 1e9) said.push(`${schema.minimum} to ${schema.maximum}`);
  else if (schema.minimum !== undefined) said.push(`at least ${schema.minimum}`);
  if (schema.maxItems !== undefined) said.push(`at most ${schema.maxItems} items`);
  if (schema.default !== undefined && schema.default !== null && schema.default !== "") said.push(`${JSON.stringify(schema.default)} when left out`);
  return said.join(" · ");
}

/** What is said of a value, one after the other. */
export function sentences(...parts) {
  return parts.filter(Boolean).map((part) => part[0].toUpperCase() + part.slice(1).replace(/\.?$/, ".")).join(" ");
}

function oneType(document, type, schema) {
  if (type === "array") return `list of ${typeText(document, schema.items ?? {})}`;
  if (type === "string" && schema.format) return `string (${schema.format})`;
  return type;
}

function inner(document, schema) {
  const items = schema.type === "array" ? document.resolve(schema.items ?? {}) : null;
  return items?.properties ? items : null;
}

function field(document, name, schema, required, depth) {
  const resolved = document.resolve(schema);
  const deeper = inner(document, resolved) ?? (resolved.properties ? resolved : null);
  const head = [
    el("code", { class: "field-name" }, name),
    el("span", { class: "type" }, typeText(document, schema)),
    required && el("span", { class: "required" }, "required"),
  ];
  const said = sentences(schema.description, rules(resolved));
  const folded = deeper && depth < DEEPEST && fold(document, deeper, depth);
  return el("li", {}, el("div", { class: "field-head" }, head), said && el("p", { class: "muted" }, marked(said)), folded);
}

/** Its content is made when it is opened: schemas can be long, and may contain themselves. */
function fold(document, schema, depth) {
  const open = (event) => {
    if (event.target.open && event.target.children.length === 1) event.target.append(shape(document, schema, depth + 1));
  };
  return el("details", { ontoggle: open }, el("summary", {}, "Fields"));
}
