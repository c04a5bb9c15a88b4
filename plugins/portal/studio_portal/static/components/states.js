import { APIError, ConnectionFailed } from "../sdk/index.js";
import { el } from "../shell/dom.js";
import { words } from "../shell/format.js";

/** The first heading of a page, with what can be done there, and the way that led to it: pairs of text and address. */
export function heading(title, { actions = [], crumbs = [], lead = "" } = {}) {
  const way =
    crumbs.length > 0 &&
    el(
      "nav",
      { class: "crumbs", "aria-label": "Where you are" },
      el(
        "ol",
        {},
        crumbs.map(([text, to]) => el("li", {}, el("a", { href: to }, text))),
      ),
    );
  return el(
    "div",
    { class: "page-head" },
    way,
    el("div", { class: "page-title" }, el("h1", {}, title), el("div", { class: "actions" }, actions)),
    lead && el("p", { class: "lead" }, lead),
  );
}

/** A part of a page with a heading of its own. */
export function card(title, ...content) {
  return el("section", { class: "card" }, title && el("h2", {}, title), content);
}

/** Something is on its way. */
export function loading(text = "Loading") {
  return el(
    "div",
    { class: "loading", role: "status" },
    el("span", { class: "spinner", "aria-hidden": "true" }),
    `${text} …`,
  );
}

/** There is nothing yet: says why, and what the next step is. */
export function empty(title, text, action = null) {
  return el("div", { class: "empty" }, el("p", { class: "empty-title" }, title), text && el("p", {}, text), action);
}

/** A remark: `info`, `success`, `warning` or `error`. */
export function note(text, kind = "info") {
  return el("div", { class: `note note-${kind}`, role: kind === "error" ? "alert" : null }, text);
}

/** An error in words, with what helps to find it again. */
export function errorText(error) {
  if (error instanceof ConnectionFailed) return "The platform can't be reached. Check the connection and try again.";
  if (!(error instanceof APIError)) return error.message || "Something went wrong.";
  return TOLD[error.code] ?? told(error);
}

const TOLD = {
  RATE_LIMITED: "Too many requests for now. Wait a little and try again.",
};

/** The platform's own words, without status and request id. */
function told(error) {
  const text = error.message
    .replace(/^\d+ [A-Z_]+: /, "")
    .replace(/ \(req_[^)]*\)$/, "")
    .replace(/ \[[^\]]*\]$/, "");
  const { error: detail, reasons } = error.details ?? {};
  return [text, detail !== text && detail, ...(Array.isArray(reasons) ? reasons : [])].filter(Boolean).join(" – ");
}

/** In place of a page or part that failed; `again` tries once more. */
export function problem(error, again = null) {
  return el(
    "div",
    { class: "note note-error problem", role: "alert" },
    el("h1", {}, error.status === 404 ? "Not found" : error.status === 403 ? "Not allowed" : "That didn't work"),
    el("p", {}, error.status === 404 ? "There is no such thing, or it is out of your reach." : errorText(error)),
    error.requestId && el("p", { class: "muted" }, "Request ", el("code", {}, error.requestId)),
    again && el("button", { type: "button", onclick: again }, "Try again"),
  );
}

/** A state as a word in a coloured shape; the colour only repeats what the word says. */
export function badge(state, text = words(state)) {
  return el("span", { class: `badge badge-${TONES[state] ?? "plain"}` }, text);
}

const TONES = {
  complete: "good",
  approved: "good",
  active: "good",
  succeeded: "good",
  excellent: "good",
  completed: "good",
  ok: "good",
  good: "good",
  fair: "fair",
  in_progress: "fair",
  in_review: "fair",
  pending: "fair",
  running: "fair",
  queued: "fair",
  high: "warn",
  at_risk: "warn",
  moderate: "warn",
  marginal: "warn",
  expiring: "warn",
  waiting: "fair",
  acceptable: "fair",
  critical: "bad",
  rejected: "bad",
  below: "bad",
  failed: "bad",
  overdue: "bad",
  expired: "bad",
  exhausted: "bad",
  unacceptable: "bad",
};

/** Facts in pairs of name and value. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return el(
    "dl",
    { class: "facts" },
    shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

/** A bar for something that is under way; `set(done, total)` moves it. */
export function progress(label) {
  const bar = el("progress", { max: "100", value: 0, "aria-label": label });
  const text = el("span", { class: "muted" }, "0 %");
  const set = (done, total) => {
    const percent = total ? Math.round((100 * done) / total) : 0;
    bar.value = percent;
    text.textContent = `${percent} %`;
  };
  return { element: el("div", { class: "progress" }, bar, text), set };
}
