import { codeBlock } from "../components/code.js";
import { card, empty, facts, heading } from "../components/states.js";
import { shape } from "../developer/shapes.js";
import { styles } from "../developer/style.js";
import { el, replace, uniqueId } from "../shell/dom.js";
import { count } from "../shell/format.js";
import { href, remember } from "../shell/router.js";

const HOME = "/developer/events";

/** What webhooks can subscribe to. */
export async function render({ api, params, query }) {
  const [{ events }] = await Promise.all([api.webhooks.events(), styles()]);
  if (!params.event) return list(events, query.search ?? "");
  const event = events.find((each) => each.name === params.event);
  if (!event) return [heading("There is no such event"), el("p", {}, el("a", { href: href(HOME) }, "To all events"))];
  return one(event);
}

function list(events, search) {
  const id = uniqueId("search");
  const found = el("div", {});
  const status = el("p", { class: "hidden", role: "status" });
  const draw = (text) => {
    const shown = events.filter((each) => `${each.name} ${each.summary}`.toLowerCase().includes(text.trim().toLowerCase()));
    status.textContent = `${count(shown.length, "event")} found`;
    replace(found, shown.length ? el("ul", { class: "event-list" }, shown.map(line)) : empty("Nothing fits", "Search for a part of a name."));
  };
  const typed = (event) => {
    remember(HOME, { search: event.target.value.trim() });
    draw(event.target.value);
  };
  draw(search);
  const field = el("input", { type: "search", id, placeholder: "Search events", value: search, oninput: typed });
  const lead = "What the platform and its plugins announce. Subscribe to one by name, to a group as in evidence.*, or to all with *.";
  return [heading("Event catalogue", { lead }), el("div", { class: "find" }, el("label", { for: id, class: "hidden" }, "Search events"), field), status, found];
}

function line(event) {
  return el("li", {}, el("a", { href: href(`${HOME}/${event.name}`) }, el("code", {}, event.name), el("p", {}, event.summary)));
}

function one(event) {
  const subscribe = el("a", { class: "button", href: href("/developer/webhooks/new", { events: event.name }) }, "New webhook for it");
  const delivery = { event: event.name, timestamp: new Date().toISOString().replace("Z", "000Z"), data: event.example };
  // Its schema stands by itself, with its own definitions.
  const alone = { resolve: (schema) => (schema?.$ref ? event.schema.$defs[schema.$ref.split("/").pop()] : (schema ?? {})) };
  return [
    heading(event.name, { crumbs: [["Event catalogue", href(HOME)]], lead: event.summary, actions: subscribe }),
    el("div", { class: "two" },
      el("div", {}, card("Data", facts([["Version", String(event.version)]]), shape(alone, event.schema))),
      el("div", {},
        card("What a receiver gets", codeBlock(JSON.stringify(delivery, null, 2), { label: "Example of a delivery" })),
        card("JSON Schema of the data", codeBlock(JSON.stringify(event.schema, null, 2), { label: "JSON Schema" })),
      ),
    ),
  ];
}
