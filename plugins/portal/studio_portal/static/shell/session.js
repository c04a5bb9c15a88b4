import { Forbidden, StudioAPI, Unauthorized } from "../sdk/index.js";
import { PORTAL, noting } from "./limits.js";
import { KeptTokens } from "./tokens.js";

/** Who is signed in, and the client that acts for them. */
export class Session {
  #permissions;
  #tokens = null;

  constructor(permissions) {
    this.#permissions = permissions;
    this.user = null;
    this.api = this.#client(null);
  }

  get signedIn() {
    return this.user !== null;
  }

  /** Go on with the session of before a reload, if it still holds. */
  async resume() {
    const found = KeptTokens.found();
    if (!found) return;
    this.#act(found);
    try {
      this.user = await this.api.users.me();
    } catch (error) {
      // NOTE: a session may be good for less than this since the role needs a second factor: the login tells.
      if (!(error instanceof Unauthorized || error instanceof Forbidden)) throw error;
      this.forget();
    }
  }

  /**
   * Sign in; raises what the platform answers, also that a second factor is wanted (`details.field` is `otp`). Where one
   * has to be set up first (`second_factor` of the answer is `enrolment_required`), nobody is signed in yet.
   */
  async login(email, password, otp = "") {
    const answer = await this.#client(null).auth.login({ email, password, ...(otp ? { otp } : {}) });
    this.forget();
    if (answer.second_factor === "enrolment_required") return answer;
    this.#act(KeptTokens.of(answer.tokens));
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
    this.#tokens?.forget();
    this.user = null;
    this.#act(null);
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

  #act(tokens) {
    this.#tokens = tokens;
    this.api = this.#client(tokens);
  }

  #client(tokens) {
    const send = noting(PORTAL);
    const fetch = tokens ? tokens.through(send) : send;
    const auth = tokens ?? undefined;
    return new StudioAPI({ baseURL: location.origin, auth, retries: { attempts: 3, longest: 5 }, fetch });
  }
}
