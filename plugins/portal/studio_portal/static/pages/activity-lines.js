import { el } from "../shell/dom.js";
import { words } from "../shell/format.js";
import { href } from "../shell/router.js";

/** An event of a project in one line: who, what, and a link to it where there is a page. */
export function activityLine({ event, actor_id: actor, data }, nameOf) {
  const [kind, done] = event.split(".");
  const what = data?.evidence ?? data?.control ?? data?.milestone ?? data?.project ?? null;
  const title = what?.title ?? what?.name ?? what?.number ?? "";
  const link =
    kind === "evidence" && data?.evidence?.id ? el("a", { href: href(`/evidence/${data.evidence.id}`) }, title) : title;
  return [el("strong", {}, nameOf(actor)), ` ${words(`${kind} ${done}`).toLowerCase()}`, title ? ": " : "", link];
}
