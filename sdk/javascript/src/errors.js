/** Base of everything that this library throws on purpose. */
export class StudioError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = this.constructor.name;
  }
}

/** No answer: the platform can't be reached, or took too long, after all retries. */
export class ConnectionFailed extends StudioError {}

/** A webhook's signature doesn't hold; don't act on it. */
export class SignatureError extends StudioError {}

/** The platform refused. `details` names the offending field where there is one. */
export class APIError extends StudioError {
  constructor(status, error, requestId, retryAfter) {
    const { code, message, details } = error;
    const field = details.field ? ` [${details.field}: ${details.error ?? ""}]` : "";
    super(`${status} ${code}: ${message}${field} (${requestId})`);
    this.status = status;
    this.code = code;
    this.details = details;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

export class InvalidRequest extends APIError {}
export class Unauthorized extends APIError {}
export class Forbidden extends APIError {}
export class NotFound extends APIError {}
export class Conflict extends APIError {}
export class PreconditionFailed extends APIError {}
export class RateLimited extends APIError {}
export class ServerError extends APIError {}

const KINDS = {
  400: InvalidRequest,
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
  412: PreconditionFailed,
  413: InvalidRequest,
  415: InvalidRequest,
  429: RateLimited,
};

/** Seconds that the platform asks to wait, or null. */
export function retryAfter(headers) {
  const text = headers.get("retry-after") ?? "";
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** The error that an answer tells of. `text` is its body. */
export function errorOf(status, headers, text) {
  const Kind = KINDS[status] ?? (status >= 500 ? ServerError : APIError);
  return new Kind(status, told(text, status), headers.get("x-request-id") ?? "", retryAfter(headers));
}

/** The envelope's error, or the flat object of OAuth (RFC 6749, section 5.2). */
function told(text, status) {
  let body = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // Not JSON: something between here and the platform answered.
  }
  const inner = typeof body.error === "object" && body.error ? body.error : body;
  return {
    code: inner.code ?? (typeof inner.error === "string" ? inner.error : `HTTP_${status}`),
    message: inner.message ?? inner.error_description ?? "The platform refused the request",
    details: inner.details ?? {},
  };
}
