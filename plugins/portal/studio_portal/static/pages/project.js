import { meter, scoreRing, stackedBar } from "../components/charts.js";
import { form } from "../components/form.js";
import { confirm, openDialog } from "../components/dialog.js";
import { badge, card, empty, errorText } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { agoText, count, dateText, words } from "../shell/format.js";
import { go, href } from "../shell/router.js";
import { activityLine } from "./activity-lines.js";
import { projectFrame } from "./project-frame.js";
import { frameworksCard } from "./project-frameworks.js";
import { trendCard } from "./trend.js";

const SHOWN = 6;

/** How a project stands, why, and what would help most. */
export async function render(context) {
  const { api } = context;
  const frame = await projectFrame(context, "overview", {
    // An archived project too: its status is changed here, and it can be deleted.
    actions: (may, project, see) => [
      see("projects:update") && editButton(context, project),
      see("projects:delete") && deleteButton(context, project),
    ],
  });
  const { project, base, see } = frame;
  const scored = see("compliance:score");
  const [score, gaps, activity, { frameworks }] = await Promise.all([
    scored && api.compliance.score({ project_id: project.id, explain: true }),
    scored && api.compliance.gaps({ project_id: project.id }),
    api.projects.activity(project.id, { limit: SHOWN }),
    api.projects.frameworks.list(project.id),
  ]);
  return [
    frame.head,
    score && el("div", { class: "cards wide-first" }, scoreCard(score), raiseCard(score, base)),
    scored && el("div", { class: "cards wide-first" }, trendCard(api, project.id), stateCard(score)),
    el(
      "div",
      { class: "cards" },
      gaps && gapsCard(gaps, base),
      score && categoriesCard(score),
      milestonesCard(project, base),
      frameworksCard(context, frame, frameworks),
      activityCard(activity, frame),
    ),
  ];
}

// -- the score ---------------------------------------------------------------------------------------------

function scoreCard(score) {
  const head = ["Part", "Value", "Weight", "Adds"].map((text, at) =>
    el("th", { scope: "col", class: at > 1 && "number" }, text),
  );
  const rows = score.explanation.parts.map((part) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, words(part.name), el("div", { class: "muted" }, because(part))),
      el("td", {}, meter(part.value, words(part.name), { unit: "" })),
      el("td", { class: "number" }, `× ${part.weight}`),
      el("td", { class: "number" }, el("strong", {}, part.contribution.toFixed(1))),
    ),
  );
  const parts = el(
    "table",
    { class: "parts" },
    el("caption", { class: "hidden" }, "Parts of the score"),
    el("thead", {}, el("tr", {}, head)),
    el("tbody", {}, rows),
  );
  return card(
    "Compliance score",
    el(
      "div",
      { class: "score" },
      scoreRing(score.overall_score, score.band, { label: "Compliance score" }),
      el("div", { class: "scroll" }, parts),
    ),
  );
}

/** What a part rests on, in words. */
function because({ name, inputs }) {
  if (name === "coverage")
    return `${inputs.complete} of ${inputs.applicable_controls} controls complete, ${inputs.in_progress} in progress`;
  if (name === "evidence_quality")
    return inputs.has_evidence
      ? `mean of ${count(inputs.current_pieces, "current piece")}`
      : "no approved, current evidence yet";
  if (name === "risk") return `${count(inputs.gaps, "gap")}, weighed by severity`;
  return inputs.with_due_date
    ? `${inputs.overdue} of ${inputs.with_due_date} with a due date overdue`
    : "nothing has a due date";
}

const DOING = {
  provide_evidence: "Provide evidence for",
  approve_evidence: "Have reviewed",
  renew_evidence: "Renew",
  improve_evidence: "Improve",
  change_override: "Look again at the override of",
  complete_milestone: "Complete",
};

function raiseCard(score, base) {
  const items = score.explanation.changes
    .slice(0, SHOWN)
    .map((change) =>
      el(
        "li",
        {},
        el("span", {}, `${DOING[change.kind]} `, changeLink(change, base)),
        el("span", { class: "gain" }, `+${change.gain.toFixed(1)}`),
      ),
    );
  const none = empty("Nothing left to raise", "Keep evidence current, and the score stays.");
  return card("What would raise it most", items.length ? el("ol", { class: "lines" }, items) : none);
}

function changeLink({ kind, id, title, control }, base) {
  const text = control ? `${control.number} ${title}` : title;
  if (kind === "complete_milestone") return el("a", { href: href(`${base}/milestones`) }, title);
  if (id.startsWith("ev_")) return el("a", { href: href(`/evidence/${id}`) }, text);
  return el("a", { href: href(`${base}/controls/${control?.control_id ?? id}`) }, text);
}

