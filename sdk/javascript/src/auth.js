// Seconds before its end at which a token is replaced.
const EARLY = 30;

/** No credential: for login, health and the like. */
export class Nobody {
  headers() {
    return {};
  }
  isDue() {
    return false;
  }
  renewal() {
    return null;
  }
}

/** An API key, in `X-API-Key`. */
export class ApiKey extends Nobody {
  #key;
  constructor(key) {
    super();
    this.#key = key;
  }
  headers() {
    return { "X-API-Key": this.#key };
  }
}

/**
 * An access token, renewed by its refresh token when there is one.
 *
 * For tokens of OAuth give `clientId`, and `clientSecret` unless it is a public client; without them the refresh token
 * is one of a login. `expiresIn` is in seconds from now.
 */
export class Tokens extends Nobody {
  #access;
  #refresh;
  #client;
  #until;
  constructor({ accessToken, refreshToken = "", expiresIn = null, clientId = "", clientSecret = "" }) {
    super();
    this.#access = accessToken;
    this.#refresh = refreshToken;
    this.#client = { client_id: clientId, client_secret: clientSecret };
    this.#until = expiresIn === null ? null : now() + expiresIn;
  }
  get accessToken() {
    return this.#access;
  }
  get refreshToken() {
    return this.#refresh;
  }
  headers() {
    return { Authorization: `Bearer ${this.#access}` };
  }
  isDue() {
    return this.#until !== null && this.#refresh !== "" && now() > this.#until - EARLY;
  }
  renewal() {
    if (!this.#refresh) return null;
    if (!this.#client.client_id) {
      return { path: "/api/v1/auth/refresh", json: { refresh_token: this.#refresh } };
    }
    const known = Object.fromEntries(Object.entries(this.#client).filter(([, value]) => value));
    return { path: "/oauth/token", form: { grant_type: "refresh_token", refresh_token: this.#refresh, ...known } };
  }
  accept(tokens) {
    this.#access = tokens.access_token;
    this.#refresh = tokens.refresh_token ?? this.#refresh;
    this.#until = now() + tokens.expires_in;
  }
}

/** An OAuth client that acts for itself (RFC 6749, section 4.4). Not for browsers: it holds a secret. */
export class ClientCredentials extends Nobody {
  #form;
  #token = "";
  #until = 0;
  constructor({ clientId, clientSecret, scope = "read write" }) {
    super();
    this.#form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope };
  }
  headers() {
    return { Authorization: `Bearer ${this.#token}` };
  }
  isDue() {
    return now() > this.#until - EARLY;
  }
  renewal() {
    return { path: "/oauth/token", form: this.#form };
  }
  accept(tokens) {
    this.#token = tokens.access_token;
    this.#until = now() + tokens.expires_in;
  }
}

function now() {
  return performance.now() / 1000;
}
