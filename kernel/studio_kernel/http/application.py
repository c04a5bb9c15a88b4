"""The Falcon application: routes from operations, errors in the envelope, bodies in and out."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, TypeVar

import falcon
import falcon.asgi

from studio_kernel.draining import Draining
from studio_kernel.errors import (
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    StudioError,
    ValidationFailed,
)
from studio_kernel.http.dispatch import Dispatcher
from studio_kernel.http.operations import FileAnswer, Operation, template
from studio_kernel.http.requests import EVENTS, Incoming, Network, announced_length, check_length, incoming
from studio_kernel.http.uploads import receive
from studio_kernel.http.wire import Wire, error_wire
from studio_kernel.security.principal import anonymous
from studio_kernel.threads import ServingThreads

_log = logging.getLogger(__name__)
T = TypeVar("T")

# PERF: bytes of a file in memory at a time while it is sent.
_SEND_CHUNK = 256 * 1024


class HttpApplication:
    """Turns operations into an ASGI application."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        executor: ServingThreads,
        *,
        stage: Callable[[], Any],
        max_body: int,
        trusted_proxies: Sequence[Network] = (),
        draining: Draining | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self._executor = executor
        self._stage = stage
        self._max_body = max_body
        self._trusted = trusted_proxies
        self._draining = draining or Draining()

    def build(self, operations: Sequence[Operation], lifespan: Any) -> falcon.asgi.App[Any, Any]:
        """The ASGI application that serves ``operations``; ``lifespan`` gets startup and shutdown."""
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App(middleware=[lifespan], request_type=_Request)
        app.req_options.strip_url_path_trailing_slash = False
        app.add_error_handler(Exception, self._on_error)
        app.add_error_handler(falcon.HTTPError, self._on_error)
        by_path: dict[str, list[Operation]] = {}
        for operation in operations:
            self._dispatcher.register(operation)
            # NOTE: Falcon refuses two routes that name the same place differently; plugins needn't agree on names.
            by_path.setdefault(template(operation.path), []).append(operation)
        for path, group in by_path.items():
            app.add_route(path, self._resource(group))
        return app

    def _resource(self, operations: Sequence[Operation]) -> object:
        resource = _Resource()
        for operation in operations:
            responder = self._responder(operation)
            setattr(resource, f"on_{operation.method.lower()}", responder)
            if operation.method == "GET":
                resource.on_head = responder  # type: ignore[attr-defined]
        methods = {name.removeprefix("on_").upper() for name in vars(resource)}
        resource.on_options = self._options(", ".join(sorted(methods | {"OPTIONS"})))  # type: ignore[attr-defined]
        return resource

    def _options(self, allow: str) -> Callable[..., Any]:
        """Tells what a path takes (RFC 9110 section 9.3.7), and counts and is named as every other request."""

        async def respond(req: falcon.asgi.Request, resp: falcon.asgi.Response, **parameters: str) -> None:
            request = incoming(req.scope, {}, self._trusted)
            self._send(self._unrouted(Wire(200, b"", {"Allow": allow}), request), resp)

        return respond

    def _responder(self, operation: Operation) -> Callable[..., Any]:
        names = [(f"p{number}", name) for number, name in enumerate(operation.path_parameters)]

        async def respond(req: falcon.asgi.Request, resp: falcon.asgi.Response, **parameters: str) -> None:
            request = incoming(req.scope, {name: parameters[place] for place, name in names}, self._trusted)
            if operation.upload is not None:
                wire = await self._serve_upload(operation, request, req)
            else:
                wire = await self._serve(operation, request, req)
            self._send(wire, resp)

        return respond

    async def _serve(self, operation: Operation, request: Incoming, req: falcon.asgi.Request) -> Wire:
        if operation.method not in ("GET", "DELETE"):
            try:
                request.body = await self._read_body(request, req)
            except StudioError as error:
                request.refusal = error
        if self._dispatcher.may_run_on_loop(operation, request):
            return self._dispatcher.serve(operation, request)
        return await self._in_thread(self._dispatcher.serve, operation, request)

    async def _serve_upload(self, operation: Operation, request: Incoming, req: falcon.asgi.Request) -> Wire:
        """Let the caller in before the file is taken, and leave nothing behind when it isn't kept."""
        assert operation.upload is not None
        try:
            try:
                await self._in_thread(self._dispatcher.admit, operation, request)
                await receive(req.stream, request, operation.upload, self._stage, self._executor)
            except StudioError as error:
                request.refusal = error
            return await self._in_thread(self._dispatcher.serve, operation, request)
        finally:
            if request.file is not None:
                await self._in_thread(request.file.staged.discard)

    async def _read_body(self, request: Incoming, req: falcon.asgi.Request) -> bytes:
        check_length(request.headers, self._max_body)
        body = await req.stream.read(self._max_body + 1)
        if len(body) > self._max_body:
            raise PayloadTooLarge(details={"limit_bytes": self._max_body})
        if len(body) < (announced_length(request.headers) or 0):
            raise ValidationFailed("body", "The body ended before its announced length")
        return body

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._executor.call(function, *arguments)

    def _unrouted(self, wire: Wire, request: Incoming) -> Wire:
        """An answer outside of any operation, with the headers that every answer has."""
        headers = {"X-Request-ID": request.request_id, "X-Content-Type-Options": "nosniff"}
        try:
            state = self._dispatcher.limiter.check(anonymous(request.address), "unrouted")
            headers |= state.headers()
        except StudioError as limited:
            wire = error_wire(limited, request.request_id)
        self._dispatcher.metrics.observe("unrouted", wire.status, 0.0)
        wire.headers = headers | wire.headers
        return wire

    async def _on_error(self, req: Any, resp: Any, error: Exception, params: Any, **rest: Any) -> None:
        """Errors that Falcon itself raises: no such path, wrong method, malformed requests."""
        request = incoming(req.scope, {}, self._trusted)
        if isinstance(error, falcon.HTTPRouteNotFound | falcon.HTTPNotFound):
            answer: StudioError = NotFound(f"There is nothing at {request.path[:200]}")
        elif isinstance(error, falcon.HTTPMethodNotAllowed):
            answer = MethodNotAllowed()
            answer.headers.update(error.headers or {})
        elif isinstance(error, falcon.HTTPError) and error.status_code < 500:
            answer = ValidationFailed("request", "Malformed request")
        else:
            _log.error("a request failed outside any operation", exc_info=error)
            answer = StudioError()
        self._send(self._unrouted(error_wire(answer, request.request_id), request), resp)

    def _send(self, wire: Wire, resp: Any) -> None:
        resp.status = wire.status
        cookie = wire.headers.pop("Set-Cookie", None)
        resp.set_headers(wire.headers)
        if self._draining.begun:
            # NOTE: so that no client keeps a connection on which its next request would come too late.
            resp.set_header("Connection", "close")
        if cookie is not None:
            # NOTE: Falcon takes cookies in no other way.
            resp.append_header("Set-Cookie", cookie)
        if wire.content_type:
            resp.content_type = wire.content_type
        if wire.file is not None and wire.status in (200, 206):
            start, end = wire.span
            resp.set_header("Content-Length", str(end - start))
            resp.set_header("Content-Disposition", disposition(wire.file.file_name))
            resp.set_header("Content-Security-Policy", "sandbox; default-src 'none'")
            resp.stream = self._stream(wire.file, start, end)
        elif wire.stream is not None:
            step = self._next_event if wire.content_type.startswith(EVENTS) else _next_chunk
            resp.stream = self._chunks(wire.stream, step)
        elif wire.body is not None:
            resp.data = wire.body

    def _next_event(self, events: Iterator[bytes]) -> bytes:
        """Events are waited for, as other streams aren't: meanwhile the thread's place is somebody else's."""
        with self._executor.stepping_aside():
            return next(events, b"")

    async def _chunks(self, chunks: Iterator[bytes], step: Callable[[Iterator[bytes]], bytes]) -> AsyncIterator[bytes]:
        try:
            while chunk := await self._in_thread(step, chunks):
                yield chunk
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                # NOTE: not awaited: the client may be gone, and with it the task that would wait.
                self._executor.submit(close)

    async def _stream(self, file: FileAnswer, start: int, end: int) -> AsyncIterator[bytes]:
        source = await self._in_thread(file.open, start, end)
        try:
            while chunk := await self._in_thread(source.read, _SEND_CHUNK):
                yield chunk
        finally:
            with contextlib.suppress(Exception):
                source.close()


class _Request(falcon.asgi.Request):
    """A request whose body is never taken for whole when its sender went away in the middle of it.

    NOTE: Falcon reads a disconnect as the end of the body, which nothing contradicts where no length was announced.
    """

    def __init__(self, scope: Any, receive: Any, **more: Any) -> None:
        async def next_event() -> Any:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise ValidationFailed("body", "The body ended before it was whole")
            return event

        super().__init__(scope, next_event, **more)


class _Resource:
    """Carries the responders of one path for Falcon."""


def _next_chunk(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")


def disposition(name: str) -> str:
    """``Content-Disposition: attachment`` with a file name that is safe in a header (RFC 6266, 8187)."""
    from urllib.parse import quote

    plain = "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else "_" for c in name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"
