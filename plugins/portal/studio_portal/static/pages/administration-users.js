import { confirm, openDialog } from "../components/dialog.js";
import { codeBlock } from "../components/code.js";
import { form } from "../components/form.js";
import { badge, card, empty, errorText, facts, heading, note } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { agoText, dateText, timeText, words } from "../shell/format.js";
import { go, href } from "../shell/router.js";

const HOME = "/users";
const ROLES = [
  ["viewer", "Viewer: sees the projects they belong to"],
  ["customer", "Customer: sees the projects they belong to"],
  ["auditor", "Auditor: sees the projects they belong to"],
  ["manager", "Manager: makes projects, and sees those they belong to"],
  ["admin", "Administrator: users, clients, webhooks and every project"],
  ["super_admin", "Super administrator: also other administrators of that rank"],
];

/** The accounts of the platform. */
export function render({ api, session, params, route, refresh }) {
  if (route.endsWith("/new")) return creating(api, session);
  return params.user ? account(api, session, params.user, refresh) : list(api);
}

function list(api) {
  const create = () => el("a", { class: "button primary", href: href(`${HOME}/new`) }, "New user");
  const table = dataTable({
    label: "Users",
    search: "Search by name or address",
    sort: "created_at",
    order: "desc",
    load: (query) => api.users.list(query),
    link: (user) => href(`${HOME}/${user.id}`),
    filters: [
      { name: "role", label: "Role", options: ROLES.map(([role]) => [role, words(role)]) },
      { name: "status", label: "Status", options: [["active", "Active"], ["disabled", "Disabled"]] },
    ],
    columns: [
      { label: "Name", sort: "name", wide: true, cell: (user) => user.name },
      { label: "Address", sort: "email", cell: (user) => user.email },
      { label: "Role", sort: "role", cell: (user) => words(user.role) },
      { label: "Status", cell: (user) => badge(user.status) },
      { label: "Last login", cell: (user) => agoText(user.last_login) },
      { label: "Since", sort: "created_at", cell: (user) => dateText(user.created_at) },
    ],
    nothing: empty("No users", "Make an account for everybody who works here.", create()),
  });
  return [heading("Users", { actions: create() }), table];
}

function creating(api, session) {
  const fields = [
    { name: "name", label: "Name", required: true, autocomplete: "off" },
    { name: "email", label: "E-mail address", type: "email", required: true, autocomplete: "off" },
    { name: "role", label: "Role", type: "select", options: rolesFor(session), value: "viewer", required: true },
    {
      name: "password", label: "First password", type: "password", required: true, autocomplete: "new-password",
      help: "Hand it over. One that is easy to guess ends after a while, and they are asked to choose their own.",
    },
  ];
  const onSubmit = async (values) => {
    const made = await api.users.create(values);
    toast(`${made.name} can log in now`, "success");
    go(`${HOME}/${made.id}`);
  };
  const crumbs = [["Users", href(HOME)]];
  return [heading("New user", { crumbs }), card(null, form({ fields, submit: "Create", onSubmit, cancel: () => go(HOME) }))];
}

/** Nobody gives a rank above their own. */
function rolesFor(session) {
  return session.user.role === "super_admin" ? ROLES : ROLES.filter(([role]) => role !== "super_admin");
}

async function account(api, session, id, refresh) {
  const user = await api.users.read(id);
  const mine = user.id === session.user.id;
  const outranked = user.role === "super_admin" && session.user.role !== "super_admin";
  const editable = session.may("users:update") && !outranked;
  const about = facts([
    ["Address", user.email],
    ["Role", words(user.role)],
    ["Status", badge(user.status)],
    ["Last login", user.last_login ? timeText(user.last_login) : "never"],
    ["Second factor", user.second_factor_at ? `since ${dateText(user.second_factor_at)}` : "not set up"],
    ["Password", user.temporary_until && `temporary until ${timeText(user.temporary_until)}`],
    ["Account since", dateText(user.created_at)],
    ["Id", el("code", {}, user.id)],
  ]);
  return [
    heading(user.name, { crumbs: [["Users", href(HOME)]], actions: editable ? deeds(api, user, mine, refresh) : [] }),
    outranked && note("Only a super administrator changes this account."),
    card("Account", about),
    editable && card("Change", changing(api, session, user, mine, refresh)),
  ].filter(Boolean);
}

function changing(api, session, user, mine, refresh) {
  const fields = [
    { name: "name", label: "Name", value: user.name, required: true },
    { name: "email", label: "E-mail address", type: "email", value: user.email, required: true },
    !mine && { name: "role", label: "Role", type: "select", options: rolesFor(session), value: user.role },
    !mine && {
      name: "status", label: "Status", type: "select", value: user.status,
      options: [["active", "Active"], ["disabled", "Disabled: tokens and keys stop at once"]],
    },
  ];
  const onSubmit = async (values) => {
    await api.users.update(user.id, values);
    toast("Saved", "success");
    refresh();
  };
  return form({ fields, onSubmit });
}

function deeds(api, user, mine, refresh) {
  const button = (text, work, kind = "") => el("button", { type: "button", class: kind, onclick: () => attempt(work) }, text);
  return [
    button("Password reset", () => reset(api, user)),
    user.second_factor_at && button("Turn second factor off", () => forgetFactor(api, user, refresh)),
    !mine && button("Delete", () => remove(api, user), "danger"),
  ].filter(Boolean);
}

async function reset(api, user) {
  const text = `${user.name} sets a new password with a one-time token that you hand over. An earlier token ends.`;
  if (!(await confirm("Issue a reset token?", text, { yes: "Issue", danger: false }))) return;
  const made = await api.users.resetPassword(user.id);
  const page = made.page && el("p", {}, "It is used at ", el("a", { href: made.page, rel: "noreferrer" }, made.page), ".");
  const body = [el("p", {}, `Shown only now; ends ${timeText(made.expires_at)}.`), codeBlock(made.reset_token, { label: "Reset token" }), page];
  await openDialog({ title: "Reset token", body: el("div", { class: "stack" }, body), actions: [["Done", true, "primary"]] });
}

async function forgetFactor(api, user, refresh) {
  if (!(await confirm("Turn the second factor off?", `${user.name} then logs in with the password alone.`, { yes: "Turn off" }))) return;
  toast(await api.secondFactor.reset(user.id));
  refresh();
}

async function remove(api, user) {
  if (!(await confirm("Delete the account?", `${user.name} can't log in any more; tokens and keys stop at once. What they did stays, with their name.`))) return;
  toast(await api.users.delete(user.id));
  go(HOME);
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast(errorText(error), "error");
  }
}
