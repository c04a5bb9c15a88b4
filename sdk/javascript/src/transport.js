import { ConnectionFailed, StudioError, errorOf, retryAfter } from "./errors.js";
import { Download, blobOf, formOf, streamOf } from "./files.js";
import { readEvents } from "./streams.js";
import { Page } from "./pages.js";
import { randomText } from "./random.js";

const REPEATED = new Set([429, 502, 503, 504]);
// Answers that may take long to arrive: their bodies are left to the caller.
const LASTING = new Set(["file", "text"]);
// What timers can count: about 24 days.
const LONGEST = 2 ** 31 - 1;

/** Sends the requests of one client. */
export class Transport {
  #renewing = null;
  #renewal = null;

  constructor({ baseURL, auth, timeout, retries, fetch }) {
    this.baseURL = baseURL.replace(/\/+$/, "");
    this.auth = auth;
    this.timeout = timeout;
    this.retries = retries;
    this.fetch = fetch;
  }

  /** Call an operation and give back what it answers. */
  async call(operation, path, query, fields, input, options) {
    const request = await prepare(operation, path, query, fields, input, options);
    const response = await this.#send(request);
    return this.#answer(operation, response, path, query, options);
  }

  /** Call an operation and give back its events one by one. */
  async *events(operation, path, query, fields, input, options) {
    const request = await prepare(operation, path, query, fields, input, options);
    request.headers.Accept = "text/event-stream";
    request.streams = true;
    const response = await this.#send(request);
    yield* readEvents(response.body);
  }

  async #answer(operation, response, path, query, options) {
    if (operation.answer === "file") return new Download(response, options.onProgress);
    if (operation.answer === "text") return response.text();
    const body = await jsonOf(response);
    if (operation.answer === "message") return body.message;
    if (operation.answer === "bare") return body;
    if (operation.answer !== "list") return body.data;
    const following = (cursor) => {
      const { page: _, ...further } = query;
      return this.call(operation, path, { ...further, cursor }, {}, {}, options);
    };
    return new Page(body.data[operation.key], body.data.pagination, following);
  }

  async #send(request) {
    if (this.auth.isDue()) await this.#renew(this.auth.headers());
    const used = this.auth.headers();
    let response = await this.#repeat(request);
    if (response.status === 401 && this.auth.renewal()) {
      await response.body?.cancel();
      await this.#renew(used);
      response = await this.#repeat(request);
    }
    if (!response.ok) throw errorOf(response.status, response.headers, await response.text());
    return response;
  }

  async #repeat(request) {
    for (let attempt = 1; ; attempt += 1) {
      let response = null;
      let failure = null;
      try {
        response = await this.#once(request);
      } catch (error) {
        if (request.options.signal?.aborted || error instanceof StudioError) throw error;
        failure = error;
      }
      const wait = this.#wait(attempt, response);
      if (wait === null) {
        if (response === null) throw new ConnectionFailed(`${this.baseURL}: ${failure.message}`, { cause: failure });
        return response;
      }
      await response?.body?.cancel();
      await pause(wait * 1000, request.options.signal);
    }
  }

  /** Seconds until the next attempt, or null where there is none. */
  #wait(attempt, response) {
    if (response !== null && !REPEATED.has(response.status)) return null;
    if (attempt >= this.retries.attempts) return null;
    const asked = response === null ? null : retryAfter(response.headers);
    if (asked !== null) return asked <= this.retries.longest ? asked : null;
    return Math.min(this.retries.first * 2 ** (attempt - 1), this.retries.longest) * (0.5 + Math.random() / 2);
  }

  async #once(request) {
    const headers = { ...request.headers, ...(request.anonymous ? {} : this.auth.headers()) };
    const url = this.baseURL + request.path;
    if (request.upload && request.options.onProgress && typeof XMLHttpRequest !== "undefined") {
      return sendByXhr(url, request, headers);
    }
    const { body, type, ...more } = bodyOf(request);
    if (type) headers["Content-Type"] = type;
    const limit = new AbortController();
    const late = () => limit.abort(new DOMException(`no answer within ${this.timeout} s`, "TimeoutError"));
    // NOTE: uploads, streams and files take as long as they take; of those the answer's head alone must come in time.
    const timer = request.upload || request.streams ? null : setTimeout(late, Math.min(this.timeout * 1000, LONGEST));
    const signal = AbortSignal.any([limit.signal, request.options.signal].filter(Boolean));
    const how = { method: request.method, headers, body, signal, redirect: "manual", credentials: "omit", ...more };
    try {
      const response = await this.fetch(url, how);
      return request.streams || LASTING.has(request.operation.answer) ? response : await whole(response);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Get new tokens; calls that wait for them at the same time share one renewal. */
  async #renew(used) {
    const same = JSON.stringify(this.auth.headers()) === JSON.stringify(used);
    if (!same && !this.auth.isDue()) return;
    this.#renewing ??= this.#fetchTokens().finally(() => {
      this.#renewing = null;
    });
    await this.#renewing;
  }

  async #fetchTokens() {
    const { path, form, json } = this.auth.renewal();
    const operation = { answer: "bare", body: form ? "form" : "json" };
    const headers = { "Idempotency-Key": this.#renewalKey(JSON.stringify([path, form, json])) };
    const renewal = { method: "POST", path, headers, fields: form ?? json, operation, options: {}, anonymous: true };
    const response = await this.#repeat(renewal);
    // Tokens, or a refusal of the request itself, rather than a platform that is busy or out of order.
    if (response.ok || response.status === 400 || response.status === 401) this.#renewal = null;
    if (!response.ok) throw errorOf(response.status, response.headers, await response.text());
    const tokens = await jsonOf(response);
    this.auth.accept(tokens.data ?? tokens);
  }

  /** A refresh token works once: where the answer was lost, only the same key gets it after all. */
  #renewalKey(wanted) {
    if (this.#renewal?.wanted !== wanted) this.#renewal = { wanted, key: randomText() };
    return this.#renewal.key;
  }
}

