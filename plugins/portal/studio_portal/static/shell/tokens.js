import { Tokens } from "../sdk/index.js";

const KEPT = "studio.session";
const RENEWAL = "/api/v1/auth/refresh";
// Milliseconds: how long the other tabs have to answer, and how long a token still has to hold to be worth taking over.
const PATIENCE = 200;
const WORTH = 60_000;

/**
 * The tokens of a login, kept for as long as the tab is open, reloads included.
 *
 * A tab that is duplicated takes a copy along, and a refresh token that is used twice ends the session (RFC 9700,
 * 4.14.2). So tabs of one login renew one after the other, each asks the others first whether one of them did already,
 * and a load spends none. `kept` is `{ login, access, refresh, until }`, `until` in milliseconds since 1970.
 */
export class KeptTokens extends Tokens {
  #kept;
  #channel;

  constructor(kept) {
    super({ accessToken: kept.access, refreshToken: kept.refresh, expiresIn: (kept.until - Date.now()) / 1000 });
    this.#channel = new BroadcastChannel(`${KEPT}.${kept.login}`);
    this.#channel.addEventListener("message", ({ data }) => {
      if (data === "ask") this.#channel.postMessage(this.#kept);
    });
    this.#keep(kept);
  }

  /** Those of a login that has just succeeded. */
  static of({ access_token: access, refresh_token: refresh, expires_in: seconds }) {
    return new KeptTokens({ login: crypto.randomUUID(), access, refresh, until: Date.now() + 1000 * seconds });
  }

  /** Those that this tab had before it was loaded again, or null. */
  static found() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return kept && new KeptTokens(kept);
  }

  accept(tokens) {
    super.accept(tokens);
    if (this.#channel === null) return;
    const until = Date.now() + 1000 * tokens.expires_in;
    this.#keep({ ...this.#kept, access: this.accessToken, refresh: this.refreshToken, until });
  }

  /** Nothing of the login stays in this tab. */
  forget() {
    this.#channel?.close();
    this.#channel = null;
    sessionStorage.removeItem(KEPT);
  }

  /** `fetch` for a client with these tokens. */
  through(send) {
    return (url, how) =>
      new URL(url).pathname === RENEWAL && this.#channel
        ? navigator.locks.request(this.#channel.name, () => this.#renew(send, url, how))
        : send(url, how);
  }

  async #renew(send, url, how) {
    const newest = await this.#newest();
    const renewed = newest.refresh !== this.refreshToken && newest.until > Date.now() + WORTH;
    const response = renewed
      ? answerOf(newest)
      : await send(url, { ...how, body: JSON.stringify({ refresh_token: newest.refresh }) });
    if (response.ok) {
      // NOTE: taken in before the lock goes, so that whoever has it next hears of it.
      const told = await response.clone().json();
      this.accept(told.data ?? told);
    }
    return response;
  }

  /** The latest tokens of this login that any open tab has. */
  async #newest() {
    const heard = [this.#kept];
    const channel = this.#channel;
    if (channel === null) return this.#kept;
    const listen = ({ data }) => data.refresh && heard.push(data);
    channel.addEventListener("message", listen);
    channel.postMessage("ask");
    await new Promise((done) => setTimeout(done, PATIENCE));
    channel.removeEventListener("message", listen);
    return heard.reduce((newest, each) => (each.until > newest.until ? each : newest));
  }

  #keep(kept) {
    this.#kept = kept;
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }
}

/** What the platform answered to the tab that renewed the tokens. */
function answerOf({ access, refresh, until }) {
  const seconds = Math.floor((until - Date.now()) / 1000);
  return Response.json({ access_token: access, refresh_token: refresh, expires_in: seconds });
}
