"""Reading what comes in: headers, query, JSON, forms. Everything wrong is told by field."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from studio_kernel.errors import (
    NotAcceptable,
    PayloadTooLarge,
    StudioError,
    UnsupportedMediaType,
    ValidationFailed,
)
from studio_kernel.http.operations import Operation, UploadedFile
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal

_REQUEST_ID = re.compile(r"req_[0-9A-Za-z_-]{1,64}\Z")
_MOST_FIELDS = 60
# No body of any operation is nested as deep; Python's own stack is not much deeper.
_DEEPEST = 100
EVENTS, JSON = "text/event-stream", "application/json"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(slots=True)
class Incoming:
    """A request before it is checked."""

    method: str
    path: str
    address: str
    request_id: str
    headers: Mapping[str, str] = field(repr=False)
    query: bytes = b""
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    fields: dict[str, Any] | None = None
    file: UploadedFile | None = None
    fingerprint: bytes = b""
    principal: Principal | None = None
    """The caller, once known."""
    limits: dict[str, str] | None = None
    """The limit's headers, once the caller was let in or refused: each request counts once."""
    barred: StudioError | None = None
    """Why the caller was not let in."""
    peer: str = ""
    """The address that holds the connection: the sender's, or that of the last proxy."""
    refusal: StudioError | None = None
    """What is wrong with the body, found while it was received."""


def incoming(scope: Mapping[str, Any], parameters: Mapping[str, str], trusted: Sequence[Network]) -> Incoming:
    """From an ASGI scope. ``trusted`` are the networks of proxies that may name the client."""
    raw = scope["headers"]
    headers = {str(name, "latin-1"): str(value, "latin-1") for name, value in raw}
    if len(headers) != len(raw):
        headers = _joined(raw)
    client = scope.get("client")
    peer = address = _plain(client[0]) if client else ""
    if trusted and "x-forwarded-for" in headers:
        address = _forwarded(address, headers["x-forwarded-for"], trusted)
    return Incoming(
        method=scope["method"],
        path=scope["path"],
        address=address,
        request_id=request_id(headers.get("x-request-id", "")),
        headers=headers,
        query=scope.get("query_string", b""),
        parameters=parameters,
        peer=peer,
    )


def _joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers that came several times, as one with commas (RFC 9110 section 5.3); cookies as RFC 9113, 8.2.3 says."""
    headers: dict[str, str] = {}
    for name, value in raw:
        text, content = str(name, "latin-1"), str(value, "latin-1")
        between = "; " if text == "cookie" else ", "
        headers[text] = f"{headers[text]}{between}{content}" if text in headers else content
    return headers


def request_id(wanted: str) -> str:
    """The client's id when it is well formed, else a fresh one."""
    return wanted if wanted and _REQUEST_ID.match(wanted) else new_id("req")


def _forwarded(address: str, header: str, trusted: Sequence[Network]) -> str:
    """The last address that no trusted proxy vouches past."""
    for candidate in [*reversed([part.strip() for part in header.split(",")])]:
        if not _is_trusted(address, trusted):
            return address
        try:
            address = _plain(str(ipaddress.ip_address(candidate)))
        except ValueError:
            return address
    return address


def _plain(address: str) -> str:
    """An IPv4 address as such, also where a socket for both kinds names it as ``::ffff:192.0.2.1``."""
    if not address.startswith("::ffff:"):
        return address
    try:
        mapped = ipaddress.IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return address if mapped is None else str(mapped)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def parse_pairs(raw: bytes, place: str) -> dict[str, str]:
    """A query string or a form; each name once."""
    if not raw:
        return {}
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError:
        raise ValidationFailed(place, "Must be percent-encoded UTF-8") from None
    except ValueError:
        raise ValidationFailed(place, f"Must have at most {_MOST_FIELDS} well-formed parameters") from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise ValidationFailed(name[:100], "Must be given only once")
        if "\0" in value or "\0" in name:
            raise ValidationFailed(name.replace("\0", "")[:100], "Must not contain control characters")
        values[name] = value
    return values


def check_accept(accept: str, produced: str) -> None:
    """Refuse when the client takes nothing that the operation can send (RFC 9110 section 12.5.1)."""
    if not accept or "*/*" in accept or produced in accept or produced in ("", "*/*"):
        return
    if _quality(produced, accept) <= 0:
        raise NotAcceptable(details={"produced": produced})


def prefers_events(accept: str) -> bool:
    """Whether the client would rather have server-sent events than JSON."""
    if EVENTS not in accept.lower():
        return False
    return _quality(EVENTS, accept) >= max(0.001, _quality(JSON, accept))


def _quality(media_type: str, accept: str) -> float:
    """How welcome a media type is, from 0 to 1. A header that isn't well formed as a whole welcomes nothing."""
    import falcon

    try:
        return falcon.mediatypes.quality(media_type, accept)
    except falcon.InvalidMediaType:
        return 0.0


def announced_length(headers: Mapping[str, str]) -> int | None:
    """Bytes of the body by its ``Content-Length``; None without a well-formed one."""
    text = headers.get("content-length", "")
    return int(text[:20]) if text.isascii() and text.isdigit() else None


def check_length(headers: Mapping[str, str], most: int) -> None:
    """Refuse a body that is announced to be too large."""
    if (announced_length(headers) or 0) > most:
        raise PayloadTooLarge(details={"limit_bytes": most})


def parse_body(operation: Operation, request: Incoming) -> dict[str, Any]:
    """The body's fields as sent, before the schema checks them; raises what its reception found wrong."""
    if request.refusal is not None:
        raise request.refusal
    if request.fields is not None:
        return request.fields
    if operation.body is None:
        if request.body not in (b"", b"{}"):
            raise ValidationFailed("body", "This operation takes no body")
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = "application/x-www-form-urlencoded" if operation.form else "application/json"
    if media_type != wanted:
        raise UnsupportedMediaType(f"Send the body as {wanted}", details={"supported": [wanted]})
    return parse_pairs(_one_line(request.body), "body") if operation.form else _parse_json(request)


def _one_line(form: bytes) -> bytes:
    """NOTE: the API reference prints a form with one pair a line; line breaks in a value are percent-encoded."""
    return re.sub(rb"&[\r\n]+", b"&", form).rstrip(b"\r\n")


def _parse_json(request: Incoming) -> dict[str, Any]:
    charset = re.search(r"charset=\"?([^\";\s]+)", request.headers.get("content-type", ""), re.IGNORECASE)
    if charset is not None and charset.group(1).lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("Send JSON in UTF-8", details={"supported": ["utf-8"]})
    if not request.body:
        raise ValidationFailed("body", "A JSON object is needed")
    try:
        value = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise ValidationFailed("body", f"Not valid JSON at line {error.lineno}, column {error.colno}") from None
    if not isinstance(value, dict):
        raise ValidationFailed("body", "Must be a JSON object")
    # PERF: only a body that mentions NUL is walked through.
    if b"\\u0000" in request.body:
        _refuse_nul(value, "")
    return value


def _refuse_nul(value: Any, place: str, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise ValidationFailed("body", f"Must not be nested deeper than {_DEEPEST} levels")
    if isinstance(value, str) and "\0" in value:
        raise ValidationFailed(place.replace("\0", "") or "body", "Must not contain control characters")
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_nul(name, place or "body", depth + 1)
            _refuse_nul(inner, f"{place}.{name}" if place else name, depth + 1)
    if isinstance(value, list):
        for number, inner in enumerate(value):
            _refuse_nul(inner, f"{place}.{number}" if place else str(number), depth + 1)
