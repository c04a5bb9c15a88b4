// The same request for curl and for both clients. Names follow from the operation's id, as those of the clients do.

const PYTHON_KEYWORDS = new Set(
  ("False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda nonlocal not or pass raise return try while with yield").split(" "),
);

/**
 * A request: `path` and `query` are texts by name, `body` an object or, for `raw`, nothing; `fileName` and `contentType`
 * tell what is sent as a file. Each snippet takes the credential from `STUDIO_KEY` in the environment.
 */
export function snippets(operation, request, base) {
  return [
    ["curl", curl(operation, request, base)],
    ["Python", python(operation, request, base)],
    ["JavaScript", javascript(operation, request, base)],
  ];
}

/** The address of a request, with its query. */
export function addressOf(operation, { path = {}, query = {} }) {
  const filled = operation.path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(path[name] ?? ""));
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== undefined)).toString();
  return filled + (asked && `?${asked}`);
}

/** The media type that a raw body is sent as. */
export function rawType(operation) {
  return operation.types.find((each) => !each.startsWith("multipart/")) ?? operation.types[0];
}

// -- curl -------------------------------------------------------------------------------------------------

export function curl(operation, request, base) {
  const lines = [`curl ${operation.method === "GET" ? "" : `-X ${operation.method} `}${quoted(base + addressOf(operation, request))}`];
  if (!operation.isPublic) lines.push('-H "X-API-Key: $STUDIO_KEY"');
  if (operation.body === "json") lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(request.body))}`);
  if (operation.body === "form") for (const [name, value] of texts(request.body)) lines.push(`--data-urlencode ${quoted(`${name}=${value}`)}`);
  if (operation.body === "multipart") {
    // NOTE: -F would read a value that begins with @ from a file, and take semicolons and quotation marks for its own.
    for (const [name, value] of partTexts(request.body)) lines.push(`--form-string ${quoted(`${name}=${value}`)}`);
    lines.push(`-F ${quoted(`${operation.file}=@${request.fileName}`)}`);
  }
  if (operation.body === "raw") {
    lines.push(`-H ${quoted(`Content-Type: ${request.contentType ?? rawType(operation)}`)}`, `--data-binary ${quoted(`@${request.fileName}`)}`);
  }
  if (operation.answer === "file") lines.push("--output answer");
  return lines.join(" \\\n  ");
}

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The fields of a multipart form. The platform takes a pair of quotation marks around a value off; one with its own needs another. */
export function partTexts(body) {
  const kept = (text) => (text.length > 1 && text.startsWith('"') && text.endsWith('"') ? `"${text}"` : text);
  return texts(body).map(([name, text]) => [name, kept(text)]);
}

/** The fields of a form. */
export function texts(body) {
  return Object.entries(body ?? {})
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

// -- Python -----------------------------------------------------------------------------------------------

export function python(operation, request, base) {
  const imports = operation.isPublic ? [] : ["import os", ""];
  const key = operation.isPublic ? "" : ', api_key=os.environ["STUDIO_KEY"]';
  const head = [...imports, "from studio_platform import StudioAPI", "", `api = StudioAPI(${JSON.stringify(base)}${key})`, ""];
  const name = operation.id.split(".").map(safe).join(".");
  return [...head, ...result(operation, called(`api.${name}`, pythonInputs(operation, request)))].join("\n") + "\n";
}

function pythonInputs(operation, { path = {}, query = {}, body, fileName, contentType }) {
  const inputs = operation.pathParameters.map((each) => literal(path[each.name] ?? ""));
  if (operation.body === "raw") {
    inputs.push(`content=open(${literal(fileName)}, "rb").read()`, `content_type=${literal(contentType ?? rawType(operation))}`);
  }
  for (const [name, value] of Object.entries(body ?? {})) inputs.push(`${safe(name)}=${literal(value)}`);
  if (operation.file) inputs.push(`${operation.file}=${literal(fileName)}`);
  for (const { name, schema } of operation.query) {
    if (query[name] !== undefined && query[name] !== "") inputs.push(`${safe(name)}=${literal(typed(query[name], schema))}`);
  }
  return inputs;
}

function result(operation, call) {
  if (operation.answer === "list") return [`for each in ${call}:`, "    print(each)"];
  if (operation.answer === "file") return [`${call}.save("answer")`];
  return [`answer = ${call}`, "print(answer)"];
}

function called(name, inputs) {
  const short = `${name}(${inputs.join(", ")})`;
  return short.length <= 88 ? short : `${name}(\n${inputs.map((each) => `    ${each},\n`).join("")})`;
}

function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([key, each]) => `${literal(key)}: ${literal(each)}`).join(", ")}}`;
  return JSON.stringify(value);
}

