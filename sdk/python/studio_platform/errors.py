"""What goes wrong, by kind. Every error of the platform carries its code, details and request id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx


class StudioError(Exception):
    """Base of everything that this library raises on purpose."""


class ConnectionFailed(StudioError):
    """No answer: the platform can't be reached, or took too long, after all retries."""


class SignatureError(StudioError):
    """A webhook's signature doesn't hold; don't act on it."""


class APIError(StudioError):
    """The platform refused. ``details`` names the offending field where there is one.

    ``status`` is the HTTP status, ``code`` the platform's word for it, ``request_id`` what to quote to its operator.
    """

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any], request_id: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.request_id = request_id
        field = f" [{details['field']}: {details.get('error', '')}]" if "field" in details else ""
        super().__init__(f"{status} {code}: {message}{field} ({request_id})")


class InvalidRequest(APIError):
    """400, 413, 415: something in the request is wrong."""


class Unauthorized(APIError):
    """401: no credential, or one that doesn't hold."""


class Forbidden(APIError):
    """403: the caller may not do this."""


class NotFound(APIError):
    """404: no such thing, or out of the caller's reach."""


class Conflict(APIError):
    """409: the change clashes with the present state."""


class PreconditionFailed(APIError):
    """412: the thing has changed since it was read."""


class RateLimited(APIError):
    """429: too many requests. ``retry_after`` is in seconds."""

    retry_after: float = 0.0


class ServerError(APIError):
    """5xx: something went wrong inside, or a storage is away."""


_KINDS = {
    400: InvalidRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    413: InvalidRequest,
    415: InvalidRequest,
    429: RateLimited,
}


def error_of(response: httpx.Response) -> APIError:
    """The error that an answer tells of; its body must have been read."""
    error = _error_object(response)
    kind = _KINDS.get(response.status_code, ServerError if response.status_code >= 500 else APIError)
    raised = kind(
        response.status_code,
        str(error.get("code") or error.get("error") or response.reason_phrase),
        str(error.get("message") or error.get("error_description") or "The platform refused the request"),
        error.get("details") or {},
        response.headers.get("x-request-id", ""),
    )
    if isinstance(raised, RateLimited):
        raised.retry_after = retry_after(response) or 0.0
    return raised


def _error_object(response: httpx.Response) -> Mapping[str, Any]:
    """The envelope's ``error``, or the flat object of OAuth (RFC 6749, section 5.2)."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, dict) else body


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that the platform asks to wait."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None
