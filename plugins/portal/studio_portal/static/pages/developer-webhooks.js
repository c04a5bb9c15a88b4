import { confirm, openDialog } from "../components/dialog.js";
import { codeBlock } from "../components/code.js";
import { form } from "../components/form.js";
import { badge, card, empty, errorText, facts, heading, note } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { showOnce } from "../developer/secret.js";
import { styles } from "../developer/style.js";
import { el } from "../shell/dom.js";
import { agoText, timeText, words } from "../shell/format.js";
import { go, href } from "../shell/router.js";

const HOME = "/developer/webhooks";
const STATES = ["pending", "succeeded", "failed", "exhausted"];

/** Webhooks, one of them with its deliveries, or the form of one. */
export async function render(context) {
  await styles();
  const { api, params, route, session, query } = context;
  const mayManage = session.may("webhooks:manage");
  if (route.endsWith("/new")) return editing(context, null, (query.events ?? "").split(",").filter(Boolean));
  if (!params.webhook) return list(api, mayManage);
  const webhook = await api.webhooks.read(params.webhook);
  return route.endsWith("/edit") ? editing(context, webhook) : one(context, webhook, await nameOfProject(context, webhook), mayManage);
}

// -- all ----------------------------------------------------------------------------------------------------

function list(api, mayManage) {
  const create = () => mayManage && el("a", { class: "button primary", href: href(`${HOME}/new`) }, "New webhook");
  const table = dataTable({
    label: "Webhooks",
    search: "Search webhooks",
    load: (query) => api.webhooks.list(query),
    link: (webhook) => href(`${HOME}/${webhook.id}`),
    filters: [{ name: "active", label: "State", options: [["true", "Active"], ["false", "Switched off"]] }],
    columns: [
      { label: "Address", wide: true, cell: (webhook) => webhook.url },
      { label: "Events", cell: (webhook) => webhook.events.join(", ") },
      { label: "State", cell: (webhook) => stateOf(webhook) },
      { label: "Changed", cell: (webhook) => agoText(webhook.updated_at) },
    ],
    nothing: empty("No webhooks yet", "A webhook tells another system what happens here, signed and repeated until it is taken.", create()),
  });
  const catalogue = el("a", { class: "button", href: href("/developer/events") }, "Event catalogue");
  return [heading("Webhooks", { actions: [catalogue, create()] }), table];
}

function stateOf(webhook) {
  if (!webhook.active) return badge("plain", "Switched off");
  return webhook.failing_since ? badge("failed", "Failing") : badge("active");
}

// -- the form -----------------------------------------------------------------------------------------------

async function editing({ api, session }, webhook, events = []) {
  const [{ events: catalogue }, projects] = await Promise.all([api.webhooks.events(), projectsOf(api, session)]);
  const groups = [...new Set(catalogue.map((each) => `${each.name.split(".")[0]}.*`))];
  const options = [["*", "* (everything)"], ...groups.map((each) => [each, each]), ...catalogue.map((each) => [each.name, each.name])];
  const given = webhook ?? { url: "", events, description: "", project_id: "", active: true };
  const back = () => go(webhook ? `${HOME}/${webhook.id}` : HOME);
  const fields = [
    { name: "url", label: "Address", type: "url", required: true, value: given.url, placeholder: "https://example.org/studio", help: "Gets a POST for each event. Addresses inside your network are refused unless the operator allows them." },
    { name: "events", label: "Events", type: "checks", options, value: given.events },
    { name: "description", label: "Description", value: given.description },
    { name: "project_id", label: "Only of one project", value: given.project_id ?? "", ...projectChoice(projects, given.project_id) },
    { name: "secret", label: "Secret", type: "password", autocomplete: "off", help: webhook ? "Empty: the present one stays." : "Signs each delivery. Empty: one is made, and shown once." },
    { name: "active", label: "Active", type: "checkbox", value: given.active },
  ];
  const onSubmit = async (values) => {
    const { secret, ...rest } = values;
    const input = secret ? values : rest;
    if (webhook) await api.webhooks.update(webhook.id, input);
    else {
      const made = await api.webhooks.create(input);
      await showOnce("Webhook", [["Secret", made.secret]]);
      return go(`${HOME}/${made.id}`);
    }
    toast("Saved");
    return back();
  };
  const crumbs = [["Webhooks", href(HOME)], ...(webhook ? [[webhook.url, href(`${HOME}/${webhook.id}`)]] : [])];
  const title = webhook ? "Edit webhook" : "New webhook";
  return [heading(title, { crumbs }), card(null, form({ fields, submit: webhook ? "Save" : "Create", onSubmit, cancel: back, keepEmpty: true }))];
}

