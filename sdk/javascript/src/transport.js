import { ConnectionFailed, StudioError, errorOf, retryAfter } from "./errors.js";
import { Download, blobOf, formOf, streamOf } from "./files.js";
import { readEvents } from "./streams.js";
import { Page } from "./pages.js";

const REPEATED = new Set([429, 502, 503, 504]);

/** Sends the requests of one client. */
export class Transport {
  #renewing = null;

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
    const headers = { ...request.headers, ...this.auth.headers() };
    const url = this.baseURL + request.path;
    if (request.upload && request.options.onProgress && typeof XMLHttpRequest !== "undefined") {
      return sendByXhr(url, request, headers);
    }
    const { body, type, ...more } = bodyOf(request);
    if (type) headers["Content-Type"] = type;
    // NOTE: uploads and streams take as long as they take; the time limit is for answers to small requests.
    const limit = request.upload || request.streams ? [] : [AbortSignal.timeout(this.timeout * 1000)];
    const signals = [request.options.signal, ...limit].filter(Boolean);
    const signal = signals.length ? AbortSignal.any(signals) : undefined;
    const how = { method: request.method, headers, body, signal, redirect: "manual", credentials: "omit", ...more };
    return this.fetch(url, how);
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
    const headers = { "Content-Type": form ? "application/x-www-form-urlencoded" : "application/json" };
    const body = form ? new URLSearchParams(form).toString() : JSON.stringify(json);
    const response = await this.fetch(this.baseURL + path, { method: "POST", headers, body, credentials: "omit" });
    if (!response.ok) throw errorOf(response.status, response.headers, await response.text());
    const tokens = await jsonOf(response);
    this.auth.accept(tokens.data ?? tokens);
  }
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
  if (operation.method === "POST") request.headers["Idempotency-Key"] = options.idempotencyKey ?? crypto.randomUUID();
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
