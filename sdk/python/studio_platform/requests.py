"""From a call of an operation to a request, and from its answer to a value; nothing here touches the network."""

from __future__ import annotations

import random
import urllib.parse
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import httpx

from studio_platform.errors import StudioError, retry_after
from studio_platform.model import Model

Progress = Callable[[int, int | None], None]
"""Called with the bytes gone so far, and all of them where that is known."""


class Unset:
    """The type of :data:`UNSET`."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()
"""An argument that wasn't given; ``None`` is sent as ``null``."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation of the API. ``path`` has ``{}`` for each path parameter."""

    id: str
    method: str
    path: str
    body: Literal["", "json", "form", "multipart", "raw"] = ""


@dataclass(slots=True)
class Request:
    """A request, ready to be sent. Without ``credential`` it doesn't show who calls."""

    endpoint: Endpoint
    url: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    content: bytes | None = None
    file: tuple[str, Any, str, Progress | None] | None = None
    credential: bool = True


def build(
    endpoint: Endpoint,
    path: Sequence[str],
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    content: Any = None,
    content_type: str = "",
    if_match: str | Unset = UNSET,
    idempotency_key: str = "",
) -> Request:
    """The request of one call. Every POST gets a key that makes its repetition harmless."""
    for value in path:
        if not isinstance(value, str) or not value:
            raise ValueError(f"{endpoint.id} needs an id in its path, not {value!r}")
    request = Request(endpoint, endpoint.path.format(*(urllib.parse.quote(value, safe="") for value in path)))
    request.query = {name: _in_query(value) for name, value in given(query or {}).items() if value is not None}
    if endpoint.body in ("json", "form", "multipart"):
        request.body = given(body or {})
    if endpoint.body == "raw":
        request.content = content if isinstance(content, bytes) else str(content).encode()
        request.headers["Content-Type"] = content_type
    if endpoint.method == "POST":
        request.headers["Idempotency-Key"] = idempotency_key or uuid.uuid4().hex
    if not isinstance(if_match, Unset):
        request.headers["If-Match"] = if_match
    return request


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as JSON values."""
    return {name: plain(value) for name, value in arguments.items() if not isinstance(value, Unset)}


def plain(value: Any) -> Any:
    """A value as JSON has it: moments as RFC 3339 text, models as objects."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("give a moment with its time zone, such as datetime.now(UTC)")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def _in_query(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is repeated, and how long is waited in between, in seconds.

    A request is repeated when there was no answer, on 429 and on 502, 503 and 504. ``Retry-After`` is kept to, up to
    ``longest``; where it asks for more, the error is raised at once.
    """

    attempts: int = 4
    first: float = 0.5
    longest: float = 60.0

    def wait(self, attempt: int, response: httpx.Response | None) -> float | None:
        """Seconds until the next attempt, or None to give up. ``attempt`` counts from 1."""
        if attempt >= self.attempts:
            return None
        if response is not None and response.status_code not in (429, 502, 503, 504):
            return None
        asked = retry_after(response) if response is not None else None
        if asked is not None:
            return asked if asked <= self.longest else None
        growing: float = min(self.first * 2 ** (attempt - 1), self.longest)
        return growing * random.uniform(0.5, 1)  # noqa: S311 - jitter


def content_of(response: httpx.Response) -> Any:
    """What an answer of unknown shape holds: its ``data``, or all of it where there is none."""
    answer = decoded(response)
    return answer["data"] if isinstance(answer, dict) and "data" in answer else answer


def decoded(response: httpx.Response) -> Any:
    """The JSON of an answer."""
    try:
        return response.json()
    except ValueError as error:
        raise StudioError(f"The platform answered {response.status_code} without JSON; is this its address?") from error
