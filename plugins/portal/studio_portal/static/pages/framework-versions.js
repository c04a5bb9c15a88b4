import { confirm, openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { badge, card, errorText, facts, loading, note } from "../components/states.js";
import { toast } from "../components/toast.js";
import { APIError } from "../sdk/index.js";
import { el, replace } from "../shell/dom.js";
import { count, timeText, words } from "../shell/format.js";
import { go } from "../shell/router.js";
import { columnsField, contentOf, fileChoice } from "./framework-import.js";

/** Versions of an imported framework, loaded when they are asked for: upgrade, rollback, removal. */
export function versionsCard(context, framework) {
  const place = el("div", { class: "stack" });
  const look = async () => {
    if (!details.open || place.firstChild) return;
    replace(place, loading());
    replace(place, await shown(context, framework));
  };
  const details = el("details", { ontoggle: look }, el("summary", {}, "Versions, upgrade and removal"), place);
  return card("", details);
}

async function shown(context, framework) {
  const { api } = context;
  try {
    const { versions } = await api.compliance.frameworks.versions(framework.id);
    return [
      list(versions),
      fileChoice("Drop a new version here, or choose it", ([file]) => upgradeDialog(context, framework, file)),
      buttons(context, framework, versions),
    ];
  } catch (error) {
    return note(errorText(error), error instanceof APIError && error.status === 409 ? "info" : "error");
  }
}

function list(versions) {
  const items = versions.map((each) =>
    el(
      "li",
      {},
      el("span", {}, el("strong", {}, each.version), " ", each.current && badge("active", "current")),
      el(
        "span",
        { class: "muted" },
        `${count(each.controls, "control")}, ${each.format}, ${timeText(each.imported_at)}`,
      ),
    ),
  );
  return el("ul", { class: "pairs" }, items);
}

function buttons({ api, refresh }, framework, versions) {
  const back = async () => {
    const plan = await api.compliance.frameworks.rollback(framework.id, { preview: true });
    const yes = await openDialog({
      title: "Go back to the version before",
      wide: true,
      body: planned(plan),
      actions: [
        ["Cancel", false],
        ["Go back", true, "danger"],
      ],
    });
    if (!yes) return;
    await api.compliance.frameworks.rollback(framework.id);
    toast("The version before counts again");
    refresh();
  };
  const remove = async () => {
    if (
      !(await confirm("Remove the framework", `“${framework.name}” will be gone with all its versions.`, {
        yes: "Remove",
      }))
    )
      return;
    await api.compliance.frameworks.delete(framework.id);
    toast("Removed");
    go("/frameworks");
  };
  const safely = (act) => () => act().catch((error) => toast(errorText(error), "error"));
  return el(
    "div",
    { class: "actions" },
    versions.length > 1 && el("button", { type: "button", onclick: safely(back) }, "Roll back …"),
    el("button", { type: "button", class: "danger", onclick: safely(remove) }, "Remove"),
  );
}

/** First what would change; applied only then. */
function upgradeDialog({ api, refresh }, framework, file) {
  const csv = file.name.endsWith(".csv");
  const plan = el("div", { class: "stack" });
  return openDialog({
    title: `Upgrade ${framework.name}`,
    wide: true,
    build: (close) => {
      const apply = async (values) => {
        await api.compliance.frameworks.upgrade(framework.id, { ...values, ...contentOf(file) });
        close();
        toast("Upgraded");
        refresh();
      };
      const preview = async (values) => {
        const found = await api.compliance.frameworks.upgrade(framework.id, {
          ...values,
          ...contentOf(file),
          preview: true,
        });
        const go = el(
          "button",
          {
            type: "button",
            class: "primary",
            onclick: () => apply(values).catch((error) => replace(plan, note(errorText(error), "error"))),
          },
          "Apply in all projects",
        );
        replace(plan, planned(found), el("div", { class: "actions" }, go));
      };
      const fields = [
        csv && { name: "name", label: "Name", required: true, value: framework.name },
        { name: "version", label: "Version", required: csv, help: "In place of the one in the file." },
        csv && columnsField(),
        {
          name: "by_likeness",
          label: "Take controls that read alike for renumbered ones",
          type: "checkbox",
          value: true,
        },
      ];
      return el(
        "div",
        { class: "stack" },
        form({ fields, submit: "Show what changes", onSubmit: preview, cancel: () => close() }),
        plan,
      );
    },
  });
}

/** What an upgrade or rollback changes. */
function planned({ from_version: from, to_version: to, summary, changes, projects }) {
  const numbers = Object.entries(summary)
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => [words(kind), String(number)]);
  const lines = changes.map((each) =>
    el(
      "li",
      {},
      el(
        "span",
        {},
        badge(each.kind === "removed" ? "rejected" : "pending", words(each.kind)),
        ` ${[each.before.join(", "), each.after.join(", ")].filter(Boolean).join(" → ")} ${each.title}`,
      ),
      el("span", { class: "muted" }, each.fields.join(", ")),
    ),
  );
  return el(
    "div",
    { class: "stack" },
    el("h3", {}, `From ${from} to ${to}`),
    el("div", {}, facts(numbers)),
    el(
      "p",
      {},
      projects.following
        ? `${count(projects.following, "project")} ${projects.following === 1 ? "follows" : "follow"}: ${projects.names.join(", ")}.`
        : "No active project uses it.",
    ),
    lines.length > 0 && el("ul", { class: "pairs" }, lines),
  );
}
