import { form } from "../components/form.js";
import { card, note } from "../components/states.js";
import { el, replace } from "../shell/dom.js";
import { draftView } from "./assistant-draft.js";

/** Draft a policy from a template, look at it, and make a document or evidence of it. */
export async function policies(context) {
  const { api, query, session } = context;
  const [{ policies: kinds }, { frameworks }, { providers }] = await Promise.all([
    api.ai.policies.kinds(),
    api.compliance.frameworks(),
    api.ai.providers(),
  ]);
  const titles = new Map(providers.map((each) => [each.id, each.title]));
  const named = providers.filter((each) => !each.needs_network || session.may("ai:choose", ""));
  const result = el("div", { "aria-live": "polite" });
  const summary = el("p", { class: "help" });
  const tell = (id) => replace(summary, kinds.find((each) => each.id === id)?.summary ?? "");
  const first = query.type ?? kinds[0]?.id;
  tell(first);
  const element = form({
    submit: "Draft",
    fields: [
      {
        name: "type",
        label: "Policy",
        type: "select",
        value: first,
        options: kinds.map((each) => [each.id, each.title]),
        onchange: (event) => tell(event.target.value),
      },
      {
        name: "company_name",
        label: "Company",
        required: true,
        value: query.company_name,
        autocomplete: "organization",
      },
      {
        name: "framework",
        label: "Framework",
        type: "select",
        value: query.framework ?? "",
        options: [["", "None in particular"], ...frameworks.map((each) => [each.id, each.name])],
      },
      {
        name: "industry",
        label: "Industry",
        value: query.industry,
        help: "Words the draft for it, such as healthcare or fintech.",
      },
      named.length > 1 && {
        name: "provider",
        label: "Written by",
        type: "select",
        options: [["", "The usual provider"], ...named.map((each) => [each.id, each.title])],
      },
    ],
    onSubmit: async (values) => {
      const wanted = { ...values, ...(query.control && { control_id: query.control }) };
      const draft = await api.ai.generatePolicy(wanted);
      replace(
        result,
        el(
          "section",
          { class: "card" },
          draftView(context, draft, { project: query.project, control: query.control, titles }),
        ),
      );
      result.scrollIntoView({ block: "nearest" });
    },
  });
  element.querySelector(".field").append(summary);
  return el(
    "div",
    { class: "stack" },
    card(
      "Draft a policy",
      el(
        "div",
        { class: "stack" },
        note("A draft is a beginning: finish it, approve it, and then keep it as evidence."),
        element,
      ),
    ),
    result,
  );
}