/** Names of the projects within reach, by id; without the plugin that has them, none. */
async function projectsOf(api, session) {
  if (!session.may("projects:read")) return new Map();
  const projects = await api.projects.list({ limit: 100, sort: "name", order: "asc" });
  return new Map([...projects].map((each) => [each.id, each.name]));
}

/** A choice of names; where there may be more of them than are here, an id is typed. */
function projectChoice(projects, chosen) {
  if (projects.size === 0 || projects.size === 100)
    return { placeholder: "proj_…", help: "Empty: of every project that you may see." };
  const gone = chosen && !projects.has(chosen) ? [[chosen, chosen]] : [];
  return { type: "select", options: [["", "Every project that you may see"], ...projects, ...gone] };
}

// -- one ----------------------------------------------------------------------------------------------------

async function nameOfProject({ api, session }, { project_id: id }) {
  if (!id || !session.may("projects:read")) return id;
  return api.projects.read(id).then(
    (project) => project.name,
    () => id,
  );
}

function one({ api, refresh }, webhook, projectName, mayManage) {
  const table = deliveries(api, webhook, mayManage);
  const act = (text, work, kind = "") => el("button", { type: "button", class: kind, onclick: () => attempt(work) }, text);
  const actions = mayManage && [
    act("Send a test", async () => {
      await api.webhooks.test(webhook.id);
      toast("A test is on its way");
      soon(table);
    }),
    el("a", { class: "button", href: href(`${HOME}/${webhook.id}/edit`) }, "Edit"),
    act("Rotate secret", () => rotate(api, webhook)),
    act("Delete", () => remove(api, webhook), "danger"),
  ];
  const again = act("Switch on again", async () => {
    await api.webhooks.update(webhook.id, { active: true });
    toast("Active again");
    refresh();
  });
  return [
    heading(webhook.url, { crumbs: [["Webhooks", href(HOME)]], actions, lead: webhook.description }),
    !webhook.active && webhook.disabled_reason && note(["Switched off: ", words(webhook.disabled_reason), " ", mayManage && again], "warning"),
    card(null, facts([
      ["State", stateOf(webhook)],
      ["Events", webhook.events.join(", ")],
      ["Project", projectName],
      ["Failing since", webhook.failing_since && timeText(webhook.failing_since)],
      ["Made", timeText(webhook.created_at)],
      ["Id", el("code", {}, webhook.id)],
    ])),
    el("div", { class: "page-title" }, el("h2", {}, "Deliveries"), el("div", { class: "actions" }, mayManage && act("Replay a span of time", () => replaySpan(api, webhook, table)), act("Look again", async () => table.reload()))),
    table,
  ];
}

function deliveries(api, webhook, mayManage) {
  const replay = (delivery) => attempt(async () => {
    await api.webhooks.replay(delivery.id);
    toast("It is sent again");
    soon(table);
  });
  const actionsOf = (delivery) => mayManage && delivery.state !== "pending" && el("button", { type: "button", class: "small", "aria-label": `Replay ${delivery.event}`, onclick: () => replay(delivery) }, "Replay");
  const table = dataTable({
    label: "Deliveries",
    load: (query) => api.webhooks.deliveries(webhook.id, query),
    onOpen: (delivery) => attempt(async () => details(await api.webhooks.delivery(delivery.id))),
    filters: [{ name: "state", label: "State", options: STATES.map((each) => [each, words(each)]) }],
    columns: [
      { label: "Event", wide: true, cell: (delivery) => delivery.event },
      { label: "State", cell: (delivery) => badge(delivery.state) },
      { label: "Attempts", number: true, cell: (delivery) => String(delivery.attempts) },
      { label: "Answer", cell: (delivery) => delivery.response_status ?? (delivery.error ? "none" : "–") },
      { label: "Made", cell: (delivery) => agoText(delivery.created_at) },
      { label: "Actions", cell: (delivery) => actionsOf(delivery) || "–" },
    ],
    nothing: empty("No deliveries yet", "Send a test, or wait for an event that this webhook subscribes to."),
  });
  return table;
}

