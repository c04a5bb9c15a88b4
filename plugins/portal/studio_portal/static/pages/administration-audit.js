import { openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { badge, card, empty, facts, heading, note } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { el } from "../shell/dom.js";
import { agoText, count, timeText } from "../shell/format.js";
import { go, href } from "../shell/router.js";

const HOME = "/audit-log";
const LEAD = "Every call: who, what, on which resource, from where, and how it ended.";

/** The audit log, narrowed by what stands in the address. */
export async function render({ api, query }) {
  const [names, seal] = await Promise.all([namesOf(api), api.audit.seal()]);
  const fixed = Object.fromEntries(Object.entries(asked(query)).filter(([, value]) => value));
  const table = dataTable({
    label: "Audit log",
    keep: false,
    limit: 50,
    fixed,
    load: (query) => api.audit.list(query),
    onOpen: show,
    columns: [
      { label: "Action", wide: true, cell: (entry) => el("code", {}, entry.action) },
      { label: "When", cell: (entry) => el("span", { class: "moment" }, timeText(entry.at)) },
      { label: "Who", cell: (entry) => names.get(entry.user_id) ?? who(entry) },
      { label: "On", cell: (entry) => names.get(entry.resource_id) ?? (entry.resource_id ? el("code", {}, entry.resource_id) : "–") },
      { label: "Result", cell: result },
    ],
    nothing: empty("Nothing fits", "No call was logged that fits these filters."),
  });
  const all = Object.keys(fixed).length > 0 && el("a", { class: "button", href: href(HOME) }, "Show everything");
  return [heading("Audit log", { lead: LEAD, actions: all }), sealed(seal), card("Narrow", narrowing(query, names)), table];
}

/** How far the log is sealed, so that a later change of it would be found. */
function sealed({ seal, unsealed, unsealed_since: since }) {
  const rest = unsealed > 0 ? `, ${count(unsealed, "entry", "entries")} since ${timeText(since)} not yet` : "";
  const text = seal === null ? `Nothing is sealed yet${rest && `; ${rest.slice(2)}`}.` : `${count(seal.entries, "entry", "entries")} sealed, the last ${agoText(seal.sealed_at)}${rest}. `;
  return note(el("span", {}, text, " ", el("code", {}, "studio audit verify"), " proves that nothing was changed."));
}

/** Names of accounts by their ids: of the first hundred, others keep their id. */
async function namesOf(api) {
  const users = await api.users.list({ limit: 100 });
  return new Map([...users].map((user) => [user.id, user.name]));
}

function asked({ actor = "", action = "", resource = "", since = "", until = "" }) {
  return { actor, action, resource, created_after: since, created_before: until };
}

function narrowing(query, names) {
  const date = (value) => (value ?? "").slice(0, 10);
  const fields = [
    { name: "actor", value: query.actor, ...actorChoice(names, query.actor) },
    { name: "action", label: "Action", value: query.action, placeholder: "projects.create" },
    { name: "resource", label: "Resource id", value: query.resource, placeholder: "ev_…" },
    { name: "since", label: "From", type: "date", value: date(query.since) },
    { name: "until", label: "Before", type: "date", value: date(query.until) },
  ];
  const element = form({ fields, submit: "Show", onSubmit: (values) => go(HOME, values) });
  element.classList.add("form-row");
  return element;
}

/** A choice of people; where there are more of them than are known, an id is typed. */
function actorChoice(names, chosen) {
  if (names.size === 100 || (chosen && !names.has(chosen))) return { label: "Account id", placeholder: "user_…" };
  return { label: "Account", type: "select", options: [["", "Everybody"], ...names] };
}

function who(entry) {
  const id = entry.user_id || entry.actor_id;
  return id ? el("code", {}, id) : entry.actor_kind;
}

function result(entry) {
  const kind = entry.status >= 500 ? "failed" : entry.status >= 400 ? "rejected" : "ok";
  return badge(kind, String(entry.status || "–"));
}

function show(entry) {
  const code = (text) => text && el("code", {}, text);
  const body = facts([
    ["When", timeText(entry.at)],
    ["Action", code(entry.action)],
    ["Result", result(entry)],
    ["Kind of caller", entry.actor_kind],
    ["Caller", code(entry.actor_id)],
    ["Account", code(entry.user_id)],
    ["Resource", code(entry.resource_id)],
    ["Project", code(entry.project_id)],
    ["From", entry.address],
    ["Request", code(entry.method && `${entry.method} ${entry.path}`)],
    ["Request id", code(entry.request_id)],
    ["Entry", code(entry.id)],
    ["Seal", entry.seal === null ? "not sealed yet" : `number ${entry.seal}`],
  ]);
  return openDialog({ title: "Audit entry", body, wide: true, actions: [["Close", true]] });
}