function safe(name) {
  return PYTHON_KEYWORDS.has(name) ? `${name}_` : name;
}

// -- JavaScript -------------------------------------------------------------------------------------------

export function javascript(operation, request, base) {
  const key = operation.isPublic ? "" : ", apiKey: process.env.STUDIO_KEY";
  const imports = ['import { StudioAPI } from "@studio-platform/sdk";'];
  if (operation.body === "raw") imports.unshift('import { readFile } from "node:fs/promises";');
  if (operation.answer === "file") imports.unshift('import { writeFile } from "node:fs/promises";');
  const head = [...imports, "", `const api = new StudioAPI({ baseURL: ${JSON.stringify(base)}${key} });`, ""];
  const inputs = operation.pathParameters.map((each) => JSON.stringify(request.path?.[each.name] ?? ""));
  const fields = javascriptFields(operation, request);
  if (fields.length) inputs.push(`{ ${fields.join(", ")} }`);
  const name = operation.id.split(".").map(camel).join(".");
  const short = `api.${name}(${inputs.join(", ")})`;
  const own = operation.pathParameters.map((each) => `${JSON.stringify(request.path?.[each.name] ?? "")}, `).join("");
  const long = fields.length ? `api.${name}(${own}{\n${fields.map((each) => `  ${each},\n`).join("")}})` : short;
  const call = short.length <= 92 ? short : long;
  return [...head, ...shown(operation, call)].join("\n") + "\n";
}

function javascriptFields(operation, { query = {}, body, fileName, contentType }) {
  const fields = [];
  if (operation.body === "raw") {
    fields.push(`content: await readFile(${JSON.stringify(fileName)})`, `contentType: ${JSON.stringify(contentType ?? rawType(operation))}`);
  }
  for (const [name, value] of Object.entries(body ?? {})) fields.push(`${camel(name)}: ${source(value)}`);
  if (operation.file) fields.push(`${operation.file}: { path: ${JSON.stringify(fileName)} }`);
  for (const { name, schema } of operation.query) {
    if (query[name] !== undefined && query[name] !== "") fields.push(`${camel(name)}: ${source(typed(query[name], schema))}`);
  }
  return fields;
}

function shown(operation, call) {
  if (operation.answer === "list") return [`for (const each of await ${call}) console.log(each);`];
  if (operation.answer === "file") return [`const file = await ${call};`, 'await writeFile("answer", await file.bytes());'];
  return [`const answer = await ${call};`, "console.log(answer);"];
}

function source(value) {
  if (Array.isArray(value)) return `[${value.map(source).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, each]) => `${/^[a-z_]\w*$/i.test(key) ? key : JSON.stringify(key)}: ${source(each)}`);
  return `{ ${pairs.join(", ")} }`;
}

/** `control_id` → `controlId`, as the client does it. */
export function camel(name) {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** What was typed for a parameter, as its schema has it. */
function typed(text, schema = {}) {
  const types = [schema.type].flat();
  if (types.includes("integer") || types.includes("number")) return Number(text);
  if (types.includes("boolean")) return text === "true";
  if (types.includes("array")) return text.split(",");
  return text;
}
