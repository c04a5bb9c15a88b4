const known = new Map();

/**
 * Names of the people around a project, by account id, or without one of all that the caller may list. Administrators read them from the accounts; others from the
 * project's surroundings in the graph, which shows those of its team. Where neither tells, the id itself is the name.
 */
export async function peopleOf({ api, session }, projectId = "") {
  try {
    if (session.may("users:read", "")) {
      for (const user of await api.users.list({ limit: 100 })) known.set(user.id, user.name || user.email);
    } else if (projectId) {
      const graph = await api.compliance.graph({ node: projectId, depth: 1 });
      for (const node of graph.nodes) if (node.label === "User") known.set(node.id, node.properties.name);
    }
  } catch {
    // Names are a convenience; the page is as right without them.
  }
  known.set(session.user.id, session.user.name || session.user.email);
  return nameOf;
}

/** The name of an account, or the end of its id where nothing told its name. */
export function nameOf(id) {
  if (!id) return "–";
  return id === "system" ? "The platform" : (known.get(id) ?? `user …${id.slice(-6)}`);
}
