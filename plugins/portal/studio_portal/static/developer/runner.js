import { confirm } from "../components/dialog.js";
import { codeBlock } from "../components/code.js";
import { errorText, note } from "../components/states.js";
import { tabPanels } from "../components/tabs.js";
import { operations as known } from "../sdk/operations.js";
import { el, replace, uniqueId } from "../shell/dom.js";
import { sizeText } from "../shell/format.js";
import { noting, PORTAL } from "../shell/limits.js";
import { isDestructive } from "./document.js";
import { bodyOf, pathOf } from "./examples.js";
import { addressOf, partTexts, rawType, snippets, texts } from "./snippets.js";

const SHOWN = 100_000;
const FILES = { "application/json": "framework.json", "text/csv": "framework.csv" };

/** Fill in a request, see it as a snippet, send it. */
export class Runner {
  constructor({ document, operation, session }) {
    Object.assign(this, { document, operation, session });
    this.inputs = new Map();
    this.answer = el("div", { class: "answer", "aria-live": "polite" });
    this.code = el("div", {});
    this.body = this.#bodyField();
    this.element = el("div", { class: "runner" }, this.#form(), this.answer);
    this.snippets = el("section", { class: "card" }, el("h2", {}, "In a program"), this.code);
    this.#draw();
  }

  // -- what is filled in ----------------------------------------------------------------------------------

  #form() {
    const { operation } = this;
    const path = operation.pathParameters.map((each) => this.#field("path", each, pathOf(this.document, each)));
    const query = operation.query.map((each) => this.#field("query", each, each.required ? pathOf(this.document, each) : ""));
    const headers = operation.headers.map((each) => this.#field("header", each));
    const needed = operation.query.some((each) => each.required);
    const send = el("button", { type: "submit", class: isDestructive(operation) ? "danger" : "primary" }, "Send request");
    return el(
      "form",
      { class: "card", novalidate: true, onsubmit: (event) => this.#submit(event), oninput: () => this.#draw() },
      el("h2", {}, "Try it"),
      this.#credential(),
      path,
      query.length > 0 && folded(`Query (${query.length})`, query, needed),
      headers.length > 0 && folded(`Headers (${headers.length})`, headers),
      this.body?.element,
      el("div", { class: "form-actions" }, send),
    );
  }

  #credential() {
    if (this.operation.isPublic) return el("p", { class: "muted" }, "Needs no credential.");
    const id = uniqueId("key");
    const who = this.session.signedIn ? `Empty: as ${this.session.user.email}` : "An API key; or log in";
    this.key = el("input", { id, type: "password", autocomplete: "off", spellcheck: "false", placeholder: who });
    return el("div", { class: "field" }, el("label", { for: id }, "API key"), this.key);
  }

  #field(place, parameter, value = "") {
    const id = uniqueId(parameter.name.toLowerCase());
    const choices = parameter.schema.enum;
    const shared = { id, name: parameter.name, "aria-describedby": parameter.description ? `${id}-help` : null };
    const input = choices
      ? el("select", shared, el("option", { value: "" }, "–"), choices.map((each) => el("option", { value: each }, each)))
      : el("input", { ...shared, value, autocomplete: "off", spellcheck: "false" });
    this.inputs.set(`${place} ${parameter.name}`, input);
    const needed = parameter.required && el("span", { class: "needed", "aria-hidden": "true" }, " *");
    const help = parameter.description && el("p", { class: "help", id: `${id}-help` }, parameter.description);
    return el("div", { class: "field" }, el("label", { for: id }, el("code", {}, parameter.name), needed), input, help);
  }

  #bodyField() {
    const { operation } = this;
    if (!operation.body) return null;
    if (operation.body === "raw") return this.#rawField();
    const id = uniqueId("body");
    const fill = (every) => JSON.stringify(bodyOf(this.document, operation, { every }), null, 2);
    const area = el("textarea", { id, rows: 8, spellcheck: "false", class: "source", value: fill(false) });
    const refill = (every) => () => ((area.value = fill(every)), this.#draw());
    const buttons = el(
      "div",
      { class: "actions" },
      el("button", { type: "button", class: "small", onclick: refill(false) }, "Needed fields"),
      el("button", { type: "button", class: "small", onclick: refill(true) }, "All fields"),
    );
    const label = { json: "Body (JSON)", form: "Form fields (as JSON)", multipart: "Fields (as JSON)" }[operation.body];
    const file = operation.file ? this.#file(operation.file) : null;
    const element = [el("div", { class: "field" }, el("div", { class: "field-line" }, el("label", { for: id }, label), buttons), area), file?.element];
    return { element, read: () => ({ body: parsed(area.value), file: file?.read() ?? null }), area };
  }

  #rawField() {
    const id = uniqueId("body");
    const type = el("select", { id: `${id}-type` }, this.operation.types.filter((each) => !each.startsWith("multipart/")).map((each) => el("option", { value: each }, each)));
    type.value = rawType(this.operation);
    const area = el("textarea", { id, rows: 8, spellcheck: "false", class: "source" });
    const element = [
      el("div", { class: "field" }, el("label", { for: `${id}-type` }, "Media type"), type),
      el("div", { class: "field" }, el("label", { for: id }, "Body"), area),
    ];
    return { element, read: () => ({ raw: area.value, contentType: type.value, file: null }), area };
  }

  #file(name) {
    const id = uniqueId("file");
    const input = el("input", { type: "file", id });
    return { element: el("div", { class: "field" }, el("label", { for: id }, el("code", {}, name)), input), read: () => input.files[0] ?? null };
  }

