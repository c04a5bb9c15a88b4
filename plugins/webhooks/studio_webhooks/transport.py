"""Connections that only ever reach checked addresses, and never last longer than they may."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from studio_webhooks.addresses import AddressGuard


class Deadline:
    """One span of time for everything that belongs to an attempt."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, error: type[Exception] = httpcore.ReadTimeout) -> float:
        """Seconds that are left; ``error`` when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise error("the time is up")
        return left


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step counts against the deadline, so that a slow drip of bytes doesn't hold a worker."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves a host once, checks what came out, and connects to exactly that address.

    APPSEC: the name in the URL stays what TLS verifies and what ``Host`` says; but no second look-up lies between
    the check and the connection, so a name that changes its answer gains nothing.
    """

    def __init__(self, guard: AddressGuard, scheme: str, deadline: Deadline) -> None:
        self._guard = guard
        self._scheme = scheme
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        try:
            addresses = self._guard.addresses(host, port, self._scheme, patience=left)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from error
        return _TimedStream(self._first(addresses, port, socket_options), self._deadline)

    def _first(self, addresses: list[str], port: int, options: Iterable[Any] | None) -> httpcore.NetworkStream:
        for address in addresses[:-1]:
            try:
                left = self._deadline.left(httpcore.ConnectTimeout)
                return self._sockets.connect_tcp(address, port, left / 2, None, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        left = self._deadline.left(httpcore.ConnectTimeout)
        return self._sockets.connect_tcp(addresses[-1], port, left, None, options)

    def connect_unix_socket(self, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        raise httpcore.UnsupportedProtocol("webhooks are not sent to sockets of this machine")
