import { confirm } from "../components/dialog.js";
import { errorText, loading, problem } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el, replace } from "../shell/dom.js";
import { agoText, count } from "../shell/format.js";
import { href } from "../shell/router.js";

/** One's conversations, the latest first: to go on with, or to delete. */
export function conversationList({ api }, chat) {
  const items = el("ul", { class: "conversations" }, el("li", {}, loading()));
  const more = el("button", { type: "button", class: "small", hidden: true }, "Show more");
  const load = () => show().catch((error) => replace(items, el("li", {}, problem(error, load))));
  async function show() {
    const page = await api.ai.conversations.list({ limit: 20 });
    replace(items, [...page].map(item));
    if (page.length === 0) replace(items, el("li", { class: "muted" }, "None yet."));
    offerMore(page);
  }
  function offerMore({ pagination }) {
    more.hidden = !pagination.next_cursor;
    more.onclick = async () => {
      const page = await api.ai.conversations.list({ limit: 20, cursor: pagination.next_cursor });
      items.append(...[...page].map(item));
      offerMore(page);
    };
  }
  function item(each) {
    const remove = el(
      "button",
      {
        type: "button",
        class: "plain small",
        "aria-label": `Delete the conversation ${each.title}`,
        onclick: () => discard(each),
      },
      "×",
    );
    const link = el(
      "a",
      { href: href(`/assistant/${each.id}`), "aria-current": each.id === chat.id ? "true" : null },
      each.title,
    );
    return el(
      "li",
      {},
      el(
        "div",
        {},
        link,
        el("div", { class: "muted" }, `${agoText(each.updated_at)}, ${count(each.messages, "message")}`),
      ),
      remove,
    );
  }
  async function discard(each) {
    if (!(await confirm("Delete the conversation", `“${each.title}” will be gone for good.`))) return;
    try {
      await api.ai.conversations.delete(each.id);
      toast("Deleted");
      if (each.id === chat.id) chat.leave();
      else load();
    } catch (error) {
      toast(errorText(error), "error");
    }
  }
  chat.element.addEventListener("answered", load);
  load();
  const wide = matchMedia("(min-width: 60rem)").matches;
  return el(
    "details",
    { class: "card past", open: wide },
    el("summary", {}, "Conversations"),
    el("a", { class: "button", href: href("/assistant", { project: chat.project }) }, "New conversation"),
    items,
    more,
  );
}
