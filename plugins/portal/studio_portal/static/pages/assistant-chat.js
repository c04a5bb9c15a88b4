import { choice } from "../components/choice.js";
import { errorText, loading, note } from "../components/states.js";
import { el, replace, uniqueId } from "../shell/dom.js";
import { go, remember } from "../shell/router.js";
import { answerText, saidBy, sources } from "./assistant-answer.js";
import { conversationList } from "./assistant-conversations.js";
import { suggestions } from "./assistant-suggestions.js";

const EXAMPLES = [
  "What evidence do I need for SOC 2 control CC6.1?",
  "What is missing for CC6.1?",
  "What does our evidence say about access reviews?",
];

/** A conversation, with those of before beside it. */
export async function chat(context) {
  const { api, params } = context;
  const [conversation, projects, { providers }] = await Promise.all([
    params.conversation ? api.ai.conversations.read(params.conversation) : null,
    api.projects.list({ limit: 100, sort: "name", order: "asc" }),
    api.ai.providers(),
  ]);
  const made = new Chat(context, conversation, [...projects], providers);
  return el("div", { class: "chat-columns" }, conversationList(context, made), made.element);
}

class Chat {
  constructor(context, conversation, projects, providers) {
    this.context = context;
    this.id = conversation?.id ?? null;
    this.titles = new Map(providers.map((each) => [each.id, each.title]));
    this.project = conversation?.project_id ?? context.query.project ?? "";
    this.control = context.query.control ?? "";
    this.provider = "";
    this.stopping = null;
    this.turns = el("ol", { class: "turns", "aria-label": "Conversation" });
    this.status = el("p", { class: "hidden", role: "status", "aria-live": "polite" });
    this.element = el(
      "section",
      { class: "card chat" },
      el("h2", {}, conversation?.title ?? "New conversation"),
      this.turns,
      this.status,
      this.scope(projects, providers),
      this.ask(),
    );
    (conversation?.history ?? []).forEach((message) => this.recall(message));
    if (!conversation) this.turns.before(this.examples());
  }

  // -- what is asked, and about what ------------------------------------------------------------------------

  scope(projects, providers) {
    const controls = el("select", { id: uniqueId("control"), onchange: () => (this.control = controls.value) });
    const about = choice(
      "Project",
      [["", "No project"], ...projects.map((each) => [each.id, each.name])],
      this.project,
      (value) => {
        this.project = value;
        this.control = "";
        this.offerControls(controls);
      },
    );
    const by = choice(
      "Answered by",
      [
        ["", "The usual provider"],
        ...providers.filter((each) => this.mayName(each)).map((each) => [each.id, each.title]),
      ],
      "",
      (value) => (this.provider = value),
    );
    this.offerControls(controls);
    return el(
      "div",
      { class: "scope choices" },
      about,
      el("div", { class: "choice" }, el("label", { for: controls.id }, "Control"), controls),
      providers.length > 1 && by,
    );
  }

  mayName(provider) {
    return !provider.needs_network || this.context.session.may("ai:choose", "");
  }

  /** The controls of the chosen project, as far as it can be read. */
  async offerControls(select) {
    replace(select, el("option", { value: "" }, "Any control"));
    select.disabled = !this.project;
    if (!this.project) return;
    const project = await this.context.api.projects.read(this.project).catch(() => null);
    const options = (project?.controls ?? []).map((each) =>
      el("option", { value: each.id, selected: each.id === this.control }, `${each.number} ${each.title}`),
    );
    select.append(...options);
  }

  ask() {
    const id = uniqueId("question");
    this.question = el("textarea", {
      id,
      rows: 3,
      maxlength: 4000,
      required: true,
      onkeydown: (event) => this.onKey(event),
    });
    this.send = el("button", { type: "submit", class: "primary" }, "Ask");
    this.stop = el("button", { type: "button", hidden: true, onclick: () => this.stopping?.abort() }, "Stop");
    const submit = (event) => {
      event.preventDefault();
      this.put(this.question.value.trim());
    };
    return el(
      "form",
      { onsubmit: submit },
      el("label", { for: id }, "Your question"),
      this.question,
      el(
        "div",
        { class: "actions" },
        this.send,
        this.stop,
        el("span", { class: "muted" }, "Enter sends, Shift and Enter begins a line"),
      ),
    );
  }

  onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.put(this.question.value.trim());
  }

  examples() {
    const buttons = EXAMPLES.map((text) =>
      el("li", {}, el("button", { type: "button", onclick: () => this.put(text) }, text)),
    );
    return el(
      "div",
      { class: "examples" },
      el("p", { class: "muted" }, "Choose a project to have its state and evidence taken into account. For example:"),
      el("ul", {}, buttons),
    );
  }

  // -- how it is answered -----------------------------------------------------------------------------------

  async put(text) {
    if (!text || this.stopping) return;
    this.stopping = new AbortController();
    this.element.querySelector(".examples")?.remove();
    this.question.value = "";
    this.turns.append(question(text));
    const turn = el("li", { class: "turn answer", "aria-busy": "true" }, loading("Looking for sources"));
    this.turns.append(turn);
    this.busy(true);
    try {
      await this.receive(text, turn);
    } catch (error) {
      if (!this.context.signal.aborted) this.failed(turn, text, error);
    } finally {
      turn.removeAttribute("aria-busy");
      this.stopping = null;
      this.busy(false);
    }
  }

  async receive(text, turn) {
    const { api, signal } = this.context;
    const body = { message: text, context: this.subject() };
    if (this.id) body.conversation_id = this.id;
    if (this.provider) body.provider = this.provider;
    const signals = AbortSignal.any([signal, this.stopping.signal]);
    let said = "";
    const on = {
      start: (data) => this.begun(data),
      delta: (data) => {
        said += data.text;
        replace(turn, answerText(said));
        turn.scrollIntoView({ block: "nearest" });
      },
      restart: (data) => {
        said = "";
        replace(turn, loading(`Answering anew (${data.reason})`));
      },
      done: (data) => this.done(turn, data),
      error: (data) => {
        throw new Error(data.message);
      },
    };
    for await (const { event, data } of api.ai.chatStream(body, { signal: signals })) on[event]?.(data);
  }

  subject() {
    return {
      ...(this.project && { project_id: this.project }),
      ...(this.project && this.control && { control_id: this.control }),
    };
  }

  begun({ conversation_id: id }) {
    this.status.textContent = "The assistant is answering";
    if (this.id === id) return;
    this.id = id;
    remember(`/assistant/${id}`, {});
  }

  done(turn, answer) {
    const project = this.project || null;
    replace(
      turn,
      el("h3", { class: "hidden" }, "Answer"),
      answerText(answer.message, answer.citations, project),
      sources(answer.citations, project),
      saidBy(answer, this.titles),
      suggestions(this.context, answer.suggestions, { project, titles: this.titles }),
    );
    this.status.textContent = `Answer: ${turn.querySelector(".prose").textContent}`;
    turn.scrollIntoView({ block: "nearest" });
    this.element.dispatchEvent(new CustomEvent("answered"));
  }

  failed(turn, text, error) {
    const stopped = this.stopping.signal.aborted;
    const again = el(
      "button",
      {
        type: "button",
        class: "small",
        onclick: () => (turn.previousElementSibling.remove(), turn.remove(), this.put(text)),
      },
      "Ask again",
    );
    replace(
      turn,
      note(
        stopped ? "You stopped this answer. It will be in the conversation when you come back." : errorText(error),
        stopped ? "info" : "error",
      ),
      again,
    );
  }

  busy(yes) {
    this.send.disabled = yes;
    this.stop.hidden = !yes;
  }

  recall(message) {
    if (message.role === "user") return this.turns.append(question(message.message));
    const project = this.project || null;
    const about = [
      answerText(message.message, message.citations, project),
      sources(message.citations ?? [], project),
      saidBy(message, this.titles),
    ];
    return this.turns.append(el("li", { class: "turn answer" }, el("h3", { class: "hidden" }, "Answer"), about));
  }

  /** Leave this conversation, for one that is gone. */
  leave() {
    go("/assistant");
  }
}

function question(text) {
  return el("li", { class: "turn asked" }, el("h3", { class: "hidden" }, "You asked"), el("p", {}, text));
}
