import { el, replace, uniqueId } from "../shell/dom.js";
import { place, remember } from "../shell/router.js";
import { empty, loading, problem } from "./states.js";

const WAIT = 250;

/**
 * A list of the API as a table: filters, search, order and paging by cursor, kept in the address and in the history.
 *
 * - `label` names it; `columns` are `{ label, cell(row), sort, number, wide }`, where `sort` is the API's name of an order.
 * - `load(query)` calls a list operation and gives its Page; `query` has `limit`, `cursor`, `sort`, `order`, `search` and filters.
 * - `filters` are `{ name, label, options }`, options as pairs of value and text; `search` is the field's label, if there is one.
 * - `link(row)` is where a row leads; the first column then is a link. Or `onOpen(row)`.
 * - `select(rows)` makes rows selectable: called with the chosen rows, gives the actions on them.
 * - `ranks` says that a search brings its own order, so that none can be chosen meanwhile.
 * - `nothing` is shown when there is nothing at all; `fixed` are filters that don't show.
 *
 * The element has `reload()`.
 */
export function dataTable(options) {
  const table = new DataTable(options);
  table.element.reload = () => table.load();
  return table.element;
}

class DataTable {
  constructor(options) {
    this.options = { columns: [], filters: [], search: "", limit: 20, sort: "", order: "", keep: true, ...options };
    const { earlier = [], cursor = "", total = null } = (this.options.keep && history.state?.list) || {};
    this.earlier = [...earlier];
    this.total = total;
    this.chosen = new Map();
    this.turn = 0;
    this.path = place().path;
    const kept = this.options.keep ? place().query : {};
    this.state = { search: "", sort: this.options.sort, order: this.options.order, ...kept, cursor };
    this.body = el("div", { class: "table-body" });
    this.bulk = el("div", { class: "bulk", hidden: true });
    this.status = el("p", { class: "hidden", role: "status" });
    this.element = el("div", { class: "data-table" }, this.tools(), this.bulk, this.status, this.body);
    this.load();
  }

  // -- what narrows ---------------------------------------------------------------------------------------

