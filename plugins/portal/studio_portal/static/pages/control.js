import { form } from "../components/form.js";
import { badge, card, empty, facts, note } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { dateText, timeText, words } from "../shell/format.js";
import { href } from "../shell/router.js";
import { decisionFields, decisionOf, ownerField } from "./control-forms.js";
import { projectFrame } from "./project-frame.js";
import { uploader } from "./uploader.js";

/** One control: what it wants, what shows that it works, who answers for it, and what else it maps to. */
export async function render(context) {
  const { api, params } = context;
  const control = await api.projects.controls.read(params.project, params.control);
  const frame = await projectFrame(context, "controls", { title: `${control.number} ${control.title}` });
  const { project, may, see, nameOf, head } = frame;
  const [evidence, mappings] = await Promise.all([
    see("evidence:read") && api.evidence.list({ project_id: project.id, control_id: control.id, limit: 100 }),
    see("compliance:read") && api.compliance.mappings({ control_id: control.id }).catch(() => null),
  ]);
  return [
    head,
    el(
      "div",
      { class: "cards wide-first" },
      el(
        "div",
        { class: "stack" },
        aboutCard(control, nameOf),
        evidence && evidenceCard(context, frame, control, evidence),
      ),
      el(
        "div",
        { class: "stack" },
        may("projects:controls") && workCard(context, frame, control),
        mappings && mappingsCard(control, mappings),
        waysOn(context, project, control),
      ),
    ),
  ];
}

/** Where more is known about it. */
function waysOn({ session }, project, control) {
  const way = (permission, text, to) => session.may(permission) && el("a", { class: "button small", href: to }, text);
  return el(
    "div",
    { class: "actions" },
    way("compliance:graph", "Graph", href(`/graph/${control.id}`)),
    way("ai:use", "Ask the assistant", href("/assistant", { project: project.id, control: control.id })),
  );
}

function aboutCard(control, nameOf) {
  const wanted = control.expected_evidence.map((each) =>
    el(
      "li",
      {},
      el(
        "span",
        {},
        el("strong", {}, each.title),
        each.description && el("div", { class: "muted wrap" }, each.description),
      ),
    ),
  );
  return card(
    "What it asks for",
    el("p", {}, control.description),
    facts([
      ["Status", [badge(control.status), control.override && " by hand"]],
      ["Priority", badge(control.priority)],
      ["Category", words(control.category)],
      ["Renewed every", control.renewal_days ? `${control.renewal_days} days` : null],
      ["Owner", nameOf(control.owner_id)],
      ["Due", control.due_date ? dateText(control.due_date) : null],
    ]),
    control.override &&
      note(
        `${nameOf(control.override.by)} set this to “${words(control.override.status)}” on ${timeText(control.override.at)}: ${control.override.reason}`,
      ),
    !control.applicable &&
      note(`Not applicable, says ${nameOf(control.not_applicable_by)}: ${control.not_applicable_reason}`),
    wanted.length > 0 && [el("h3", {}, "Evidence it expects"), el("ul", { class: "lines" }, wanted)],
  );
}

function evidenceCard(context, { project, may }, control, evidence) {
  const items = [...evidence].map((each) =>
    el(
      "li",
      {},
      el(
        "span",
        {},
        el("a", { href: href(`/evidence/${each.id}`) }, each.title),
        el("div", { class: "muted" }, `${each.file_name || words(each.kind)} · quality ${each.quality_score}`),
      ),
      badge(each.status),
    ),
  );
  const none = empty(
    "No evidence yet",
    may("evidence:upload")
      ? "Drop a file below: it is linked to this control at once."
      : "Somebody of the team has to upload some.",
  );
  return card(
    "Evidence",
    items.length ? el("ul", { class: "lines" }, items) : none,
    may("evidence:upload") && uploader(context, { project, control, done: context.refresh }),
  );
}

function workCard(context, { project, nameOf }, control) {
  const { api, refresh } = context;
  const save = async (changes) => {
    await api.projects.controls.update(project.id, control.id, changes);
    toast("Saved");
    refresh();
  };
  const work = form({
    fields: [
      ownerField(project, nameOf, control.owner_id),
      { name: "due_date", label: "Due", type: "date", value: control.due_date },
    ],
    keepEmpty: true,
    submit: "Assign",
    onSubmit: (values) => save({ owner_id: values.owner_id || null, due_date: values.due_date || null }),
  });
  const decision = form({
    fields: decisionFields(control),
    keepEmpty: true,
    submit: "Decide",
    onSubmit: (values) => save(decisionOf(values)),
  });
  return el("div", { class: "stack" }, card("Who and when", work), card("Decision", decision));
}

function mappingsCard(control, { mappings }) {
  const items = mappings.map((each) => {
    const other = each.from.control_id === control.id ? each.to : each.from;
    return el(
      "li",
      {},
      el("span", {}, el("strong", {}, `${other.framework} ${other.number}`), ` ${other.title ?? ""}`),
      el("span", { class: "muted" }, `${each.relation}, counts ${each.counts === "full" ? "in full" : "in part"}`),
    );
  });
  const via = control.via.map((each) =>
    el(
      "li",
      {},
      `Gets from ${each.framework} ${each.number}`,
      el("span", { class: "muted" }, each.counts === "full" ? "in full" : "in part"),
    ),
  );
  return card(
    "Mappings",
    items.length + via.length
      ? el("ul", { class: "lines stacked-lines" }, via, items)
      : empty("None known", "No installed mapping names this control."),
  );
}
