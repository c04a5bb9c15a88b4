"""From a request to an answer: the one path that every operation takes.

The order: caller, rate limit, permission and scope, query and body, idempotency and preconditions, responder,
audit, bytes. It runs in a worker thread in one go, or on the event loop for operations that never wait.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from studio_kernel.audit import Audit
from studio_kernel.context import CallContext, current_context, enter_call, leave_call
from studio_kernel.errors import (
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    StudioError,
    Unauthorized,
)
from studio_kernel.http import schemas
from studio_kernel.http.credentials import CredentialCache
from studio_kernel.http.idempotency import Idempotency
from studio_kernel.http.listing import KnownRequests, Listing, ListRequest, parse_list_request
from studio_kernel.http.operations import (
    PUBLIC,
    Answer,
    Call,
    FileAnswer,
    Operation,
    RawAnswer,
    StreamAnswer,
    sort_out,
    template,
)
from studio_kernel.http.requests import Incoming, check_accept, parse_body, parse_pairs, prefers_events
from studio_kernel.http.wire import CHALLENGE, Wire, encode, error_wire
from studio_kernel.ratelimit import RateLimiter
from studio_kernel.security.permissions import Permissions
from studio_kernel.security.principal import Credentials, Principal, anonymous
from studio_kernel.storage.database import Database
from studio_kernel.telemetry import Metrics

if TYPE_CHECKING:
    from studio_kernel.tracing_otel import Tracing

_log = logging.getLogger(__name__)

_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
# Nothing has more bytes than forty digits can say; Python refuses to read thousands of them.
_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,40})-([0-9]{0,40})\s*\Z", re.ASCII)


@dataclass(slots=True)
class Dispatcher:
    """Serves operations of one application."""

    database: Database
    permissions: Permissions
    credentials: CredentialCache
    limiter: RateLimiter
    audit: Audit
    metrics: Metrics
    idempotency: Idempotency
    known: KnownRequests = field(default_factory=KnownRequests)
    representations: dict[str, Operation] = field(default_factory=dict)
    """For each path, the GET that shows the resource: what ``If-Match`` is compared with."""
    tracing: Tracing | None = None
    aside: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    """Held by a thread while it waits for the outside world, so that others may work meanwhile."""

    def register(self, operation: Operation) -> None:
        """Remember which operation shows the resource of a path."""
        if operation.method == "GET" and operation.etag:
            self.representations[template(operation.path)] = operation

    def may_run_on_loop(self, operation: Operation, request: Incoming) -> bool:
        """Whether serving it now waits for nothing at all."""
        counted = operation.rate_limit != "exempt"
        if operation.blocking or (counted and not self.limiter.is_local):
            return False
        if operation.permission != PUBLIC:
            request.principal = self.credentials.peek(_shown(request))
            return request.principal is not None
        return True

    def serve(self, operation: Operation, request: Incoming) -> Wire:
        """Do everything for one request; whatever goes wrong comes back as an answer."""
        started = time.perf_counter()
        context = CallContext(
            principal=request.principal or anonymous(request.address),
            action=operation.id,
            request_id=request.request_id,
            address=request.address,
            method=request.method,
            path=request.path,
            success_status=operation.status,
            agent=request.headers.get("user-agent", ""),
        )
        headers = {**_SAFE, "X-Request-ID": request.request_id}
        # PERF: `with call_context` would cost a microsecond and a half.
        token = enter_call(context)
        traced = None if self.tracing is None else self.tracing.begin_request(operation, request)
        try:
            wire = self._answer(operation, request, context, headers)
            if traced is not None:
                traced.answered(wire.status)
            self._finish(operation, context, wire, started)
        finally:
            if traced is not None:
                traced.end()
            leave_call(token)
        headers |= wire.headers
        wire.headers = headers
        return wire

    def _answer(self, operation: Operation, request: Incoming, context: CallContext, headers: dict[str, str]) -> Wire:
        try:
            return self._serve(operation, request, context, headers)
        except StudioError as error:
            return _refusal(operation, error, request.request_id)
        except (Exception, SystemExit):
            # NOTE: SystemExit too: on its way through the event loop it would end the server.
            _log.exception("operation %s failed", operation.id)
            return _refusal(operation, StudioError(), request.request_id)

    def admit(self, operation: Operation, request: Incoming) -> None:
        """Caller, rate limit, permission and scope; raises what refuses, as often as asked. A request counts once.

        Leaves the caller and the limit's headers on the request.
        """
        if request.barred is not None:
            raise request.barred
        counted = request.limits is not None
        if counted:
            # APPSEC: a body may be long on its way; who lost the right to send it meanwhile is refused.
            request.principal = None
        limits = request.limits = request.limits or {}
        try:
            principal = request.principal = self._identify(operation, request, limits)
            if not counted:
                limits |= self._count(operation, principal)
            self._permit(operation, principal)
        except StudioError as error:
            request.barred = error
            raise

    def _identify(self, operation: Operation, request: Incoming, headers: dict[str, str]) -> Principal:
        if request.principal is not None:
            return request.principal
        if operation.permission == PUBLIC:
            return anonymous(request.address)
        try:
            return self.credentials.identify(_shown(request))
        except Unauthorized as error:
            headers |= self._count(operation, anonymous(request.address))
            error.headers.setdefault("WWW-Authenticate", f'{CHALLENGE}, error="invalid_token"')
            raise

    def _permit(self, operation: Operation, principal: Principal) -> None:
        try:
            self.permissions.check(principal, operation.permission, operation.needed_scope)
        except Unauthorized as error:
            error.headers.setdefault("WWW-Authenticate", CHALLENGE)
            raise

    def _count(self, operation: Operation, principal: Principal) -> dict[str, str]:
        limit = operation.rate_limit
        exempt = limit == "exempt"
        return self.limiter.check(principal, operation.id, "" if exempt else limit, count=not exempt).headers()

    def _serve(self, operation: Operation, request: Incoming, context: CallContext, headers: dict[str, str]) -> Wire:
        # NOTE: known before anything refuses, so that the audit log names who was refused.
        try:
            self.admit(operation, request)
        finally:
            context.principal = request.principal or context.principal
            headers |= request.limits or {}
        if operation.deprecated is not None:
            headers["Deprecation"] = operation.deprecated.since
            headers["Sunset"] = operation.deprecated.sunset
        accept = request.headers.get("accept", "")
        events = operation.events and prefers_events(accept)
        if operation.shape != "file" and not events:
            check_accept(accept, operation.media_type)
        call = _call(operation, request, context, self.known)
        call.wants_events = events
        if operation.method == "GET":
            return self._respond(operation, call)
        act = functools.partial(self._respond, operation, call)
        key = request.headers.get("idempotency-key")
        if key is not None and operation.method == "POST":
            call.repeatable = True
            # APPSEC: of two applications that act for one account neither gets the other's answer.
            caller = "\0".join(filter(None, (context.principal.id, context.principal.client_id)))
            if operation.permission == PUBLIC:
                # APPSEC: such an operation may prove its caller itself, as OAuth does; an answer is theirs alone.
                caller += "\0" + request.headers.get("authorization", "")
            once = self.idempotency.run_slow if operation.slow else self.idempotency.run
            name = f"{operation.id} {request.path}" + (" events" if events else "")
            return once(caller, name, key, _input(request), act)
        if operation.prepare is not None:
            with self.aside():
                operation.prepare(call)
        if operation.method != "POST" and "if-match" in request.headers:
            return self._guarded(operation, call, act)
        return act()

    def _guarded(self, operation: Operation, call: Call, act: Callable[[], Wire]) -> Wire:
        """A change under ``If-Match`` (RFC 9110 section 13.1.1): compare and change in one transaction."""
        shown = self.representations.get(template(operation.path))
        if shown is None:
            return act()
        with self.database.transaction():
            self.database.lock("etag:" + "/".join(call.path.values()))
            # NOTE: the two operations may come from plugins that name the path's parameters differently.
            path = dict(zip(shown.path_parameters, call.path.values(), strict=True))
            current = self._respond(shown, replace(call, path=path))
            if not _matches(call.headers["if-match"], current.headers.get("ETag", ""), weak=False):
                raise PreconditionFailed(details={"etag": current.headers.get("ETag", "")})
            wire = act()
            current_context().success_status = wire.status
            return wire

    def _respond(self, operation: Operation, call: Call) -> Wire:
        if operation.slow:
            with self.aside():
                result = operation.handler(call)
        else:
            result = operation.handler(call)
        wire = _to_wire(operation, result)
        if operation.etag and wire.body is not None and wire.status == 200:
            digest = hashlib.blake2b(wire.body, digest_size=12).hexdigest()
            wire.headers["ETag"] = f'"{digest}"'
            wire.headers["Cache-Control"] = "private, no-cache"
        if operation.method == "GET":
            return _conditional(wire, call.headers)
        return wire

    def _finish(self, operation: Operation, context: CallContext, wire: Wire, started: float) -> None:
        if operation.rate_limit != "exempt":
            self.audit.note(context, wire.status)
        self.metrics.observe(operation.id, wire.status, time.perf_counter() - started)


def _shown(request: Incoming) -> Credentials:
    return Credentials(request.headers, request.address, request.peer)


def _input(request: Incoming) -> bytes:
    """What a repeat of a request has in common with it: the body, and the query where there is one."""
    body = request.fingerprint or request.body
    return hashlib.sha256(body).digest() + request.query if request.query else body


def _query(
    operation: Operation, request: Incoming, known: KnownRequests
) -> tuple[Mapping[str, Any], ListRequest | None]:
    """The query string, read and checked as the operation declares it."""
    if operation.listing is not None:
        return known.get(operation.id, request.query, functools.partial(_list_query, operation.listing, request.query))
    query = parse_pairs(request.query, "query")
    if operation.query is not None:
        return schemas.load(_schema(operation.query, False), query), None
    if query:
        sort_out(query, [])
    return query, None


def _list_query(listing: Listing, raw: bytes) -> tuple[Mapping[str, str], ListRequest]:
    query = parse_pairs(raw, "query")
    sort_out(query, listing.parameters)
    return query, parse_list_request(listing, query)


def _call(operation: Operation, request: Incoming, context: CallContext, known: KnownRequests) -> Call:
    query, listing = _query(operation, request, known)
    body: Mapping[str, Any] = {}
    if operation.method not in ("GET", "DELETE"):
        body = parse_body(operation, request)
        if operation.body is not None:
            body = schemas.load(_schema(operation.body, operation.partial), body)
    return Call(
        principal=context.principal,
        request_id=request.request_id,
        address=request.address,
        path=_check_path(request.parameters),
        query=query,
        body=body,
        headers=request.headers,
        file=request.file,
        list_request=listing,
    )


def _check_path(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """A path that can't name anything names nothing."""
    for value in parameters.values():
        if not value.isascii() or not value.isprintable() or len(value) > 100:
            raise NotFound()
    return parameters


