import { form } from "../components/form.js";
import { badge, card, empty, note } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { agoText } from "../shell/format.js";

const DECISIONS = [
  ["approve", "Approve"],
  ["request_changes", "Ask for changes"],
  ["reject", "Reject"],
];

/** What reviewers said, and the form to say it: not for whoever uploaded the piece. */
export function reviewCard({ api, session, piece, may, nameOf, reviews, versions, refresh }) {
  const said = [...reviews].map((each) =>
    el(
      "li",
      {},
      el(
        "span",
        {},
        el("strong", {}, nameOf(each.reviewer_id)),
        ` on version ${each.version}${each.score === null ? "" : `, score ${each.score}`}`,
        el("div", { class: "muted wrap" }, each.comment),
        el("div", { class: "muted" }, agoText(each.created_at)),
      ),
      badge(
        { approve: "approved", reject: "rejected", request_changes: "waiting" }[each.decision],
        DECISIONS.find(([name]) => name === each.decision)[1],
      ),
    ),
  );
  const own = [...versions].some((each) => each.uploaded_by === session.user.id);
  return card("Review", said.length ? el("ul", { class: "lines" }, said) : empty("Not reviewed yet", ""), action());

  function action() {
    if (!may("evidence:review")) return note("Your role in this project doesn't review evidence.");
    if (!own) return judgement();
    const why = note("You uploaded this or an earlier version, so somebody else has to review it (separation of duties).");
    const words = el("summary", {}, "Review it yourself, where the platform is set to allow that");
    return el("div", { class: "stack" }, why, el("details", {}, words, judgement()));
  }

  function judgement() {
    return form({
      fields: [
        { name: "decision", label: "Decision", type: "select", options: DECISIONS, required: true },
        {
          name: "score",
          label: "Quality, 0 to 100",
          type: "number",
          min: 0,
          max: 100,
          help: "Leave it empty to go by the analysis.",
        },
        { name: "comment", label: "Comment", type: "textarea", rows: 3 },
      ],
      submit: "Send the review",
      onSubmit: async (values) => {
        const answer = await api.evidence.reviews.create(piece.id, { ...values, version: piece.version });
        toast(answer.status === "approved" ? "Approved: the score has moved." : "The review is kept.");
        refresh();
      },
    });
  }
}
