"""Domain errors. Services raise them, HTTP and the command line turn them into answers in one place each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class StudioError(Exception):
    """An outcome that the caller should hear about, in words meant for the caller.

    ``code`` is the upper-case name in the envelope, ``status`` the HTTP status that goes with it,
    ``details`` further facts (never secrets, SQL, paths or library messages).
    """

    code = "INTERNAL_ERROR"
    status = 500
    message = "Internal server error"

    def __init__(self, message: str | None = None, *, details: Mapping[str, Any] | None = None) -> None:
        self.message = message or type(self).message
        self.details: dict[str, Any] = dict(details or {})
        self.headers: dict[str, str] = {}
        super().__init__(self.message)


def reason_of(error: StudioError) -> str:
    """What went wrong, in one line for the operator: with what the library said, which no caller is told."""
    cause = error.__cause__ if isinstance(error, ServiceUnavailable) else None
    return " ".join(f"{error.message}: {cause}".split()) if cause is not None and str(cause) else error.message


class ValidationFailed(StudioError):
    """One or more inputs are wrong. ``field`` is the path of the first, such as ``milestones.0.name``."""

    code = "VALIDATION_ERROR"
    status = 400
    message = "Invalid request parameters"

    def __init__(self, field: str, error: str, *, more: Sequence[tuple[str, str]] = ()) -> None:
        details: dict[str, Any] = {"field": field, "error": error}
        if more:
            pairs = [(field, error), *more]
            details["errors"] = [{"field": name, "error": text} for name, text in pairs]
        super().__init__(details=details)

    @classmethod
    def of(cls, errors: Sequence[tuple[str, str]]) -> ValidationFailed:
        """From a list of (field, error) pairs, at least one."""
        (field, error), *more = errors
        return cls(field, error, more=more)


class Unauthorized(StudioError):
    """No credential, or one that doesn't hold (RFC 6750 section 3.1)."""

    code = "UNAUTHORIZED"
    status = 401
    message = "Authentication required"


class Forbidden(StudioError):
    """The caller is known and may see the resource, but may not do this to it."""

    code = "FORBIDDEN"
    status = 403
    message = "Insufficient permissions"


class NotFound(StudioError):
    """No such resource, or none that the caller may know of: the two are told apart by nobody."""

    code = "NOT_FOUND"
    status = 404
    message = "Resource not found"


class MethodNotAllowed(StudioError):
    code = "METHOD_NOT_ALLOWED"
    status = 405
    message = "Method not allowed"


class NotAcceptable(StudioError):
    code = "NOT_ACCEPTABLE"
    status = 406
    message = "None of the accepted media types can be produced"


class Conflict(StudioError):
    """The request is sound but clashes with the present state."""

    code = "CONFLICT"
    status = 409
    message = "Resource conflict"


class PreconditionFailed(StudioError):
    code = "PRECONDITION_FAILED"
    status = 412
    message = "The resource has changed since it was read"


class PayloadTooLarge(StudioError):
    code = "PAYLOAD_TOO_LARGE"
    status = 413
    message = "Request body too large"


class UnsupportedMediaType(StudioError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    message = "Unsupported media type"


class RangeNotSatisfiable(StudioError):
    code = "RANGE_NOT_SATISFIABLE"
    status = 416
    message = "The requested range lies outside the file"


class RateLimited(StudioError):
    code = "RATE_LIMITED"
    status = 429
    message = "Rate limit exceeded"


class ServiceUnavailable(StudioError):
    """A storage or service that the request needs can't be reached now; trying again later is right."""

    code = "SERVICE_UNAVAILABLE"
    status = 503
    message = "Service unavailable"


class Contended(ServiceUnavailable):
    """Two changes at once stood in each other's way and this one was given up, as a whole; at once again is right."""

    message = "Somebody else changed this at the same moment; try again"

    def __init__(self, message: str | None = None, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, details=details)
        self.headers["Retry-After"] = "1"


class ConfigurationError(Exception):
    """The platform can't start as configured; each line of ``problems`` names what is wrong and what is right."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))
