import { openDialog } from "../components/dialog.js";
import { markdown } from "../components/markdown.js";
import { badge, empty, errorText, facts } from "../components/states.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { agoText, timeText, words } from "../shell/format.js";
import { href } from "../shell/router.js";

const STATES = ["proposed", "confirmed", "discarded"];
const TONES = { proposed: "pending", confirmed: "approved", discarded: "rejected" };

/** Drafts that models proposed; a person decides what becomes evidence. */
export function proposals(context) {
  const { api } = context;
  const table = dataTable({
    label: "Proposals",
    load: (query) => api.ai.proposals.list(query),
    onOpen: async (row) => {
      await open(context, row.id);
      table.reload();
    },
    filters: [{ name: "state", label: "State", options: STATES.map((each) => [each, words(each)]) }],
    columns: [
      { label: "Draft", wide: true, cell: (row) => row.title },
      { label: "Kind", cell: (row) => words(row.kind) },
      { label: "Quality", number: true, cell: (row) => String(row.quality_score) },
      { label: "Proposed", cell: (row) => agoText(row.proposed_at) },
      { label: "State", cell: (row) => badge(TONES[row.state], words(row.state)) },
    ],
    nothing: empty(
      "No proposals",
      "When a model drafts a document for a project, it waits here until a person makes it evidence or turns it down.",
    ),
  });
  return table;
}

async function open({ api, session }, id) {
  try {
    const proposal = await api.ai.proposals.read(id);
    const decides = proposal.state === "proposed" && session.may("evidence:upload");
    const answer = await openDialog({
      title: proposal.title,
      wide: true,
      body: about(proposal),
      actions: decides
        ? [
            ["Discard", "discard", "danger"],
            ["Make it evidence", "confirm", "primary"],
          ]
        : [["Close", null]],
    });
    if (answer === "confirm") await api.ai.proposals.confirm(id, { format: "docx" });
    if (answer === "discard") await api.ai.proposals.discard(id);
    if (answer) toast(answer === "confirm" ? "It is evidence now" : "Turned down");
  } catch (error) {
    toast(errorText(error), "error");
  }
}

function about(proposal) {
  return [
    facts([
      ["State", badge(TONES[proposal.state], words(proposal.state))],
      ["Quality", `${proposal.quality_score} of 100`],
      ["Proposed", timeText(proposal.proposed_at)],
      ["Decided", proposal.decided_at && timeText(proposal.decided_at)],
      ["Control", proposal.control_id && el("a", { href: href(`/controls/${proposal.control_id}`) }, "Show")],
      ["Evidence", proposal.evidence_id && el("a", { href: href(`/evidence/${proposal.evidence_id}`) }, "Show")],
    ]),
    el(
      "div",
      { class: "prose paper", tabindex: "0", role: "region", "aria-label": `Text of ${proposal.title}` },
      markdown(proposal.content, { level: 3 }),
    ),
  ];
}
