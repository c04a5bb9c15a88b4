"""Answers as bytes: the envelope, the error envelope, and what goes with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from studio_kernel.clock import to_text, utc_now
from studio_kernel.errors import StudioError
from studio_kernel.http.operations import FileAnswer

JSON = "application/json"
CHALLENGE = 'Bearer realm="studio"'


@dataclass(slots=True)
class Wire:
    """An answer ready to send."""

    status: int
    body: bytes | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    content_type: str = JSON
    file: FileAnswer | None = None
    span: tuple[int, int] = (0, 0)
    stream: Iterator[bytes] | None = None


def raw_json(text: str | bytes) -> Any:
    """JSON text taken into an answer as it stands, such as a column that holds JSON."""
    return orjson.Fragment(text)


def encode(value: Any) -> bytes:
    """JSON bytes."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def error_wire(error: StudioError, request_id: str) -> Wire:
    """The error envelope."""
    body: dict[str, Any] = {
        "success": False,
        "error": {"code": error.code, "message": error.message, "details": error.details},
        "timestamp": to_text(utc_now()),
        "request_id": request_id,
    }
    # NOTE: a 401 always says what would be right (RFC 9110 section 15.5.2), that of a refused login too.
    headers = {"WWW-Authenticate": CHALLENGE} if error.status == 401 else {}
    return Wire(error.status, encode(body), headers | error.headers)
