"""Connections that only ever reach checked addresses, and serve several deliveries one after the other."""

from __future__ import annotations

import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import httpcore

from studio_webhooks.addresses import AddressGuard

# Seconds for each address of a host but the last, so that one that is dead doesn't use up the time of the others.
_EACH_ADDRESS = 3.0

# Seconds for which a connection waits for the next delivery, and how many wait for one receiver.
_IDLE_SECONDS = 5.0
_MOST_IDLE = 16


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a host once, checks what came out, and connects to exactly that address.

    APPSEC: the name in the URL stays what TLS verifies and what ``Host`` says; but no second look-up lies between
    the check and the connection, so a name that changes its answer gains nothing.
    """

    def __init__(self, guard: AddressGuard, scheme: str) -> None:
        self._guard = guard
        self._scheme = scheme
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._guard.find(host, port, self._scheme)
        for address in addresses[:-1]:
            try:
                return await self._connect(address, port, _EACH_ADDRESS, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._connect(addresses[-1], port, timeout, socket_options)

    async def _connect(
        self, address: str, port: int, timeout: float | None, options: Iterable[Any] | None
    ) -> httpcore.AsyncNetworkStream:
        return await self._sockets.connect_tcp(address, port, timeout, None, options)

    async def connect_unix_socket(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("webhooks are not sent to sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._sockets.sleep(seconds)


class Connections:
    """The connections of one event loop, by receiver.

    PERF: httpcore's own pool looks at every connection for each request. That is most of its work where hundreds of
    receivers have connections that wait.
    """

    def __init__(self, guard: AddressGuard, tls: Callable[[], ssl.SSLContext]) -> None:
        self._guard = guard
        self._tls = tls
        self._idle: dict[str, deque[httpcore.AsyncHTTPConnection]] = {}

    @contextlib.asynccontextmanager
    async def answer(self, request: httpcore.Request) -> AsyncIterator[httpcore.Response]:
        """Send a request; its answer is to be read within the block."""
        connection, response = await self._sent(request)
        try:
            yield response
        finally:
            try:
                await response.aclose()
            finally:
                await self._keep(request.url.origin, connection)

    async def close(self) -> None:
        """Close all that wait."""
        idle, self._idle = self._idle, {}
        for waiting in idle.values():
            for connection in waiting:
                await connection.aclose()

    async def _sent(self, request: httpcore.Request) -> tuple[httpcore.AsyncHTTPConnection, httpcore.Response]:
        connection = await self._waiting(request.url.origin)
        if connection is not None:
            # NOTE: a receiver may close a connection that waits, at the very moment at which it is used again. That is
            # no failure of the receiver: it is asked once more.
            with contextlib.suppress(httpcore.NetworkError, httpcore.RemoteProtocolError):
                return connection, await self._send(connection, request)
        connection = self._new(request.url.origin)
        return connection, await self._send(connection, request)

    async def _send(self, connection: httpcore.AsyncHTTPConnection, request: httpcore.Request) -> httpcore.Response:
        try:
            return await connection.handle_async_request(request)
        except BaseException:
            await connection.aclose()
            raise

    async def _waiting(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection | None:
        key = str(origin)
        waiting = self._idle.get(key)
        while waiting:
            connection = waiting.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        self._idle.pop(key, None)
        return None

    def _new(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        scheme = origin.scheme.decode()
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._tls() if scheme == "https" else None,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=GuardedBackend(self._guard, scheme),
        )

    async def _keep(self, origin: httpcore.Origin, connection: httpcore.AsyncHTTPConnection) -> None:
        """Let a connection wait whose answer was read to the end."""
        waiting = self._idle.setdefault(str(origin), deque())
        if connection.is_idle() and not connection.is_closed() and len(waiting) < _MOST_IDLE:
            waiting.append(connection)
        else:
            await connection.aclose()