@functools.lru_cache(maxsize=1024)
def _schema(kind: type[schemas.Schema], partial: bool) -> schemas.Schema:
    return kind(partial=partial)


def _to_wire(operation: Operation, result: Any) -> Wire:
    if isinstance(result, FileAnswer):
        span = (0, result.size)
        return Wire(200, None, {"ETag": f'"{result.etag}"'}, result.content_type, result, span)
    if isinstance(result, StreamAnswer):
        headers = {"X-Accel-Buffering": "no"}
        return Wire(operation.status, None, headers, result.content_type, stream=iter(result.chunks))
    if isinstance(result, RawAnswer):
        return Wire(result.status, result.body, dict(result.headers), result.content_type)
    answer = result if isinstance(result, Answer) else Answer(result)
    headers = dict(answer.headers)
    if answer.location:
        headers["Location"] = answer.location
    status = answer.status or operation.status
    if operation.shape == "message":
        return Wire(status, encode({"success": True, "message": operation.message}), headers)
    if operation.shape == "bare":
        return Wire(status, encode(answer.data), headers)
    return Wire(status, encode({"success": True, "data": answer.data}), headers)


def _refusal(operation: Operation, error: StudioError, request_id: str) -> Wire:
    """The error envelope, or what the operation says in its place."""
    if operation.refuse is None:
        return error_wire(error, request_id)
    answer = operation.refuse(error)
    return Wire(answer.status, answer.body, {**error.headers, **answer.headers}, answer.content_type)


