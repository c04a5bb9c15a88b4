import { card, empty, facts, heading } from "../components/states.js";
import { documentOf } from "../developer/document.js";
import { Runner } from "../developer/runner.js";
import { marked, rules, sentences, shape, typeText } from "../developer/shapes.js";
import { styles } from "../developer/style.js";
import { el, replace, uniqueId } from "../shell/dom.js";
import { count, words } from "../shell/format.js";
import { href, remember } from "../shell/router.js";

const HOME = "/developer/reference";

/** All operations, or one of them. */
export async function render({ api, params, query, session }) {
  const [document] = await Promise.all([documentOf(api), styles()]);
  if (!params.operation) return list(document, query.search ?? "");
  const operation = document.byId.get(params.operation);
  if (!operation) return [heading("There is no such operation"), el("p", {}, el("a", { href: href(HOME) }, "To all operations"))];
  return one(document, operation, session);
}

// -- all ----------------------------------------------------------------------------------------------------

function list(document, search) {
  const id = uniqueId("search");
  const found = el("div", { class: "operations" });
  const status = el("p", { class: "hidden", role: "status" });
  const draw = (text) => {
    const shown = document.operations.filter((each) => fits(each, text));
    status.textContent = `${count(shown.length, "operation")} found`;
    replace(found, shown.length ? groups(shown) : empty("Nothing fits", "Search for a part of a path, a name or what it does."));
  };
  const typed = (event) => {
    remember(HOME, { search: event.target.value.trim() });
    draw(event.target.value);
  };
  const field = el("input", { type: "search", id, placeholder: "Search operations, such as evidence or /projects", value: search, oninput: typed });
  draw(search);
  const lead = "Every operation of this install, with what it takes and answers. Each can be sent from its page.";
  const source = el("a", { class: "button", href: "/api/v1/openapi.json", target: "_blank", rel: "noopener" }, "OpenAPI document");
  return [heading("API reference", { lead, actions: source }), el("div", { class: "find" }, el("label", { for: id, class: "hidden" }, "Search operations"), field), status, found];
}

function fits(operation, text) {
  const own = `${operation.method} ${operation.path} ${operation.id} ${operation.summary} ${operation.owner}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => own.includes(word));
}

function groups(operations) {
  const byOwner = new Map();
  for (const each of operations) byOwner.set(each.owner, [...(byOwner.get(each.owner) ?? []), each]);
  const last = ([owner]) => (owner === "kernel" || owner === "portal" ? 1 : 0);
  return [...byOwner].sort((one, other) => last(one) - last(other)).map(([owner, own]) => el("section", {}, el("h2", {}, owner === "ai" ? "AI" : words(owner)), el("ul", {}, own.map(line))));
}

function line(operation) {
  const to = href(`${HOME}/${operation.id}`);
  return el("li", {}, el("a", { href: to }, method(operation), el("span", {}, operation.summary), el("code", {}, operation.path)));
}

function method(operation) {
  return el("span", { class: `method method-${operation.method}` }, operation.method);
}

// -- one ----------------------------------------------------------------------------------------------------

function one(document, operation, session) {
  const runner = new Runner({ document, operation, session });
  const crumbs = [["API reference", href(HOME)]];
  const told = [
    needs(operation),
    parameters(document, "Path", operation.pathParameters),
    parameters(document, "Query", operation.query),
    parameters(document, "Headers", operation.headers),
    bodyCard(document, operation),
    answerCard(document, operation),
    codesCard(operation),
  ];
  return [
    heading(operation.summary, { crumbs, actions: el("button", { type: "button", class: "to-runner", onclick: () => toRunner(runner) }, "Try it") }),
    el("p", { class: "route" }, method(operation), el("code", {}, operation.path)),
    el("div", { class: "two" }, el("div", {}, told), el("div", {}, runner.element, runner.snippets)),
  ];
}

/** Where the page is one column, the form is far down. */
function toRunner(runner) {
  runner.element.scrollIntoView();
  runner.element.querySelector("input, textarea, select, button").focus({ preventScroll: true });
}

function needs(operation) {
  const said = operation.description.replace(/\s*Needs the permission `[^`]*`( and the scope `[^`]*`)?\.\s*$/, "").trim();
  const code = (text) => text && el("code", {}, text);
  const pairs = [
    ["Name", code(operation.id)],
    ["Credential", operation.isPublic ? "none" : "access token or API key"],
    ["Permission", operation.isPublic ? "" : code(operation.permission)],
    ["Scope", code(operation.scope)],
    ["Deprecated", operation.deprecated ? "yes" : ""],
  ];
  return card(null, said && el("p", {}, marked(said)), facts(pairs));
}

function parameters(document, title, list) {
  if (list.length === 0) return null;
  const rows = list.map((each) =>
    el(
      "li",
      {},
      el("div", { class: "field-head" }, el("code", { class: "field-name" }, each.name), el("span", { class: "type" }, typeText(document, each.schema)), each.required && el("span", { class: "required" }, "required")),
      el("p", { class: "muted" }, marked(sentences(each.description, rules(each.schema)))),
    ),
  );
  return card(title, el("ul", { class: "shape" }, rows));
}

function bodyCard(document, operation) {
  if (!operation.body) return null;
  return card("Body", el("p", { class: "muted" }, operation.types.join(", ")), shape(document, operation.bodySchema));
}

function answerCard(document, operation) {
  const what = { file: "The bytes of a file.", text: `Text: ${Object.keys(operation.responses[operation.status].content ?? {}).join(", ")}` };
  const content = operation.answerSchema ? shape(document, operation.answerSchema) : el("p", { class: "muted" }, what[operation.answer]);
  return card(`Answer ${operation.status}`, content);
}

function codesCard(operation) {
  const rows = Object.entries(operation.responses)
    .filter(([code]) => code !== operation.status)
    .map(([code, each]) => el("li", {}, el("span", { class: `badge badge-${code < "400" ? "fair" : "warn"}` }, code), each.description));
  const text = "Errors come as { success: false, error: { code, message, details }, request_id }.";
  return card("Other answers", el("ul", { class: "codes" }, rows), el("p", { class: "muted" }, text));
}