function stateCard(score) {
  const { control_coverage: controls, evidence_quality: quality, freshness } = score;
  return el(
    "section",
    { class: "card stack" },
    el("h2", {}, "Where it stands"),
    stackedBar(
      [
        ["Complete", controls.complete, "good"],
        ["In progress", controls.in_progress, "fair"],
        ["Not started", controls.not_started, "plain"],
      ],
      "Controls",
    ),
    stackedBar(
      [
        ["High quality", quality.high_quality, "good"],
        ["Good", quality.good_quality, "fair"],
        ["Needs work", quality.needs_improvement, "warn"],
      ],
      "Evidence",
    ),
    stackedBar(
      [
        ["Current", freshness.current - freshness.expiring_in_30_days, "good"],
        ["Expiring in 30 days", freshness.expiring_in_30_days, "warn"],
        ["Expired", freshness.expired, "bad"],
      ],
      "Approved evidence",
    ),
  );
}

function categoriesCard(score) {
  const rows = Object.entries(score.framework_scores).map(([name, value]) =>
    el("li", {}, el("span", {}, words(name)), meter(value, words(name), { unit: "" })),
  );
  return rows.length > 0 && card("By category", el("ul", { class: "lines" }, rows));
}

// -- the rest ----------------------------------------------------------------------------------------------

function gapsCard({ gaps, summary }, base) {
  if (summary.total === 0) return card("Gaps", empty("No gaps", "Every applicable control is complete."));
  const items = gaps
    .slice(0, SHOWN)
    .map((gap) =>
      el(
        "li",
        {},
        el("a", { href: href(`${base}/controls/${gap.control_id}`) }, `${gap.number} ${gap.title}`),
        badge(gap.severity),
      ),
    );
  const bar = stackedBar(
    [
      ["Critical", summary.critical, "bad"],
      ["Moderate", summary.moderate, "warn"],
      ["Minor", summary.minor, "plain"],
    ],
    "Gaps",
    { named: false },
  );
  return card(
    "Gaps",
    bar,
    el("ul", { class: "lines" }, items),
    el(
      "p",
      {},
      el("a", { href: href(`${base}/controls`, { status: "not_started" }) }, "All controls that are not started"),
    ),
  );
}

function milestonesCard(project, base) {
  const open = project.milestones.filter((each) => each.status !== "completed").slice(0, SHOWN);
  const items = open.map((each) =>
    el(
      "li",
      {},
      el("span", {}, each.name, el("div", { class: "muted" }, dateText(each.due_date))),
      badge(each.overdue ? "overdue" : each.status),
    ),
  );
  const link = el("a", { href: href(`${base}/milestones`) }, "All milestones");
  return card(
    "Milestones",
    items.length
      ? el("ul", { class: "lines" }, items)
      : empty("No milestone is open", "Milestones tell the team what is due when."),
    el("p", {}, link),
  );
}

function activityCard(activity, { nameOf, base }) {
  const items = [...activity].map((each) =>
    el("li", {}, el("span", {}, activityLine(each, nameOf)), el("span", { class: "muted" }, agoText(each.occurred_at))),
  );
  return card(
    "Lately",
    el("ul", { class: "lines" }, items),
    el("p", {}, el("a", { href: href(`${base}/activity`) }, "All activity")),
  );
}

function deleteButton({ api }, project) {
  const remove = async () => {
    const text = `“${project.name}” will be gone for good, with its controls, evidence, files and history of the score.`;
    if (!(await confirm("Delete the project?", text))) return;
    try {
      toast(await api.projects.delete(project.id));
      go("/projects");
    } catch (error) {
      toast(errorText(error), "error");
    }
  };
  return el("button", { type: "button", class: "danger", onclick: remove }, "Delete");
}

function editButton({ api, refresh }, project) {
  const edit = () =>
    openDialog({
      title: "Edit project",
      build: (close) =>
        form({
          fields: [
            { name: "name", label: "Name", required: true, value: project.name },
            { name: "description", label: "Description", type: "textarea", value: project.description },
            {
              name: "status",
              label: "Status",
              type: "select",
              options: ["active", "inactive", "archived"].map((each) => [each, words(each)]),
              value: project.status,
              help: "An archived project can only be read, until its status is another.",
            },
          ],
          keepEmpty: true,
          onSubmit: async (values) => {
            await api.projects.update(project.id, values);
            close();
            toast("Saved");
            refresh();
          },
          cancel: () => close(),
        }),
    });
  return el("button", { type: "button", onclick: edit }, "Edit");
}