function details(delivery) {
  const body = [
    facts([
      ["State", badge(delivery.state)],
      ["Attempts", String(delivery.attempts)],
      ["Answer", delivery.response_status && String(delivery.response_status)],
      ["Error", delivery.error],
      ["Next attempt", delivery.next_attempt_at && timeText(delivery.next_attempt_at)],
      ["Made", timeText(delivery.created_at)],
      ["Changed", timeText(delivery.updated_at)],
      ["Resource", delivery.resource_id && el("code", {}, delivery.resource_id)],
      ["webhook-id", el("code", {}, delivery.message_id)],
      ["Delivery", el("code", {}, delivery.id)],
    ]),
    delivery.history.length > 0 && history(delivery),
    delivery.response_body && el("div", {}, el("h3", {}, "What the receiver answered"), codeBlock(delivery.response_body, { label: "Answer of the receiver" })),
  ];
  return openDialog({ title: delivery.event, body, wide: true, actions: [["Close", null]] });
}

/** The latest attempts, as a table; the API gives the first of them first. */
function history({ attempts, history: shown }) {
  const columns = ["Attempt", "When", "Answer", "Took"];
  const line = (each) => {
    const cells = [each.number, timeText(each.at), each.status ?? each.error, `${each.milliseconds.toLocaleString("en")} ms`];
    return el("tr", {}, cells.map((cell, place) => el("td", { "data-label": columns[place] }, String(cell))));
  };
  const head = el("thead", {}, el("tr", {}, columns.map((each) => el("th", { scope: "col" }, each))));
  const table = el("table", {}, head, el("tbody", {}, shown.map(line)));
  const left = attempts > shown.length && el("p", { class: "muted" }, `The latest ${shown.length} of ${attempts}.`);
  return el("div", {}, el("h3", {}, "Attempts"), el("div", { class: "data-table attempts" }, el("div", { class: "scroll" }, table)), left);
}

function replaySpan(api, webhook, table) {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  return openDialog({
    title: "Replay a span of time",
    build: (close) =>
      form({
        fields: [
          { name: "since", label: "Since", type: "date", required: true, value: yesterday },
          { name: "states", label: "Deliveries that are", type: "checks", options: STATES.slice(1).map((each) => [each, words(each)]), value: ["failed", "exhausted"] },
          { name: "missed", label: "Also events that this webhook never got", type: "checkbox" },
        ],
        submit: "Replay",
        cancel: () => close(),
        onSubmit: async (values) => {
          await api.webhooks.replaySpan(webhook.id, values);
          toast("They are sent again, in order");
          soon(table);
          close();
        },
      }),
  });
}

async function rotate(api, webhook) {
  const text = "Deliveries carry the signatures of both secrets for a while, so that the receiver can change over.";
  if (!(await confirm("Rotate the secret?", text, { yes: "Rotate" }))) return;
  const made = await api.webhooks.rotateSecret(webhook.id);
  await showOnce("New secret", [["Secret", made.secret]]);
}

async function remove(api, webhook) {
  if (!(await confirm("Delete the webhook?", "Its deliveries go with it."))) return;
  toast(await api.webhooks.delete(webhook.id));
  go(HOME);
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast(errorText(error), "error");
  }
}

/** Deliveries are made in the background: look once at once, and once when it has most likely happened. */
function soon(table) {
  table.reload();
  setTimeout(() => table.isConnected && table.reload(), 1500);
}