  #request() {
    const request = { path: {}, query: {}, headers: {} };
    const places = { path: request.path, query: request.query, header: request.headers };
    for (const [key, input] of this.inputs) {
      const [place, name] = key.split(" ");
      if (input.value !== "") places[place][name] = input.value;
    }
    return { ...request, ...this.body?.read() };
  }

  // -- snippets -------------------------------------------------------------------------------------------

  #draw() {
    let request;
    try {
      request = this.#request();
      this.body?.area.removeAttribute("aria-invalid");
    } catch {
      this.body.area.setAttribute("aria-invalid", "true");
      return; // Half-typed JSON: the last snippet stays.
    }
    const fileName = request.file?.name ?? FILES[request.contentType] ?? (this.operation.body === "raw" ? "framework.yaml" : "policy.md");
    const isKnown = this.operation.id in known;
    const made = snippets(this.operation, { ...request, fileName }, location.origin).filter(([name]) => name === "curl" || isKnown);
    const chosen = this.code.querySelector("[aria-selected=true]")?.textContent;
    replace(this.code, tabPanels("Language", made.map(([name, text]) => [name, () => codeBlock(text, { label: `${name} snippet` })])));
    if (!isKnown) this.code.append(el("p", { class: "muted" }, "The clients don't have this operation: it comes from a plugin of its own."));
    const again = [...this.code.querySelectorAll("[role=tab]")].find((each) => each.textContent === chosen);
    again?.click();
  }

  // -- sending --------------------------------------------------------------------------------------------

  async #submit(event) {
    event.preventDefault();
    const empty = this.operation.pathParameters.find((each) => !this.inputs.get(`path ${each.name}`).value);
    if (empty) return this.inputs.get(`path ${empty.name}`).focus();
    let request;
    try {
      request = this.#request();
    } catch (error) {
      return replace(this.answer, note(`The body is no JSON: ${error.message}`, "error"));
    }
    if (isDestructive(this.operation) && !(await this.#sure(request))) return;
    const button = event.submitter ?? this.element.querySelector("[type=submit]");
    button.disabled = true;
    try {
      replace(this.answer, await this.#send(request));
    } catch (error) {
      replace(this.answer, note(errorText(error), "error"));
    } finally {
      button.disabled = false;
    }
  }

  #sure(request) {
    const text = `${this.operation.method} ${addressOf(this.operation, request)} changes this platform, not a copy. It may not be possible to take it back.`;
    return confirm(`${this.operation.summary}?`, text, { yes: "Send" });
  }

  async #send(request) {
    const headers = { ...request.headers, ...(await this.#credentials()) };
    const body = bodyToSend(this.operation, request, headers);
    const began = performance.now();
    const send = noting(this.key?.value ? "The pasted API key" : PORTAL);
    const how = { method: this.operation.method, headers, body, redirect: "manual", credentials: "omit" };
    const response = await send(addressOf(this.operation, request), how);
    const content = await response.blob();
    return answerOf(response, content, performance.now() - began);
  }

  async #credentials() {
    if (this.operation.isPublic) return {};
    if (this.key.value) return { "X-API-Key": this.key.value.trim() };
    const { api } = this.session;
    // The client renews a token that is about to end; asking who one is makes it do so.
    if (api.credential.isDue()) await api.users.me();
    return api.credential.headers();
  }
}

function folded(title, content, open = false) {
  return el("details", { class: "fold", open }, el("summary", {}, title), content);
}

function parsed(text) {
  const found = JSON.parse(text || "{}");
  if (found === null || typeof found !== "object" || Array.isArray(found)) throw new TypeError("an object is needed");
  return found;
}

function bodyToSend(operation, { body, raw, contentType, file }, headers) {
  if (!operation.body) return undefined;
  if (operation.body === "raw") {
    headers["Content-Type"] = contentType;
    return raw;
  }
  if (operation.body === "json") {
    headers["Content-Type"] = "application/json";
    return JSON.stringify(body);
  }
  const form = operation.body === "form" ? new URLSearchParams() : new FormData();
  for (const [name, text] of operation.body === "form" ? texts(body) : partTexts(body)) form.append(name, text);
  if (operation.file) form.append(operation.file, file ?? new Blob([]), file?.name ?? "file");
  return form;
}

// -- the answer -------------------------------------------------------------------------------------------

async function answerOf(response, content, milliseconds) {
  const type = response.headers.get("content-type") ?? "";
  const tone = response.ok ? "good" : response.status < 400 ? "fair" : "bad";
  const line = el(
    "p",
    { class: "answer-line" },
    el("span", { class: `badge badge-${tone}` }, response.status === 0 ? "redirect" : `${response.status} ${response.statusText}`.trim()),
    el("span", { class: "muted" }, `${Math.round(milliseconds)} ms · ${sizeText(content.size)}`),
  );
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const head = el("details", { class: "fold" }, el("summary", {}, "Headers"), codeBlock(headers, { label: "Headers of the answer" }));
  return el("section", { class: "card" }, el("h2", {}, "Answer"), line, head, await contentOf(response, content, type));
}

async function contentOf(response, content, type) {
  if (content.size === 0) return el("p", { class: "muted" }, "No body.");
  if (!/json|text|xml|yaml|javascript|csv/.test(type)) return saved(response, content);
  const text = await content.text();
  const shown = type.includes("json") ? pretty(text) : text;
  const cut = shown.length > SHOWN;
  return [
    cut && el("p", { class: "muted" }, `The first ${sizeText(SHOWN)} of it. `, saved(response, content)),
    codeBlock(cut ? shown.slice(0, SHOWN) : shown, { label: "Body of the answer" }),
  ];
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function saved(response, content) {
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "answer";
  const link = el("a", { href: URL.createObjectURL(content), download: name }, `Save ${name}`);
  return el("span", {}, link);
}