/** An answer with its body, so that one that breaks off half-way is repeated like one that never came. */
async function whole(response) {
  const { status, ok, headers } = response;
  const text = await response.text();
  return { status, ok, headers, text: async () => text };
}

async function prepare(operation, path, query, fields, input, options) {
  const asked = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === null ? [] : [[name, queryText(value)]])),
  ).toString();
  const request = { method: operation.method, path: path + (asked && `?${asked}`), headers: {}, options, operation };
  if (operation.body === "multipart") request.upload = await blobOf(input[operation.file], input.fileName);
  if (operation.body === "raw") request.content = input.content;
  if (operation.body === "raw") request.headers["Content-Type"] = input.contentType ?? operation.types[0];
  request.fields = fields;
  if (operation.method === "POST") request.headers["Idempotency-Key"] = options.idempotencyKey ?? randomText();
  if (options.ifMatch) request.headers["If-Match"] = options.ifMatch;
  return request;
}

function bodyOf(request) {
  const { body } = request.operation;
  if (body === "raw") return { body: request.content };
  if (body === "json") return { body: JSON.stringify(request.fields), type: "application/json" };
  if (body === "form") return { body: new URLSearchParams(request.fields) };
  if (body !== "multipart") return {};
  const { file } = request.operation;
  const { onProgress } = request.options;
  if (!onProgress) return { body: formOf(request.fields, file, request.upload) };
  return { ...streamOf(request.fields, file, request.upload, onProgress), duplex: "half" };
}

function queryText(value) {
  return Array.isArray(value) ? value.join(",") : String(value);
}

async function jsonOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new StudioError(`The platform answered ${response.status} without JSON; is this its address?`);
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Browsers tell the progress of an upload only here. */
function sendByXhr(url, request, headers) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(request.method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => request.options.onProgress(event.loaded, event.total);
    xhr.onerror = () => reject(new TypeError("the connection failed"));
    xhr.onload = () => resolve(new Response(xhr.response, { status: xhr.status, headers: headersOf(xhr) }));
    request.options.signal?.addEventListener("abort", () => {
      xhr.abort();
      reject(request.options.signal.reason);
    });
    xhr.send(formOf(request.fields, request.operation.file, request.upload));
  });
}

function headersOf(xhr) {
  const lines = xhr.getAllResponseHeaders().trim().split(/\r?\n/).filter(Boolean);
  return new Headers(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
}