  tools() {
    const { filters, search } = this.options;
    if (!search && filters.length === 0) return null;
    const id = uniqueId("search");
    let waiting = 0;
    const typed = (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.change({ search: event.target.value.trim() }), WAIT);
    };
    const field =
      search &&
      el(
        "div",
        { class: "search" },
        el("label", { for: id, class: "hidden" }, search),
        el("input", { type: "search", id, placeholder: search, value: this.state.search, oninput: typed }),
      );
    return el(
      "div",
      { class: "tools", role: "search" },
      field,
      filters.map((each) => this.filter(each)),
    );
  }

  filter({ name, label, options }) {
    const all = el("option", { value: "" }, `${label}: all`);
    const rest = options.map(([value, text]) => el("option", { value, selected: this.state[name] === value }, text));
    return el(
      "select",
      { "aria-label": label, onchange: (event) => this.change({ [name]: event.target.value }) },
      all,
      rest,
    );
  }

  change(changes) {
    // A search waits for the end of a word, and by then somebody may be on the way to another page: that isn't narrowed.
    if (place().path !== this.path) return;
    this.earlier = [];
    Object.assign(this.state, changes, { cursor: "" });
    if (this.options.keep) remember(this.path, { ...place().query, ...this.kept() });
    this.load();
  }

  kept() {
    const names = ["search", "sort", "order", ...this.options.filters.map((each) => each.name)];
    const standard = { sort: this.options.sort, order: this.options.order };
    return Object.fromEntries(
      names.map((name) => [name, this.state[name] === standard[name] ? "" : (this.state[name] ?? "")]),
    );
  }

  query() {
    const { filters, limit, fixed = {} } = this.options;
    const names = ["search", "sort", "order", "cursor", ...filters.map((each) => each.name)];
    const asked = Object.fromEntries(names.filter((name) => this.state[name]).map((name) => [name, this.state[name]]));
    return { limit, ...fixed, ...asked };
  }

  // -- what is shown --------------------------------------------------------------------------------------

  async load() {
    const turn = (this.turn += 1);
    this.body.setAttribute("aria-busy", "true");
    if (!this.body.firstChild) replace(this.body, loading());
    try {
      const page = await this.options.load(this.query());
      if (turn === this.turn) this.show(page);
    } catch (error) {
      if (turn === this.turn)
        replace(
          this.body,
          problem(error, () => this.load()),
        );
    } finally {
      this.body.removeAttribute("aria-busy");
    }
  }

  show(page) {
    this.chosen.clear();
    this.showBulk();
    const rows = [...page];
    if (rows.length === 0 && this.earlier.length > 0) return this.turnBack();
    if (rows.length === 0) {
      replace(
        this.body,
        this.isNarrowed()
          ? empty("Nothing fits", "Take a filter away, or search for something else.")
          : (this.options.nothing ?? empty("Nothing here yet")),
      );
      this.status.textContent = "Nothing found";
      return;
    }
    // NOTE: only the first part of a list tells how many there are.
    this.total = page.pagination?.total ?? (this.earlier.length > 0 ? this.total : null);
    const { total } = this;
    this.status.textContent = total === null ? `${rows.length} shown` : `${total} found`;
    const table = el(
      "table",
      {},
      el("caption", { class: "hidden" }, this.options.label),
      this.head(rows),
      this.rows(rows),
    );
    replace(this.body, el("div", { class: "scroll" }, table), this.foot(page, rows.length));
  }

  isNarrowed() {
    return Boolean(this.state.search || this.options.filters.some((each) => this.state[each.name]));
  }

  head(rows) {
    const cells = this.options.columns.map((column) => {
      const ranked = this.options.ranks && this.state.search;
      const sorted =
        !ranked && column.sort && this.state.sort === column.sort
          ? this.state.order === "desc"
            ? "descending"
            : "ascending"
          : null;
      const label =
        column.sort && !ranked
          ? el("button", { type: "button", class: "sort", onclick: () => this.sortBy(column.sort) }, column.label)
          : column.label;
      return el("th", { scope: "col", class: column.number && "number", "aria-sort": sorted }, label);
    });
    return el("thead", {}, el("tr", {}, this.options.select && this.chooseAll(rows), cells));
  }

  chooseAll(rows) {
    const box = el("input", {
      type: "checkbox",
      "aria-label": "Choose all rows shown",
      onchange: () => {
        this.chosen = box.checked ? new Map(rows.map((row) => [row.id, row])) : new Map();
        this.body.querySelectorAll("tbody input.choose").forEach((each) => (each.checked = box.checked));
        this.showBulk();
      },
    });
    return el("th", { scope: "col", class: "narrow" }, box);
  }

  sortBy(name) {
    const order = this.state.sort === name && this.state.order !== "desc" ? "desc" : "asc";
    this.change({ sort: name, order });
  }

  rows(rows) {
    const shown = rows.map((row, index) => this.row(row, index));
    const body = el("tbody", { onkeydown: (event) => this.onKey(event, rows) }, shown);
    return body;
  }

  row(row, index) {
    const { columns, link, onOpen, select } = this.options;
    const cells = columns.map((column, place) => {
      const content = column.cell(row);
      const inside =
        place > 0
          ? content
          : link
            ? el("a", { href: link(row) }, content)
            : onOpen
              ? el("button", { type: "button", class: "open", onclick: () => onOpen(row) }, content)
              : content;
      return el(
        place === 0 ? "th" : "td",
        {
          scope: place === 0 ? "row" : null,
          class: [column.number && "number", column.wide && "wide"],
          "data-label": column.label,
        },
        inside,
      );
    });
    const choose =
      select &&
      el(
        "td",
        { class: "narrow" },
        el("input", {
          type: "checkbox",
          class: "choose",
          "aria-label": `Choose row ${index + 1}`,
          onchange: () => this.choose(row),
        }),
      );
    return el(
      "tr",
      { tabindex: index === 0 ? "0" : "-1", onclick: (event) => this.onClick(event, row) },
      choose,
      cells,
    );
  }

  choose(row) {
    if (!this.chosen.delete(row.id)) this.chosen.set(row.id, row);
    this.showBulk();
  }

  showBulk() {
    this.bulk.hidden = this.chosen.size === 0;
    if (this.chosen.size > 0)
      replace(
        this.bulk,
        el("span", { role: "status" }, `${this.chosen.size} chosen`),
        this.options.select([...this.chosen.values()]),
      );
  }

  // -- what is done with it -------------------------------------------------------------------------------

  onClick(event, row) {
    if (event.target.closest("a, button, input, label, select") || getSelection().toString()) return;
    this.open(row);
  }

  open(row) {
    if (this.options.link) location.hash = this.options.link(row).slice(1);
    else this.options.onOpen?.(row);
  }

  onKey(event, rows) {
    const line = event.target.closest("tr");
    const lines = [...line.parentElement.children];
    const at = lines.indexOf(line);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
    if (to !== undefined && event.target.closest("select, input:not([type=checkbox])") === null) {
      event.preventDefault();
      this.focusLine(lines, Math.max(0, Math.min(lines.length - 1, to)));
    } else if (event.target === line && event.key === "Enter") this.open(rows[at]);
    else if (event.target === line && event.key === " " && this.options.select) {
      event.preventDefault();
      line.querySelector("input.choose").click();
    }
  }

  focusLine(lines, to) {
    lines.forEach((each, index) => (each.tabIndex = index === to ? 0 : -1));
    lines[to].focus();
  }

  foot(page, shown) {
    const { next_cursor: next = null } = page.pagination ?? {};
    const first = this.earlier.length * this.options.limit + 1;
    const span = `${first.toLocaleString("en")}–${(first + shown - 1).toLocaleString("en")}`;
    const text = this.total === null ? span : `${span} of ${this.total.toLocaleString("en")}`;
    if (!next && this.earlier.length === 0) return el("div", { class: "foot" }, text);
    const back = el(
      "button",
      { type: "button", disabled: this.earlier.length === 0, onclick: () => this.turnBack() },
      "Previous",
    );
    const on = el("button", { type: "button", disabled: !next, onclick: () => this.turnOn(next) }, "Next");
    return el(
      "nav",
      { class: "foot", "aria-label": `Pages of ${this.options.label}` },
      text,
      el("span", { class: "actions" }, back, on),
    );
  }

  turnOn(cursor) {
    this.earlier.push(this.state.cursor);
    this.turnTo(cursor);
  }

  /** Back from a row, and a reload, lead to this part again. */
  turnTo(cursor) {
    this.state.cursor = cursor;
    if (this.options.keep) history.replaceState({ list: { earlier: this.earlier, cursor, total: this.total } }, "");
    return this.load();
  }

  turnBack() {
    this.turnTo(this.earlier.pop());
  }
}
