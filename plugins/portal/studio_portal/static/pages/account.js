import { codeBlock } from "../components/code.js";
import { confirm, openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { badge, card, empty, errorText, facts, heading, note } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { agoText, dateText, timeText, words } from "../shell/format.js";

const LEAD = "Who you are here, how you sign in, and who acts for you.";
const KINDS = { login: "Portal or program", browser: "Browser", application: "Application" };

/** One's own account: name, password, second factor, sessions and applications. */
export async function render(context) {
  const { api, session } = context;
  const [user, factor] = await Promise.all([api.users.me(), api.secondFactor.read()]);
  session.user = user;
  return [
    heading("Your account", { lead: LEAD }),
    user.temporary_until &&
      note(`Somebody else chose your password, and it is easy to guess: it ends ${timeText(user.temporary_until)}. Choose one of your own before.`, "warning"),
    el(
      "div",
      { class: "cards" },
      el("div", { class: "stack" }, aboutCard(context, user), factorCard(context, factor)),
      passwordCard(context),
    ),
    sessions(context),
    applications(context),
  ].filter(Boolean);
}

function aboutCard({ api, refresh }, user) {
  const save = async ({ name }) => {
    await api.users.update(user.id, { name });
    toast("Saved");
    refresh();
  };
  return card(
    "About you",
    facts([
      ["Email address", user.email],
      ["Role", words(user.role)],
      ["Account since", dateText(user.created_at)],
      ["Account id", el("code", {}, user.id)],
    ]),
    form({ fields: [{ name: "name", label: "Name", required: true, value: user.name, autocomplete: "name" }], onSubmit: save }),
  );
}

function passwordCard({ api, refresh }) {
  const fields = [
    { name: "current_password", label: "Present password", type: "password", required: true, autocomplete: "current-password" },
    { name: "new_password", label: "New password", type: "password", required: true, autocomplete: "new-password" },
  ];
  const onSubmit = async (values) => {
    toast(await api.users.changePassword(values));
    refresh();
  };
  return card("Password", el("p", { class: "muted" }, "Your other sessions end when you change it."), form({ fields, submit: "Change password", onSubmit }));
}

// -- the second factor -------------------------------------------------------------------------------------

function factorCard(context, { enabled, required, enabled_at: since, recovery_codes_left: left }) {
  const button = (text, act, kind = "") => el("button", { type: "button", class: kind, onclick: () => act(context) }, text);
  const state = [
    ["State", enabled ? badge("active", "On") : badge("inactive", "Off")],
    ["Since", enabled && dateText(since)],
    ["Recovery codes left", enabled && String(left)],
    ["Your role", required && "needs one"],
  ];
  const deeds = enabled
    ? [button("New recovery codes", renew), !required && button("Turn off", turnOff, "danger")]
    : button("Set it up", setUp, "primary");
  return card("Second factor", facts(state), el("div", { class: "actions" }, deeds));
}

const PASSWORD = { name: "current_password", label: "Your password", type: "password", required: true, autocomplete: "current-password" };
const CODE = { name: "otp", label: "Code of your authenticator", required: true, autocomplete: "one-time-code" };

async function setUp({ api, refresh }) {
  const begun = await asked("Set up a second factor", "Go on", [PASSWORD], (values) => api.secondFactor.begin(values));
  if (!begun) return;
  const about = [
    el("p", {}, "Add this key to an authenticator app, or ", el("a", { href: begun.uri }, "open the app on this device"), ", and type the code that it shows."),
    codeBlock(begun.secret, { label: "Key" }),
  ];
  const made = await asked("Set up a second factor", "Turn on", [CODE], (values) => api.secondFactor.confirm(values), about);
  if (made) await showCodes(made);
  refresh();
}

async function renew({ api, refresh }) {
  const made = await asked("New recovery codes", "Make new ones", [PASSWORD, CODE], (values) => api.secondFactor.renewCodes(values));
  if (made) await showCodes(made);
  refresh();
}

async function turnOff({ api, refresh }) {
  const done = await asked("Turn the second factor off", "Turn off", [PASSWORD, CODE], (values) => api.secondFactor.disable(values));
  if (done) toast(done);
  refresh();
}

/** A dialog with a form; what its call answered, or null. */
function asked(title, submit, fields, call, about = null) {
  const build = (close) => el("div", { class: "stack" }, about, form({ fields, submit, cancel: () => close(), onSubmit: async (values) => close(await call(values)) }));
  return openDialog({ title, build });
}

function showCodes({ recovery_codes: codes }) {
  const body = [
    note("Keep these in a safe place: each works once in place of the authenticator, and they are shown only now.", "warning"),
    codeBlock(codes.join("\n"), { label: "Recovery codes" }),
  ];
  return openDialog({ title: "Recovery codes", body: el("div", { class: "stack" }, body), actions: [["I have kept them", true, "primary"]] });
}

// -- who is signed in, and who acts for one ----------------------------------------------------------------

function sessions({ api }) {
  const end = (each) => attempt(() => api.sessions.end(each.id), table);
  const others = async () => {
    if (await confirm("End all other sessions?", "Every other browser and program has to log in again.", { yes: "End them" })) await attempt(() => api.sessions.endOthers(), table);
  };
  const table = dataTable({
    label: "Sessions",
    keep: false,
    load: (query) => api.sessions.list(query),
    columns: [
      { label: "What", wide: true, cell: (each) => each.client_name ?? KINDS[each.kind] ?? words(each.kind) },
      { label: "From", cell: (each) => each.address || "–" },
      { label: "With", cell: (each) => each.agent || "–" },
      { label: "Since", cell: (each) => timeText(each.created_at) },
      { label: "Last used", cell: (each) => agoText(each.last_used_at ?? each.created_at) },
      { label: "Action", cell: (each) => (each.current ? badge("active", "this one") : button("End", `End the session since ${timeText(each.created_at)}`, () => end(each))) },
    ],
  });
  return card("Sessions", table, el("p", {}, el("button", { type: "button", onclick: others }, "End all others")));
}

function applications({ api }) {
  const table = dataTable({
    label: "Applications",
    keep: false,
    load: (query) => api.applications.list(query),
    columns: [
      { label: "Application", wide: true, cell: (each) => each.name },
      { label: "May", cell: (each) => each.scopes.join(", ") },
      { label: "Since", cell: (each) => dateText(each.created_at) },
      { label: "Action", cell: (each) => button("Take back", `Take back what ${each.name} may do`, () => attempt(() => api.applications.revoke(each.client_id), table)) },
    ],
    nothing: empty("No application acts for you", "Applications that you let in appear here, and can be sent away."),
  });
  return card("Applications", table);
}

function button(text, label, act) {
  return el("button", { type: "button", class: "small danger", "aria-label": label, onclick: act }, text);
}

async function attempt(work, table) {
  try {
    toast(await work());
    table.reload();
  } catch (error) {
    toast(errorText(error), "error");
  }
}
