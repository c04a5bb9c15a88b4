import { confirm, openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { badge, card, errorText } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { count, versioned } from "../shell/format.js";
import { href } from "../shell/router.js";

/** What a project is assessed against: further frameworks come and go, another can become the primary one. */
export function frameworksCard(context, { project, may, see, base }, attached) {
  const { api, refresh } = context;
  const changes = may("projects:update");
  const change = async (act, text) => {
    try {
      await act();
      toast(text);
    } catch (error) {
      toast(errorText(error), "error");
    }
    refresh();
  };
  const button = (text, label, act, kind = "") =>
    el("button", { type: "button", class: ["small", kind], "aria-label": label, onclick: act }, text);
  const buttons = (each) =>
    changes &&
    !each.primary &&
    el(
      "span",
      { class: "actions" },
      button("Make primary", `Make ${each.name} the primary framework`, () =>
        change(() => api.projects.update(project.id, { framework: each.id }), `${each.name} is the primary framework`),
      ),
      button("Detach", `Detach ${each.name}`, () => detach(context, project, each), "danger"),
    );
  const items = attached.map((each) =>
    el(
      "li",
      {},
      el(
        "span",
        {},
        see("compliance:read") ? el("a", { href: href(`/frameworks/${each.id}`) }, each.name) : each.name,
        el(
          "div",
          { class: "muted" },
          el("a", { href: href(`${base}/controls`, { framework: each.id }) }, count(each.controls, "control")),
        ),
      ),
      each.primary ? badge("active", "primary") : buttons(each),
    ),
  );
  const add = changes && el("p", {}, el("button", { type: "button", onclick: () => attach(context, project, attached) }, "Attach a framework"));
  return card("Frameworks", el("ul", { class: "lines" }, items), add);
}

async function attach({ api, session, refresh }, project, attached) {
  const here = new Set(attached.map((each) => each.id));
  const choice = session.may("compliance:read") ? { type: "select", options: await others(api, here) } : { placeholder: "iso27001" };
  if (choice.options?.length === 0) return toast("Every installed framework is attached already.", "info");
  return openDialog({
    title: "Attach a framework",
    build: (close) =>
      form({
        fields: [
          {
            name: "framework",
            label: "Framework",
            required: true,
            ...choice,
            help: "Its controls appear in the project; evidence that is here counts for them wherever a mapping leads.",
          },
        ],
        submit: "Attach",
        cancel: () => close(),
        onSubmit: async (values) => {
          const made = await api.projects.frameworks.attach(project.id, values);
          close();
          toast(`${made.name} is attached: ${count(made.controls, "control")}`);
          refresh();
        },
      }),
  });
}

async function others(api, here) {
  const { frameworks } = await api.compliance.frameworks();
  return frameworks.filter((each) => !here.has(each.id)).map((each) => [each.id, versioned(each)]);
}

/** Asked once more where people decided something about its controls. */
async function detach({ api, refresh }, project, { id, name, controls }) {
  const gone = `${count(controls, "control")} of ${name} will leave the project.`;
  if (!(await confirm("Detach the framework?", gone, { yes: "Detach" }))) return;
  try {
    await api.projects.frameworks.detach(project.id, id).catch(async (error) => {
      const decided = error.details?.controls_with_decisions;
      if (!decided) throw error;
      const text = `Owners, dates or decisions of ${count(decided, "control")} would be given up with it.`;
      if (await confirm("Give up what was decided?", text, { yes: "Detach all the same" }))
        await api.projects.frameworks.detach(project.id, id, { discard: true });
    });
  } catch (error) {
    toast(errorText(error), "error");
  }
  refresh();
}
