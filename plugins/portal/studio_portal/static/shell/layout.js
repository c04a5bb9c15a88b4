import { iconOf } from "../components/icons.js";
import { heading, loading, problem } from "../components/states.js";
import { showShortcuts } from "../components/shortcuts.js";
import { toast, toastRegion } from "../components/toast.js";
import { APIError, Unauthorized } from "../sdk/index.js";
import { el, replace } from "./dom.js";
import { href, match, place } from "./router.js";
import { Session } from "./session.js";
import { THEMES, setTheme, theme } from "./theme.js";

const main = el("main", { id: "content", tabindex: "-1" });
const frame = { areas: [], session: null, turn: 0, leaving: null, shown: "" };

/** Build the page around the pages, and show what the address names. */
export async function start() {
  setTheme(theme());
  document.body.append(main, toastRegion());
  replace(main, loading("Starting"));
  try {
    const manifest = await (await fetch(new URL("../manifest.json", import.meta.url))).json();
    frame.areas = manifest.areas;
    frame.session = new Session(manifest.permissions);
    await frame.session.resume();
  } catch (error) {
    replace(
      main,
      problem(error, () => location.reload()),
    );
    return;
  }
  addEventListener("hashchange", show);
  addEventListener("keydown", onKey);
  drawFrame();
  await show();
}

// -- what stays while pages come and go --------------------------------------------------------------------

function drawFrame() {
  const skip = el("a", { href: "#content", class: "skip", onclick: skipToContent }, "Skip to the content");
  document.body.replaceChildren(skip, topBar(), el("div", { class: "columns" }, sidebar(), main), toastRegion());
}

function skipToContent(event) {
  event.preventDefault();
  main.focus();
}

function topBar() {
  const menu = el(
    "button",
    { type: "button", class: "menu plain", "aria-expanded": "false", "aria-controls": "sidebar", onclick: toggleMenu },
    iconOf("menu"),
    el("span", { class: "hidden" }, "Menu"),
  );
  const home = el("a", { href: "#/", class: "brand" }, iconOf("brand"), "Studio");
  return el("header", { class: "top" }, menu, home, el("div", { class: "top-end" }, themeChoice(), account()));
}

function themeChoice() {
  const options = THEMES.map((name) =>
    el("option", { value: name, selected: name === theme() }, name[0].toUpperCase() + name.slice(1)),
  );
  const choose = (event) => setTheme(event.target.value);
  return el(
    "label",
    { class: "theme" },
    el("span", { class: "hidden" }, "Colours"),
    el("select", { onchange: choose }, options),
  );
}

function account() {
  const { user } = frame.session;
  if (!user) return el("a", { class: "button", href: href("/login", { next: place().text }) }, "Log in");
  const leave = el("button", { type: "button", class: "plain", onclick: logOut }, "Log out");
  return el(
    "div",
    { class: "account" },
    el("a", { class: "who", href: href("/account"), title: user.email }, user.name || user.email),
    leave,
  );
}

async function logOut() {
  try {
    await frame.session.logout();
  } catch (error) {
    // Signed out here all the same; the platform forgets the session by its own time.
    if (!(error instanceof APIError)) toast("The platform could not be told, but this tab is signed out.", "warning");
  }
  location.hash = "#/login";
  drawFrame();
  await show();
}

function sidebar() {
  const groups = new Map();
  for (const area of frame.areas.filter(mayShow).sort((a, b) => a.nav.order - b.nav.order)) {
    groups.set(area.nav.group, [...(groups.get(area.nav.group) ?? []), area]);
  }
  const lists = [...groups].map(([group, areas]) => [
    el("h2", {}, group),
    el(
      "ul",
      {},
      areas.map((area) => el("li", {}, navLink(area))),
    ),
  ]);
  return el("nav", { id: "sidebar", "aria-label": "Main" }, lists);
}

function mayShow(area) {
  if (!area.nav) return false;
  if (area.audience === "signed-in" && !frame.session.signedIn) return false;
  return frame.session.may(area.permission) || (area.audience === "everybody" && !area.permission);
}

function navLink(area) {
  return el("a", { href: href(area.nav.to || area.routes[0]) }, iconOf(area.nav.icon), area.nav.label);
}

/** The name may have changed. */
function tellWho() {
  const { user } = frame.session;
  const shown = document.querySelector(".who");
  if (user && shown) shown.textContent = user.name || user.email;
}

