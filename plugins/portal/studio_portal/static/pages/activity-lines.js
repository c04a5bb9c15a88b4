import { el } from "../shell/dom.js";
import { words } from "../shell/format.js";
import { href } from "../shell/router.js";
import { learn } from "./people.js";

/** An event of a project in one line: who, what, and a link to it where there is a page. */
export function activityLine({ event, actor_id: actor, actor_name: name, data }, nameOf) {
  learn(actor, name);
  const [kind, done] = event.split(".");
  const what = data?.evidence ?? data?.control ?? data?.milestone ?? data?.framework ?? data?.project ?? null;
  const title = data?.member
    ? nameOf(data.member.user_id)
    : data?.score
      ? `${data.score.previous_score} → ${data.score.overall_score}`
      : (what?.title ?? what?.name ?? what?.number ?? what?.id ?? "");
  const link =
    kind === "evidence" && data?.evidence?.id ? el("a", { href: href(`/evidence/${data.evidence.id}`) }, title) : title;
  return [el("strong", {}, nameOf(actor)), ` ${words(`${kind} ${done}`).toLowerCase()}`, title ? ": " : "", link];
}
