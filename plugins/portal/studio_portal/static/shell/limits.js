// How much of each rate limit is used, as the last answers told it (`X-RateLimit-…`).

/** Whose limit the portal itself uses: that of whoever is signed in, or of the address. */
export const PORTAL = "This portal";
const seen = new Map();
const listeners = new Set();

/** `fetch`, noting what each answer says of the limit of `who`. */
export function noting(who, send = globalThis.fetch) {
  return async (...call) => {
    const response = await send(...call);
    note(who, response.headers);
    return response;
  };
}

/** Note what an answer's headers say. */
export function note(who, headers) {
  const limit = Number(headers.get("x-ratelimit-limit"));
  if (!limit) return;
  const remaining = Number(headers.get("x-ratelimit-remaining"));
  const reset = Number(headers.get("x-ratelimit-reset"));
  // NOTE: operations may have limits of their own, so several windows of one caller stand side by side.
  seen.set(`${who} ${limit}`, { who, limit, remaining, reset, at: Date.now() });
  for (const each of listeners) each();
}

/** What was seen, latest first. */
export function limits() {
  return [...seen.values()].sort((one, other) => other.at - one.at);
}

/** Be told of each answer until `signal` aborts. */
export function onLimits(told, signal) {
  listeners.add(told);
  signal.addEventListener("abort", () => listeners.delete(told), { once: true });
}
