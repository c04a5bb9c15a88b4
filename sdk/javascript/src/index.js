import { ApiKey, ClientCredentials, Nobody, Tokens } from "./auth.js";
import { aliases, operations } from "./operations.js";
import { Transport } from "./transport.js";

export * from "./errors.js";
export { ApiKey, ClientCredentials, Tokens } from "./auth.js";
export { Download } from "./files.js";
export { Page } from "./pages.js";
export { verify as verifyWebhook } from "./webhooks.js";

/**
 * A client of one platform. Each operation is a method: `api.projects.list()`, `api.evidence.create({ … })`.
 *
 * A method takes the ids of its path, then an object of its other inputs (`controlId` or `control_id`), then options.
 */
export class StudioAPI {
  #transport;

  constructor({ baseURL, apiKey, accessToken, auth, timeout = 30, retries = {}, fetch = globalThis.fetch }) {
    const given = [apiKey, accessToken, auth].filter(Boolean);
    if (!baseURL) throw new TypeError("give the platform's address as baseURL");
    if (given.length > 1) throw new TypeError("give one of apiKey, accessToken and auth");
    this.#transport = new Transport({
      baseURL,
      auth: auth ?? (apiKey ? new ApiKey(apiKey) : accessToken ? new Tokens({ accessToken }) : new Nobody()),
      timeout,
      retries: { attempts: 4, first: 0.5, longest: 60, ...retries },
      fetch: (...call) => fetch(...call),
    });
    attach(this, this.#transport, operations);
  }

  /**
   * Have methods for further operations, such as those of a plugin that the platform has; gives this client back.
   *
   * They are told as in `operations.js`: `{ "vendors.list": { method: "GET", path: "/api/v1/vendors",
   * query: ["limit", "cursor"], answer: "list", key: "vendors" } }` makes `api.vendors.list({ limit: 5 })`.
   */
  extend(further) {
    attach(this, this.#transport, further);
    return this;
  }

  /** Sign in as a person; the session is kept alive by its refresh token. `further` are other fields of the login. */
  async login(email, password, further = {}) {
    this.#transport.auth = new Nobody();
    const { tokens, user } = await this.auth.login({ email, password, ...further });
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = tokens;
    this.#transport.auth = new Tokens({ accessToken, refreshToken, expiresIn });
    return user;
  }

  /** The credential in use. */
  get credential() {
    return this.#transport.auth;
  }
}

/** Make a method of every operation; one whose id is also a group's becomes the call of that group. */
function attach(api, transport, declared) {
  for (const id of Object.keys(declared).sort((a, b) => a.length - b.length)) {
    const path = id.split(".").map(camel);
    const name = path.pop();
    const group = path.reduce((inner, part) => (inner[part] ??= {}), api);
    const known = group[name];
    group[name] = Object.assign(method(transport, id, declared[id]), known);
    if (declared[id].streams) group[`${name}Stream`] = streamed(transport, id, declared[id]);
    const alias = aliases[id] ?? aliases[id.split(".").pop()];
    if (alias) group[alias] ??= group[name];
  }
}

function method(transport, id, operation) {
  return (...given) => transport.call(operation, ...taken(id, operation, given));
}

function streamed(transport, id, operation) {
  return (...given) => transport.events(operation, ...taken(id, operation, given));
}

/** Path, query, body fields, input and options from the arguments of a method. */
function taken(id, operation, given) {
  const { path: template, query = [], fields = [], file, body } = operation;
  const rest = [...given];
  const path = template.replace(/\{[^}]+\}/g, () => {
    const value = rest.shift();
    if (typeof value !== "string" || !value) throw new TypeError(`${id} needs an id in its path, not ${value}`);
    return encodeURIComponent(value);
  });
  const takesInput = query.length > 0 || fields.length > 0 || file || body === "raw";
  const input = (takesInput ? rest.shift() : undefined) ?? {};
  const options = rest.shift() ?? {};
  const asked = {};
  const sent = {};
  const special = new Set([file, "fileName", "content", "contentType"]);
  for (const [key, value] of Object.entries(input)) {
    const name = snake(key);
    if (value === undefined) continue;
    if (fields.includes(name)) sent[name] = plain(value);
    else if (query.includes(name)) asked[name] = plain(value);
    else if (!special.has(key)) throw new TypeError(`${id} has no input ${key}; it takes ${[...fields, ...query].map(camel)}`);
  }
  return [path, asked, sent, input, options];
}

/** A value as JSON has it, with names as the API writes them. */
function plain(value) {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [snake(key), plain(each)]));
}

function camel(name) {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

function snake(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
