import { heading } from "../components/states.js";
import { tabLinks } from "../components/tabs.js";
import { href } from "../shell/router.js";

const LEAD = "Answers about controls and evidence that name their sources. Check them before you rely on them.";
const PARTS = {
  "/assistant/policies": async (context) => (await import("./assistant-policies.js")).policies(context),
  "/assistant/proposals": async (context) => (await import("./assistant-proposals.js")).proposals(context),
};

/** The assistant: conversations, policy drafts, and what models proposed. */
export async function render(context) {
  const { route, session } = context;
  const part = PARTS[route] ?? (async () => (await import("./assistant-chat.js")).chat(context));
  const tabs = [
    ["Chat", href("/assistant"), !(route in PARTS)],
    ["Policies", href("/assistant/policies"), route === "/assistant/policies"],
    session.may("evidence:read") && ["Proposals", href("/assistant/proposals"), route === "/assistant/proposals"],
  ];
  return [
    heading("Assistant", { lead: LEAD }),
    tabLinks("Parts of the assistant", tabs.filter(Boolean)),
    await part(context),
  ];
}
