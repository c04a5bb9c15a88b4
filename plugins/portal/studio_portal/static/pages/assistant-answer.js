import { markdown } from "../components/markdown.js";
import { note } from "../components/states.js";
import { el } from "../shell/dom.js";
import { words } from "../shell/format.js";
import { href } from "../shell/router.js";

/** The text of an answer; a source in brackets becomes its number, which leads to it. */
export function answerText(text, citations = [], projectId = null) {
  const cite = (id) => {
    const at = citations.findIndex((each) => each.id === id);
    if (at === -1) return null;
    const attributes = {
      class: "cite",
      href: sourceAddress(citations[at], projectId),
      "aria-label": `Source ${at + 1}: ${citations[at].title}`,
    };
    return el("a", attributes, String(at + 1));
  };
  return el("div", { class: "prose" }, markdown(text, { level: 3, cite }));
}

/** The sources of an answer, numbered as in its text, with the words of passages. */
export function sources(citations, projectId = null) {
  if (citations.length === 0) return note("This answer names no source.", "warning");
  const items = citations.map((each) =>
    el(
      "li",
      {},
      el("a", { href: sourceAddress(each, projectId) }, each.title),
      el("span", { class: "muted" }, ` ${words(each.kind)}`),
      each.quote && el("blockquote", {}, each.quote),
    ),
  );
  return el("section", { class: "sources" }, el("h3", {}, "Sources"), el("ol", {}, items));
}

/** Where a source is shown. */
export function sourceAddress({ id, kind, evidence_id: evidence }, projectId = null) {
  if (evidence) return href(`/evidence/${evidence}`);
  if (kind === "control") return href(`/controls/${id}`, { project: projectId });
  if (kind === "project") return href(`/projects/${id}`);
  if (kind === "proposal") return href("/assistant/proposals");
  if (kind === "framework") return href(`/frameworks/${id.replace(/^framework:/, "")}`);
  return href(`/evidence/${id}`);
}

/** Which provider answered, and why not the one that was wanted. */
export function saidBy({ provider, fallback, fallback_reason: reason, tools = [] }, titles) {
  const name = titles.get(provider) ?? provider;
  const used =
    tools.length > 0 && `, which looked at ${tools.map((each) => words(each.name).toLowerCase()).join(", ")}`;
  return [
    el("p", { class: "muted" }, "Answered by: ", name, used),
    fallback &&
      note(`Another provider was to answer, and the built-in one did: ${reason ?? "it gave no reason"}`, "warning"),
  ];
}