/** Mark the line of the navigation whose address begins the one shown. */
function markCurrent(path) {
  for (const link of document.querySelectorAll("#sidebar a")) {
    const own = link.hash.slice(1);
    if (path === own || path.startsWith(`${own}/`)) link.setAttribute("aria-current", path === own ? "page" : "true");
    else link.removeAttribute("aria-current");
  }
}

function toggleMenu() {
  openMenu(!document.body.classList.contains("menu-open"));
}

function openMenu(open) {
  document.body.classList.toggle("menu-open", open);
  document.querySelector(".menu")?.setAttribute("aria-expanded", String(open));
}

// -- pages -------------------------------------------------------------------------------------------------

/** Show the page of the address again, such as after a change. */
export function refresh() {
  return show();
}

async function show() {
  const turn = (frame.turn += 1);
  const { path, query, text } = place();
  const moved = frame.shown !== "" && frame.shown !== path;
  frame.leaving?.abort();
  frame.leaving = new AbortController();
  openMenu(false);
  const { signal } = frame.leaving;
  const found = match(frame.areas, path === "/" ? home() : path);
  const waiting = setTimeout(() => turn === frame.turn && replace(main, loading()), frame.shown === path ? 400 : 120);
  let content;
  try {
    content = await pageOf(found, { path, query, text, signal });
  } catch (error) {
    if (signal.aborted) return;
    content = await failed(error, { path, query, text, signal });
  } finally {
    clearTimeout(waiting);
  }
  if (turn !== frame.turn) return;
  frame.shown = path;
  markCurrent(path === "/" ? home() : path);
  tellWho();
  replace(main, content);
  main.dataset.page = path;
  settle(moved);
}

function home() {
  const first = frame.areas.filter(mayShow).sort((a, b) => a.nav.order - b.nav.order)[0];
  return first ? first.nav.to || first.routes[0] : "/login";
}

async function pageOf(found, { path, query, text, signal }) {
  const { session } = frame;
  if (path === "/login" || (path === "/" && !session.signedIn)) return loginPage(query.next ?? "/");
  if (found === null) return [heading("There is no such page"), el("p", {}, el("a", { href: "#/" }, "To the start"))];
  if (found.area.audience === "signed-in" && !session.signedIn) return loginPage(text);
  if (session.signedIn && !session.may(found.area.permission)) {
    return [
      heading(found.area.title),
      el("p", {}, "Your role doesn't include this page. An administrator can change that."),
    ];
  }
  const [module] = await Promise.all([load(found.area.module), style(found.area.style)]);
  const context = { params: found.params, route: found.route, path, query, session, api: session.api, signal, refresh };
  return module.render(context);
}

async function load(module) {
  try {
    return await import(new URL(`../${module}`, import.meta.url));
  } catch (error) {
    // NOTE: after an upgrade the files of this version are gone.
    throw new Error("This page could not be loaded. The platform may have been upgraded: load the portal again.", {
      cause: error,
    });
  }
}

/** The rules of an area's own, once. */
function style(file) {
  const address = file && new URL(`../${file}`, import.meta.url).href;
  if (!file || [...document.styleSheets].some((sheet) => sheet.href === address)) return null;
  return new Promise((resolve) => {
    document.head.append(el("link", { rel: "stylesheet", href: address, onload: resolve, onerror: resolve }));
  });
}

async function failed(error, { text }) {
  if (error instanceof Unauthorized && frame.session.signedIn) {
    frame.session.forget();
    drawFrame();
    return loginPage(text, "Your session has ended. Log in again to go on.");
  }
  if (!(error instanceof APIError)) console.warn(error);
  return problem(error, refresh);
}

async function loginPage(next, notice = "") {
  const { render } = await import("./login.js");
  return render(frame.session, notice, () => {
    drawFrame();
    const temporary = frame.session.user.temporary_until;
    const wanted = temporary ? "/account" : next.startsWith("/login") ? "/" : next;
    if (place().text === wanted) show();
    else location.hash = `#${wanted}`;
  });
}

/** Tell the title, and put the focus where reading goes on. */
function settle(moved) {
  const title = main.querySelector("h1");
  document.title = `${title?.textContent ?? "Portal"} · Studio`;
  main.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  if (!moved) return;
  scrollTo(0, 0);
  title?.setAttribute("tabindex", "-1");
  title?.focus({ preventScroll: true });
}

// -- keys --------------------------------------------------------------------------------------------------

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") openMenu(false);
  if (event.target.closest("input, textarea, select")) return;
  if (event.key === "?") showShortcuts();
  const search = event.key === "/" ? main.querySelector("input[type=search]") : null;
  if (search) {
    event.preventDefault();
    search.focus();
  }
}
