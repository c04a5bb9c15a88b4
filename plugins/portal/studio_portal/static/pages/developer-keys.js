import { confirm } from "../components/dialog.js";
import { form } from "../components/form.js";
import { card, empty, errorText, heading } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { scopeChoices } from "../developer/scopes.js";
import { showOnce } from "../developer/secret.js";
import { styles } from "../developer/style.js";
import { el } from "../shell/dom.js";
import { agoText, dateText } from "../shell/format.js";
import { go, href } from "../shell/router.js";

const HOME = "/developer/keys";

/** The caller's own API keys. */
export async function render({ api, route }) {
  await styles();
  return route.endsWith("/new") ? creating(api) : list(api);
}

function list(api) {
  const create = () => el("a", { class: "button primary", href: href(`${HOME}/new`) }, "New API key");
  const table = dataTable({
    label: "API keys",
    search: "Search keys",
    sort: "created_at",
    order: "desc",
    load: (query) => api.apiKeys.list(query),
    columns: [
      { label: "Name", sort: "name", wide: true, cell: (key) => key.name },
      { label: "Begins with", cell: (key) => el("code", {}, key.prefix) },
      { label: "Scopes", cell: (key) => key.scopes.join(", ") },
      { label: "Last used", cell: (key) => agoText(key.last_used_at) },
      { label: "Ends", cell: (key) => (key.expires_at ? dateText(key.expires_at) : "never") },
      { label: "Actions", cell: (key) => actions(key) },
    ],
    nothing: empty("No API keys yet", "A key lets a program act for you, within the scopes that you give it.", create()),
  });
  const actions = (key) =>
    el(
      "span",
      { class: "actions" },
      el("button", { type: "button", class: "small", "aria-label": `Rotate ${key.name}`, onclick: () => rotate(api, key, table) }, "Rotate"),
      el("button", { type: "button", class: "small danger", "aria-label": `Delete ${key.name}`, onclick: () => remove(api, key, table) }, "Delete"),
    );
  const lead = "Programs send a key as X-API-Key. It can never do more than you can.";
  return [heading("API keys", { lead, actions: create() }), table];
}

async function creating(api) {
  const fields = [
    { name: "name", label: "Name", required: true, help: "What the key is for, such as “nightly export”." },
    { name: "description", label: "Description", type: "textarea", rows: 2 },
    { name: "scopes", label: "Scopes", type: "checks", options: await scopeChoices(api), value: ["read"] },
    { name: "expires_at", label: "Ends on", type: "date", help: "Empty: never." },
  ];
  const onSubmit = async (values) => {
    const made = await api.apiKeys.create(values);
    await showOnce(`API key “${made.name}”`, [["API key", made.api_key]]);
    go(HOME);
  };
  const crumbs = [["API keys", href(HOME)]];
  return [heading("New API key", { crumbs }), card(null, form({ fields, submit: "Create", onSubmit, cancel: () => go(HOME) }))];
}

async function rotate(api, key, table) {
  const text = `“${key.name}” gets a new secret, and the one that it has stops at once.`;
  if (!(await confirm("Rotate the key?", text, { yes: "Rotate" }))) return;
  await attempt(async () => {
    const made = await api.apiKeys.rotate(key.id);
    await showOnce(`API key “${key.name}”`, [["API key", made.api_key]]);
    table.reload();
  });
}

async function remove(api, key, table) {
  if (!(await confirm("Delete the key?", `What uses “${key.name}” stops at once.`))) return;
  await attempt(async () => {
    toast(await api.apiKeys.delete(key.id));
    table.reload();
  });
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast(errorText(error), "error");
  }
}
