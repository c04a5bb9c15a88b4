"""Connections that only ever reach checked addresses."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import httpcore

from studio_webhooks.addresses import AddressGuard

# Seconds for each address of a host but the last, so that one that is dead doesn't use up the time of the others.
_EACH_ADDRESS = 3.0

connections_made: ContextVar[list[str]] = ContextVar("connections_made")
"""Where the task under way notes the addresses that it connected to."""


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
        stream = await self._sockets.connect_tcp(address, port, timeout, None, options)
        connections_made.get([]).append(address)
        return stream

    async def connect_unix_socket(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("webhooks are not sent to sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._sockets.sleep(seconds)
