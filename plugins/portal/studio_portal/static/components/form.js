import { APIError, Unauthorized } from "../sdk/index.js";
import { el, replace, uniqueId } from "../shell/dom.js";
import { errorText, note } from "./states.js";

// Complaints that are shown of what is in no field.
const MOST = 20;
const ENDED = "Your session has ended, and nothing was sent. Copy what you typed, load the page again, and log in.";

/**
 * A form. `fields` are `{ name, label, type, value, options, required, help, rows, autocomplete, placeholder }`, with
 * holes; `type` is that of an input, or `textarea`, `select`, `checkbox`, `checks` (many of `options`), or `date`.
 * A date is given as a day or a moment: a moment whose day isn't changed is given back as it was.
 * `options` are texts or pairs of value and text. `onSubmit(values)` may throw what the API answered: the fields that it
 * names show it. Empty fields are left out of the values, unless `keepEmpty`. `signsIn`: it asks who somebody is.
 */
export function form({
  fields,
  submit = "Save",
  onSubmit,
  cancel = null,
  problem = null,
  keepEmpty = false,
  danger = false,
  signsIn = false,
}) {
  const shown = fields.filter(Boolean).map(fieldOf);
  const general = el("div", { class: "form-problem" });
  const send = el("button", { type: "submit", class: danger ? "danger" : "primary" }, submit);
  const back = cancel && el("button", { type: "button", onclick: cancel }, "Cancel");
  const element = el(
    "form",
    { novalidate: true },
    general,
    shown.map((each) => each.element),
    el("div", { class: "form-actions" }, send, back),
  );
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    replace(general);
    shown.forEach((each) => each.complain(""));
    if (missing(shown)) return;
    send.disabled = true;
    element.setAttribute("aria-busy", "true");
    try {
      await onSubmit(valuesOf(shown, keepEmpty));
    } catch (error) {
      if (error instanceof Unauthorized && !signsIn) replace(general, note(ENDED, "error"));
      else tell(error, shown, general);
    } finally {
      send.disabled = false;
      element.removeAttribute("aria-busy");
    }
  });
  if (problem) replace(general, note(problem, "error"));
  return element;
}

function missing(shown) {
  const bad = shown.filter((each) => {
    const input = each.element.querySelector("input, select, textarea");
    const reason =
      each.required && each.read() === ""
        ? "Needed"
        : input?.validity?.badInput || input?.validity?.typeMismatch
          ? input.validationMessage
          : "";
    each.complain(reason);
    return reason !== "";
  });
  bad[0]?.focus();
  return bad.length > 0;
}

function valuesOf(shown, keepEmpty) {
  const pairs = shown.map((each) => [each.name, each.read()]);
  return Object.fromEntries(pairs.filter(([, value]) => keepEmpty || value !== ""));
}

/** Put what the API says of fields beside them, and the rest above, such as what is wrong in a file. */
function tell(error, shown, general) {
  if (!(error instanceof APIError)) console.warn(error);
  const named = error.details?.errors ?? (error.details?.field ? [error.details] : []);
  let first = null;
  const elsewhere = [];
  for (const { field, error: text } of named) {
    const at = shown.find((each) => each.name === field || String(field).startsWith(`${each.name}.`));
    at?.complain(text);
    first ??= at ?? null;
    if (!at) elsewhere.push(el("li", {}, el("code", {}, field), `: ${text}`));
  }
  const request = error.requestId ? ` (request ${error.requestId})` : "";
  const rest = elsewhere.length > MOST && `… and ${elsewhere.length - MOST} more`;
  const list = elsewhere.length > 0 && [el("ul", {}, elsewhere.slice(0, MOST)), rest];
  replace(general, note([`${errorText(error)}${request}`, list].flat().filter(Boolean), "error"));
  (first ?? shown[0])?.focus();
}

function fieldOf(field) {
  const id = uniqueId(field.name);
  const { control, read } = (field.type === "checks" ? checks : field.type === "checkbox" ? checkbox : single)(
    field,
    id,
  );
  const help = field.help && el("p", { class: "help", id: `${id}-help` }, field.help);
  const complaint = el("p", { class: "complaint", id: `${id}-complaint` });
  const inputs = [control, ...control.querySelectorAll("input")].filter((each) =>
    each.matches("input, select, textarea"),
  );
  inputs.forEach((each) => each.setAttribute("aria-describedby", `${field.help ? `${id}-help ` : ""}${id}-complaint`));
  const label =
    field.type === "checks"
      ? null
      : field.type === "checkbox"
        ? null
        : el("label", { for: id }, field.label, field.required && needed());
  const element =
    field.type === "checks"
      ? el("fieldset", { class: "field" }, el("legend", {}, field.label), help, control, complaint)
      : el("div", { class: ["field", field.type === "checkbox" && "field-check"] }, label, control, help, complaint);
  const complain = (text) => {
    complaint.textContent = text ?? "";
    inputs.forEach((each) => (text ? each.setAttribute("aria-invalid", "true") : each.removeAttribute("aria-invalid")));
  };
  return { name: field.name, required: field.required, element, read, complain, focus: () => inputs[0]?.focus() };
}

function needed() {
  return el("span", { class: "needed", "aria-hidden": "true" }, " *");
}

function single(field, id) {
  const {
    name,
    type = "text",
    value = "",
    required,
    autocomplete,
    placeholder,
    rows = 4,
    options = [],
    onchange,
    min,
    max,
  } = field;
  const shared = { id, name, required, autocomplete, placeholder, onchange, min, max };
  const control =
    type === "textarea"
      ? el("textarea", { ...shared, rows, value: value ?? "" })
      : type === "select"
        ? el(
            "select",
            shared,
            options.map((each) => optionOf(each, value)),
          )
        : el("input", { ...shared, type, value: type === "date" ? dayOf(value) : (value ?? "") });
  const read = () => {
    if (type === "number") return control.value === "" ? "" : Number(control.value);
    if (type === "date") return momentOf(control.value, value);
    return type === "password" ? control.value : control.value.trim();
  };
  return { control, read };
}

function dayOf(moment) {
  return (moment ?? "").slice(0, 10);
}

/** The moment of a day: of the one that was there, the same; of any other, its beginning. */
function momentOf(day, before) {
  if (day === "") return "";
  return day === dayOf(before) && before.length > day.length ? before : `${day}T00:00:00Z`;
}

function optionOf(each, chosen) {
  const [value, text] = Array.isArray(each) ? each : [each, each];
  return el("option", { value, selected: value === chosen }, text);
}

function checkbox({ name, label, value = false }, id) {
  const box = el("input", { type: "checkbox", id, name, checked: Boolean(value) });
  return { control: el("label", { class: "check", for: id }, box, label), read: () => box.checked };
}

function checks({ name, options, value = [] }) {
  const boxes = options.map((each) => {
    const [own, text] = Array.isArray(each) ? each : [each, each];
    const box = el("input", { type: "checkbox", name, value: own, checked: value.includes(own) });
    return { own, box, label: el("label", { class: "check" }, box, text) };
  });
  const control = el(
    "div",
    { class: "checks" },
    boxes.map((each) => each.label),
  );
  return { control, read: () => boxes.filter((each) => each.box.checked).map((each) => each.own) };
}
