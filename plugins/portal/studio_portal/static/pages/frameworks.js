import { card, empty, heading } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { tabLinks } from "../components/tabs.js";
import { href } from "../shell/router.js";
import { localRows } from "./local-rows.js";

const LEAD = "What the installed frameworks ask for, and how they answer to each other.";
const PARTS = {
  "/frameworks/compare": async (context) => [
    head(context),
    await (await import("./framework-compare.js")).compare(context),
  ],
  "/frameworks/projection": async (context) => [
    head(context),
    await (await import("./framework-projection.js")).projection(context),
  ],
  "/frameworks/import": async (context) => [
    head(context),
    context.session.may("compliance:frameworks")
      ? (await import("./framework-import.js")).importer(context)
      : card("", empty("Administrators import frameworks", "Give the definition to one of them.")),
  ],
  "/frameworks/:framework": async (context) => (await import("./framework.js")).framework(context),
  "/controls/:control": async (context) => (await import("./framework-control.js")).control(context),
};

/** Frameworks: a list, one of them, a control, two compared, and what evidence would count for in another. */
export async function render(context) {
  const part = PARTS[context.route] ?? (async () => [head(context), await list(context)]);
  return part(context);
}

function head({ route, session }) {
  const tabs = [
    ["All", "/frameworks"],
    ["Compare", "/frameworks/compare"],
    session.may("compliance:score") && ["Projection", "/frameworks/projection"],
    session.may("compliance:frameworks") && ["Import", "/frameworks/import"],
  ];
  const links = tabs.filter(Boolean).map(([text, path]) => [text, href(path), path === route]);
  return [heading("Frameworks", { lead: LEAD }), tabLinks("Parts of frameworks", links)];
}

async function list({ api }) {
  const { frameworks } = await api.compliance.frameworks();
  if (frameworks.length === 0)
    return card("", empty("No frameworks", "A plugin brings them, or an administrator imports one."));
  return dataTable({
    label: "Frameworks",
    search: "Search frameworks",
    load: localRows(frameworks, (each) => `${each.name} ${each.id} ${each.publisher} ${each.description}`),
    link: (each) => href(`/frameworks/${each.id}`),
    columns: [
      { label: "Framework", wide: true, cell: (each) => each.name },
      { label: "Version", cell: (each) => each.version || "–" },
      { label: "Publisher", cell: (each) => each.publisher || "–" },
      { label: "Categories", number: true, cell: (each) => String(each.categories.length) },
      { label: "Controls", number: true, cell: (each) => String(each.controls.length) },
    ],
  });
}