def _matches(header: str, etag: str, *, weak: bool) -> bool:
    if header.strip() == "*":
        return bool(etag)
    candidates = [part.strip() for part in header.split(",")]
    if weak:
        candidates = [part.removeprefix("W/") for part in candidates]
    return bool(etag) and etag in candidates


def _conditional(wire: Wire, headers: Mapping[str, str]) -> Wire:
    """``If-None-Match`` and ``Range`` (RFC 9110 sections 13.1.2 and 14)."""
    etag = wire.headers.get("ETag", "")
    if "if-none-match" in headers and _matches(headers["if-none-match"], etag, weak=True):
        return Wire(304, None, wire.headers, "")
    if wire.file is None:
        return wire
    wire.headers["Accept-Ranges"] = "bytes"
    asked = headers.get("range", "")
    if asked and ("if-range" not in headers or _matches(headers["if-range"], etag, weak=False)):
        span = _range(asked, wire.file.size)
        if span is not None:
            wire.status, wire.span = 206, span
            wire.headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{wire.file.size}"
    return wire


def _range(header: str, size: int) -> tuple[int, int] | None:
    """One byte range; several, or another unit, are answered with the whole file, as the RFC allows."""
    asked = _RANGE.match(header)
    first, last = asked.groups() if asked is not None else ("", "")
    if not (first or last):
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        refusal = RangeNotSatisfiable(details={"size": size})
        refusal.headers["Content-Range"] = f"bytes */{size}"
        raise refusal
    return start, end
