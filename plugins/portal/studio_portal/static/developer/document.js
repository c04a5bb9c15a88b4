// What the OpenAPI document says of each operation, in the form that reference, runner and snippets need. The clients'
// methods are named and filled by the same rules.

const KINDS = {
  "application/json": "json",
  "application/x-www-form-urlencoded": "form",
  "multipart/form-data": "multipart",
};
const METHODS = ["get", "post", "put", "patch", "delete"];

let known = null;

/** The document of this platform, read once. */
export function documentOf(api) {
  known ??= api.openapi().then(
    (found) => new Document(found),
    (error) => {
      known = null;
      throw error;
    },
  );
  return known;
}

/** An OpenAPI document. */
export class Document {
  constructor(source) {
    this.schemas = source.components.schemas;
    this.operations = Object.entries(source.paths).flatMap(([path, methods]) =>
      METHODS.filter((method) => methods[method]).map((method) => this.#operation(path, method, methods[method])),
    );
    this.byId = new Map(this.operations.map((each) => [each.id, each]));
  }

  /** The schema behind a reference, or itself. */
  resolve(schema = {}) {
    return schema.$ref ? this.schemas[schema.$ref.split("/").pop()] : schema;
  }

  #operation(path, method, declared) {
    const parameters = declared.parameters ?? [];
    const of = (place) => parameters.filter((each) => each.in === place);
    return {
      id: declared.operationId,
      method: method.toUpperCase(),
      path,
      summary: declared.summary,
      description: declared.description ?? "",
      owner: declared.tags?.[0] ?? "",
      permission: declared["x-permission"] ?? "",
      scope: declared["x-scope"] ?? "",
      isPublic: (declared.security ?? []).length === 0,
      deprecated: Boolean(declared.deprecated),
      pathParameters: of("path"),
      query: of("query"),
      headers: of("header").filter((each) => each.name !== "If-None-Match"),
      ...this.#body(declared.requestBody),
      ...this.#answer(declared.responses),
      responses: declared.responses,
      streams: "text/event-stream" in (declared.responses[200]?.content ?? {}),
    };
  }

  #body(body) {
    const content = body?.content ?? {};
    const types = Object.keys(content);
    if (types.length === 0) return { body: "", types, fields: [], file: "", bodySchema: null };
    const kind = types.length === 1 ? (KINDS[types[0]] ?? "raw") : "raw";
    const bodySchema = content[types[0]].schema;
    const { properties = {}, required = [] } = this.resolve(bodySchema);
    if (kind === "raw" || Object.keys(properties).length === 0) return { body: "raw", types, fields: [], file: "", bodySchema };
    const names = Object.keys(properties);
    const file = names.find((name) => properties[name].format === "binary") ?? "";
    const fields = names
      .filter((name) => properties[name].format !== "binary")
      .map((name) => ({ name, schema: properties[name], required: required.includes(name) }))
      .sort((one, other) => other.required - one.required);
    return { body: kind, types, fields, file, bodySchema };
  }

  #answer(responses) {
    const status = Object.keys(responses).filter((code) => code.startsWith("2")).sort()[0];
    const content = responses[status].content ?? {};
    if (Object.keys(content).length === 0) return { status, answer: "file", answerSchema: null, key: "" };
    if (!("application/json" in content)) return { status, answer: "text", answerSchema: null, key: "" };
    const answerSchema = content["application/json"].schema ?? {};
    const { properties = {} } = this.resolve(answerSchema);
    if (!("data" in properties) || !("success" in properties)) {
      const isMessage = "success" in properties && "message" in properties;
      return { status, answer: isMessage ? "message" : "bare", answerSchema, key: "" };
    }
    const inner = this.resolve(properties.data).properties ?? {};
    const lists = Object.keys(inner).filter((name) => name !== "pagination");
    if ("pagination" in inner && lists.length === 1) return { status, answer: "list", answerSchema, key: lists[0] };
    return { status, answer: "data", answerSchema, key: "" };
  }
}

/** What can't be taken back, or ends something that others may be using. */
export function isDestructive({ method, id }) {
  return method === "DELETE" || /(^|[._])(delete|erase|revoke|rotate|reset|rollback|restore|end|logout|purge|disable)/.test(id.replace(/^[^.]+/, ""));
}
