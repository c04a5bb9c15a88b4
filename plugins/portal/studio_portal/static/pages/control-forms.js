import { words } from "../shell/format.js";

const STATES = ["not_started", "in_progress", "complete"];

/** The field for a control's owner: somebody of the team. */
export function ownerField(project, nameOf, value, first = [["", "Nobody"]]) {
  const options = [...first, ...project.team_members.map((member) => [member.user_id, nameOf(member.user_id)])];
  return { name: "owner_id", label: "Owner", type: "select", options, value: value ?? "" };
}

/** The fields of a decision about a control, by hand. */
export function decisionFields(control) {
  const now = control.applicable ? (control.override?.status ?? "derived") : "not_applicable";
  const options = [
    ["derived", "As the evidence says"],
    ...STATES.map((each) => [each, `${words(each)}, by hand`]),
    ["not_applicable", "Not applicable"],
  ];
  const reason = control.override?.reason ?? control.not_applicable_reason ?? "";
  return [
    { name: "decision", label: "Status", type: "select", options, value: now },
    {
      name: "reason",
      label: "Reason",
      type: "textarea",
      rows: 3,
      value: reason,
      help: "Whoever audits this project reads it. Needed for a decision by hand.",
    },
  ];
}

/** What the API is to be told of a decision. */
export function decisionOf({ decision, reason }) {
  if (decision === "not_applicable") return { applicable: false, reason };
  if (decision === "derived") return { applicable: true, status: null };
  return { applicable: true, status: decision, reason };
}
