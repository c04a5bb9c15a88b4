import { Tokens } from "../sdk/index.js";
import { randomText } from "../sdk/random.js";

const KEPT = "studio.session";
const RENEWAL = "/api/v1/auth/refresh";
// Milliseconds: how long a token still has to hold to be worth taking over, and how long the longest login can last.
const WORTH = 60_000;
const LONGEST = 370 * 86_400_000;

/**
 * The tokens of a login, kept for as long as the tab is open, reloads included.
 *
 * A tab that is duplicated takes a copy along, and a refresh token that is used twice ends the session (RFC 9700,
 * 4.14.2). So tabs of one login renew one after the other, each looks first whether one of them did already, and a load
 * spends none. `kept` is `{ login, key, access, refresh, until }`, `until` in milliseconds since 1970.
 *
 * What was renewed must be found by tabs that slept meanwhile, also once the tab that did it is closed. So it lies in
 * localStorage. APPSEC: sealed with a key that only these tabs have, so that it is worth nothing when they are gone.
 *
 * Browsers lock and seal only where they trust the connection. Over plain HTTP each tab renews on its own: there a tab
 * that was duplicated asks for a login after a while.
 */
export class KeptTokens extends Tokens {
  #kept;

  constructor(kept) {
    super({ accessToken: kept.access, refreshToken: kept.refresh, expiresIn: (kept.until - Date.now()) / 1000 });
    this.#keep(kept);
  }

  /** Those of a login that has just succeeded. */
  static of({ access_token: access, refresh_token: refresh, expires_in: seconds }) {
    forgetFormer();
    const key = [...crypto.getRandomValues(new Uint8Array(32))];
    return new KeptTokens({ login: randomText(), key, access, refresh, until: Date.now() + 1000 * seconds });
  }

  /** Those that this tab had before it was loaded again, or null. */
  static found() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return kept && new KeptTokens(kept);
  }

  accept(tokens) {
    super.accept(tokens);
    if (this.#kept === null) return;
    const until = Date.now() + 1000 * tokens.expires_in;
    this.#keep({ ...this.#kept, access: this.accessToken, refresh: this.refreshToken, until });
  }

  /** The login is over: nothing of it stays. */
  forget() {
    if (this.#kept === null) return;
    localStorage.removeItem(nameOf(this.#kept));
    this.#kept = null;
    sessionStorage.removeItem(KEPT);
  }

  /** `fetch` for a client with these tokens. */
  through(send) {
    return (url, how) =>
      isSecureContext && this.#kept && new URL(url).pathname === RENEWAL
        ? navigator.locks.request(nameOf(this.#kept), () => this.#renew(send, url, how))
        : send(url, how);
  }

  async #renew(send, url, how) {
    const newest = await this.#newest();
    if (newest === null) return send(url, how);
    const renewed = newest.refresh !== this.refreshToken && newest.until > Date.now() + WORTH;
    const response = renewed
      ? answerOf(newest)
      : await send(url, { ...how, body: JSON.stringify({ refresh_token: newest.refresh }) });
    if (response.ok) {
      // NOTE: taken in and laid down before the lock goes, so that whoever has it next finds it.
      const told = await response.clone().json();
      this.accept(told.data ?? told);
      if (this.#kept) await layDown(this.#kept);
    }
    return response;
  }

  /** The latest tokens of this login that any tab had; null once it is over. */
  async #newest() {
    const found = this.#kept && (await layingThere(this.#kept));
    return found && found.until > this.#kept?.until ? found : this.#kept;
  }

  #keep(kept) {
    this.#kept = kept;
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }
}

const nameOf = ({ login }) => `${KEPT}.${login}`;

const keyOf = ({ key }) =>
  crypto.subtle.importKey("raw", new Uint8Array(key), "AES-GCM", false, ["encrypt", "decrypt"]);

/** Let the other tabs of the login find these tokens. */
async function layDown(kept) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(kept));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(kept), text);
  const entry = { until: kept.until, iv: [...iv], sealed: [...new Uint8Array(sealed)] };
  localStorage.setItem(nameOf(kept), JSON.stringify(entry));
}

/** What a tab of the same login laid down last, or null. */
async function layingThere(kept) {
  const entry = JSON.parse(localStorage.getItem(nameOf(kept)) ?? "null");
  if (entry === null) return null;
  const how = { name: "AES-GCM", iv: new Uint8Array(entry.iv) };
  const text = await crypto.subtle.decrypt(how, await keyOf(kept), new Uint8Array(entry.sealed));
  return JSON.parse(new TextDecoder().decode(text));
}

/** Remove what logins laid down whose tabs were closed. */
function forgetFormer() {
  for (const name of Object.keys(localStorage).filter((each) => each.startsWith(`${KEPT}.`))) {
    if (JSON.parse(localStorage.getItem(name)).until < Date.now() - LONGEST) localStorage.removeItem(name);
  }
}

/** What the platform answered to the tab that renewed the tokens. */
function answerOf({ access, refresh, until }) {
  const seconds = Math.floor((until - Date.now()) / 1000);
  return Response.json({ access_token: access, refresh_token: refresh, expires_in: seconds });
}
