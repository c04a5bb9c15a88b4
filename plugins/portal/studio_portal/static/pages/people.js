const known = new Map();
const asked = new Set();
// Milliseconds for which a list of accounts is good.
const LISTED = 300_000;
let listed = 0;

/**
 * Names by account id: of a project's team, and for administrators of accounts beside it. Without a project only
 * administrators learn any here; `meet` does for rows. Where nothing tells, the id itself is the name.
 *
 * Each page costs requests, of which everybody has so many an hour: what is known isn't asked for again.
 */
export async function peopleOf({ api, session }, project = null) {
  const asking = [];
  if (project?.team_members.some((each) => !known.has(each.user_id)))
    asking.push(api.projects.members.list(project.id, { limit: 100 }));
  if (session.may("users:read", "") && Date.now() - listed > LISTED) {
    listed = Date.now();
    asking.push(api.users.list({ limit: 100 }));
  }
  for (const people of await told(asking)) for (const each of people) learn(each.user_id ?? each.id, each.name);
  learn(session.user.id, session.user.name || session.user.email);
  return nameOf;
}

/** What lists tell, as far as they do: names are a convenience, and a page is as right without them. */
function told(lists) {
  return Promise.all(lists.map((list) => list.catch(() => [])));
}

/**
 * Learn who these are: pairs of account and project. From the teams of the projects, and of those who are in none of them
 * any more from what they did there.
 */
export async function meet({ api }, pairs) {
  const strangers = () => new Map(pairs.filter(([id]) => id && !known.has(id) && !asked.has(id)));
  const teams = [...new Set(strangers().values())].map((project) => api.projects.members.list(project, { limit: 100 }));
  for (const team of await told(teams)) for (const each of team) learn(each.user_id, each.name);
  const left = [...strangers()].map(([actor, project]) => api.projects.activity(project, { actor_id: actor, limit: 1 }));
  for (const [id] of strangers()) asked.add(id);
  for (const acts of await told(left)) for (const each of acts) learn(each.actor_id, each.actor_name);
}

/** Keep a name that something told by the way. */
export function learn(id, name) {
  if (id && name) known.set(id, name);
}

/** The name of an account, or the end of its id where nothing told its name. */
export function nameOf(id) {
  if (!id) return "–";
  return id === "system" ? "The platform" : (known.get(id) ?? `user …${id.slice(-6)}`);
}
