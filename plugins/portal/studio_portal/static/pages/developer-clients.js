import { confirm } from "../components/dialog.js";
import { form } from "../components/form.js";
import { card, empty, errorText, heading } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { scopeChoices } from "../developer/scopes.js";
import { showOnce } from "../developer/secret.js";
import { styles } from "../developer/style.js";
import { el } from "../shell/dom.js";
import { dateText } from "../shell/format.js";
import { go, href } from "../shell/router.js";

const HOME = "/developer/clients";
const GRANTS = [
  ["authorization_code", "authorization_code: act for people who agree"],
  ["refresh_token", "refresh_token: stay signed in for them"],
  ["client_credentials", "client_credentials: act for itself"],
];
const ROLES = ["customer", "viewer", "auditor", "manager", "admin"];

/** Applications that may ask for tokens. */
export async function render({ api, route }) {
  await styles();
  return route.endsWith("/new") ? creating(api) : list(api);
}

function list(api) {
  const create = () => el("a", { class: "button primary", href: href(`${HOME}/new`) }, "New client");
  const table = dataTable({
    label: "OAuth clients",
    search: "Search clients",
    sort: "created_at",
    order: "desc",
    load: (query) => api.oauthClients.list(query),
    columns: [
      { label: "Name", sort: "name", wide: true, cell: (client) => client.name },
      { label: "Client id", cell: (client) => el("code", {}, client.client_id) },
      { label: "Grants", cell: (client) => client.grant_types.join(", ") },
      { label: "Scopes", cell: (client) => client.scopes.join(", ") },
      { label: "Kind", cell: (client) => (client.confidential ? "keeps a secret" : "public, PKCE") },
      { label: "Made", sort: "created_at", cell: (client) => dateText(client.created_at) },
      { label: "Actions", cell: (client) => el("button", { type: "button", class: "small danger", "aria-label": `Delete ${client.name}`, onclick: () => remove(api, client, table) }, "Delete") },
    ],
    nothing: empty("No OAuth clients yet", "A client is an application that acts for people who agree, or for itself.", create()),
  });
  const lead = "Applications that sign people in with this platform, or act for themselves.";
  return [heading("OAuth clients", { lead, actions: create() }), table];
}

async function creating(api) {
  const fields = [
    { name: "name", label: "Name", required: true, help: "People see it when they are asked to agree." },
    { name: "grant_types", label: "Grants", type: "checks", options: GRANTS, value: ["authorization_code", "refresh_token"] },
    { name: "redirect_uris", label: "Redirect addresses", type: "textarea", rows: 3, help: "One a line; needed for authorization_code. They must match to the letter." },
    { name: "scopes", label: "Scopes", type: "checks", options: await scopeChoices(api), value: ["read"] },
    { name: "public", label: "Can't keep a secret (browser, phone): must use PKCE", type: "checkbox" },
    { name: "role", label: "Role when it acts for itself", type: "select", options: ROLES },
  ];
  const onSubmit = async (values) => {
    const made = await api.oauthClients.create(inputOf(values));
    const pairs = [["Client id", made.client_id], made.client_secret && ["Client secret", made.client_secret]].filter(Boolean);
    await showOnce(`OAuth client “${made.name}”`, pairs);
    go(HOME);
  };
  const crumbs = [["OAuth clients", href(HOME)]];
  return [heading("New OAuth client", { crumbs }), card(null, form({ fields, submit: "Register", onSubmit, cancel: () => go(HOME) }))];
}

function inputOf({ public: isPublic, redirect_uris: lines = "", role, ...rest }) {
  const redirects = lines.split(/\s+/).filter(Boolean);
  const forItself = rest.grant_types.includes("client_credentials");
  return { ...rest, confidential: !isPublic, ...(redirects.length ? { redirect_uris: redirects } : {}), ...(forItself ? { role } : {}) };
}

async function remove(api, client, table) {
  if (!(await confirm("Delete the client?", `All tokens of “${client.name}” stop at once.`))) return;
  try {
    toast(await api.oauthClients.delete(client.client_id));
    table.reload();
  } catch (error) {
    toast(errorText(error), "error");
  }
}
