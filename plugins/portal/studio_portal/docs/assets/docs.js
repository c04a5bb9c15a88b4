// Search, theme and copying: the pages read well without any of it.

const root = document.currentScript.dataset.root;
const wide = matchMedia("(min-width: 48rem)");

document.querySelector(".contents details").open = wide.matches;
wide.addEventListener("change", (event) => {
  document.querySelector(".contents details").open = event.matches;
});
// Within its own box only: the page stays where it is.
const current = document.querySelector(".contents a[aria-current]");
if (current && wide.matches) {
  const box = document.querySelector(".contents");
  if (current.offsetTop > box.clientHeight * 0.8) box.scrollTop = current.offsetTop - box.clientHeight / 2;
}

// -- theme ------------------------------------------------------------------------------------------------

// The portal keeps the choice under the same name, so that both look alike.
const THEME = "studio.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const button = document.getElementById("docs--theme");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

function showTheme(chosen) {
  if (chosen) document.documentElement.dataset.theme = chosen;
  button.textContent = isDark() ? "Light" : "Dark";
  button.setAttribute("aria-label", isDark() ? "Light theme" : "Dark theme");
}

function kept() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null; // A browser may refuse storage, to files above all.
  }
}

button.hidden = false;
button.addEventListener("click", () => {
  const chosen = isDark() ? "light" : "dark";
  showTheme(chosen);
  try {
    localStorage.setItem(THEME, chosen);
  } catch {
    // The theme then holds for this page alone.
  }
});
dark.addEventListener("change", () => showTheme());
showTheme(["light", "dark"].includes(kept()) ? kept() : undefined);

// -- search -----------------------------------------------------------------------------------------------

const field = document.getElementById("docs--search");
const list = document.getElementById("docs--found");
const count = document.getElementById("docs--found-count");
const MOST = 12;
let chosenAt = -1;

function words(text) {
  return text.toLowerCase().split(/[^\p{L}\p{N}_.]+/u).filter(Boolean);
}

/** Rows of the index that have every word, best first: in the title, then in a heading, then in the summary. */
function matches(entries, query) {
  const wanted = words(query);
  const every = (text) => wanted.every((word) => text.includes(word));
  const some = (text) => wanted.some((word) => text.includes(word));
  const found = [];
  for (const [title, address, section, summary, heads] of entries) {
    const own = title.toLowerCase();
    if (every(own)) found.push({ rank: own.startsWith(wanted[0]) ? 0 : 1, shown: title, href: address, place: section });
    else if (every(`${own} ${summary.toLowerCase()}`)) found.push({ rank: 4, shown: title, href: address, place: section });
    for (const [head, anchor] of heads) {
      const text = head.toLowerCase();
      if (some(text) && every(`${text} ${own}`)) found.push({ rank: every(text) ? 2 : 3, shown: head, href: `${address}#${anchor}`, place: title });
    }
  }
  return found.sort((one, other) => one.rank - other.rank).slice(0, MOST);
}

function show(found, asked) {
  list.replaceChildren(
    ...found.map((each, at) => {
      const item = document.createElement("li");
      item.id = `docs--found-${at}`;
      item.setAttribute("role", "option");
      item.dataset.href = `${root}/${each.href}`;
      const place = document.createElement("small");
      place.textContent = each.place;
      item.append(each.shown, place);
      return item;
    }),
  );
  list.hidden = found.length === 0;
  field.setAttribute("aria-expanded", String(!list.hidden));
  count.textContent = asked ? `${found.length || "No"} page${found.length === 1 ? "" : "s"} found` : "";
  choose(found.length ? 0 : -1);
}

function choose(at) {
  chosenAt = at;
  [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
  if (at < 0) field.removeAttribute("aria-activedescendant");
  else field.setAttribute("aria-activedescendant", `docs--found-${at}`);
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function go(item) {
  if (!item) return;
  show([], false);
  field.value = "";
  location.href = item.dataset.href;
}

field.addEventListener("input", () => {
  const asked = field.value.trim();
  show(asked ? matches(globalThis.studioDocs, asked) : [], asked !== "");
});
field.addEventListener("keydown", (event) => {
  const last = list.children.length - 1;
  if (event.key === "ArrowDown") choose(Math.min(chosenAt + 1, last));
  else if (event.key === "ArrowUp") choose(Math.max(chosenAt - 1, last < 0 ? -1 : 0));
  else if (event.key === "Enter") go(list.children[chosenAt]);
  else if (event.key === "Escape") show([], false);
  else return;
  event.preventDefault();
});
field.addEventListener("blur", () => setTimeout(() => show([], false), 150));
list.addEventListener("mousedown", (event) => go(event.target.closest("li")));
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    field.focus();
  }
});

// -- copying ----------------------------------------------------------------------------------------------

for (const block of navigator.clipboard ? document.querySelectorAll("pre.code") : []) {
  const around = document.createElement("div");
  around.className = "copied";
  const copy = document.createElement("button");
  copy.type = "button";
  copy.textContent = "Copy";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  block.replaceWith(around);
  around.append(block, copy);
}
