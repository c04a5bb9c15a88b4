import { StudioAPI, Tokens, Unauthorized } from "../sdk/index.js";
import { PORTAL, noting } from "./limits.js";

const KEPT = "studio.refresh";

/** Tokens whose refresh token outlives a reload of the tab; the access token stays in memory alone. */
class KeptTokens extends Tokens {
  accept(tokens) {
    super.accept(tokens);
    sessionStorage.setItem(KEPT, this.refreshToken);
  }
}

/** Who is signed in, and the client that acts for them. */
export class Session {
  #permissions;

  constructor(permissions) {
    this.#permissions = permissions;
    this.user = null;
    this.api = this.#client();
  }

  get signedIn() {
    return this.user !== null;
  }

  /** Go on with the session of before a reload, if it still holds. */
  async resume() {
    const refreshToken = sessionStorage.getItem(KEPT);
    if (!refreshToken) return;
    // NOTE: the access token of before is gone; one that is over makes the client fetch another at once.
    this.api = this.#client(new KeptTokens({ accessToken: "", refreshToken, expiresIn: 0 }));
    try {
      this.user = await this.api.users.me();
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      this.forget();
    }
  }

  /** Sign in; raises what the platform answers, also that a second factor is wanted (`details.field` is `otp`). */
  async login(email, password, otp = "") {
    const answer = await this.#client().auth.login({ email, password, ...(otp ? { otp } : {}) });
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = answer.tokens;
    sessionStorage.setItem(KEPT, refreshToken);
    this.api = this.#client(new KeptTokens({ accessToken, refreshToken, expiresIn }));
    this.user = await this.api.users.me();
    return answer;
  }

  /** End the session on the platform too. */
  async logout() {
    try {
      await this.api.auth.logout();
    } finally {
      this.forget();
    }
  }

  /** The session is over; nothing of it stays. */
  forget() {
    sessionStorage.removeItem(KEPT);
    this.user = null;
    this.api = this.#client();
  }

  /**
   * Whether this person holds a permission: by their account's role, or by `projectRole` in a project. Without a
   * project, rights that hang on membership count as held: the platform decides.
   */
  may(permission, projectRole = null) {
    if (!permission) return true;
    const held = this.#permissions[permission];
    if (!held || !this.user) return false;
    if (held.account.includes(this.user.role)) return true;
    return projectRole === null ? held.project.length > 0 : held.project.includes(projectRole);
  }

  /** The caller's role in a project, or an empty text: for `may`. */
  roleIn(project) {
    return project.team_members?.find((member) => member.user_id === this.user?.id)?.role ?? "";
  }

  #client(auth) {
    return new StudioAPI({ baseURL: location.origin, auth, retries: { attempts: 3, longest: 5 }, fetch: noting(PORTAL) });
  }
}
