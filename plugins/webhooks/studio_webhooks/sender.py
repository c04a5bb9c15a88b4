"""One attempt: the request that a receiver sees, and what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import functools
import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import httpcore
import httpx

from studio_kernel.clock import to_text
from studio_webhooks.addresses import AddressGuard, AddressRefused
from studio_webhooks.targets import port_of
from studio_webhooks.transport import Connections

_KEPT_BYTES = 2048
_GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to. ``error`` is empty for a success; ``retry_after`` is in seconds, 0 for unasked.

    ``began`` is when it began, as text and empty for what was never sent, ``seconds`` how long it took.
    """

    error: str
    status: int | None = None
    body: str | None = None
    retry_after: float = 0.0
    began: str = ""
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took the delivery."""
        return not self.error

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more deliveries, ever."""
        return self.status == _GONE


class Sender:
    """Sends requests to receivers: no redirects, no proxy, no cookies. Connections are kept for a few seconds."""

    def __init__(self, guard: AddressGuard, *, timeout: float) -> None:
        self._guard = guard
        self._timeout = timeout
        self._connections: Connections | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Outcome:
        """POST ``body``. Whatever goes wrong is an outcome; nothing is raised for it."""
        clock = asyncio.get_running_loop().time
        start = clock()
        outcome = await self._tried(url, headers, body, now, start + self._timeout)
        return replace(outcome, began=to_text(now), seconds=clock() - start)

    async def _tried(
        self, url: str, headers: Mapping[str, str], body: bytes, now: datetime, deadline: float
    ) -> Outcome:
        try:
            return await self._post(httpx.URL(url), headers, body, now, deadline)
        except AddressRefused:
            return Outcome("The receiver's name leads to an address that webhooks may not be sent to")
        except (httpcore.TimeoutException, TimeoutError):
            return Outcome(f"No answer within {self._timeout:g} s")
        except httpcore.ConnectError as error:
            return Outcome(_connect_error(error))
        except ssl.SSLError as error:
            return Outcome(_connect_error(error))
        except OSError:
            return Outcome("The receiver's name can't be resolved")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Outcome("The connection ended without a proper HTTP answer")
        except (httpx.InvalidURL, httpcore.UnsupportedProtocol, UnicodeError):
            return Outcome("The URL is not valid")

    async def close(self) -> None:
        """Close the connections that wait; more can be made afterwards, also on another loop."""
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.close()

    async def _post(
        self, url: httpx.URL, headers: Mapping[str, str], body: bytes, now: datetime, deadline: float
    ) -> Outcome:
        # NOTE: a Host header of our own: httpcore writes IPv6 hosts without their brackets.
        sent = [("Host", url.netloc.decode("ascii")), *headers.items(), ("Content-Length", str(len(body)))]
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path)
        request = httpcore.Request("POST", target, headers=sent, content=body)
        if self._connections is None:
            self._connections = Connections(self._guard, lambda: self._tls)
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                response = await stack.enter_async_context(self._connections.answer(request))
            return _outcome(response, await _beginning(response, deadline), now)

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        # PERF: reading the certificates costs more than a delivery does.
        return httpx.create_ssl_context()


def _outcome(response: httpcore.Response, beginning: str, now: datetime) -> Outcome:
    status = response.status
    error = "" if 200 <= status < 300 else f"The receiver answered {status}"
    wait = 0.0 if not error else _retry_after(response.headers, now)
    return Outcome(error, status, beginning, wait)


async def _beginning(response: httpcore.Response, deadline: float) -> str:
    """The answer's first bytes as text. The status has decided already, so a broken body changes nothing."""
    kept, stream = b"", cast("AsyncGenerator[bytes, None]", response.aiter_stream())
    try:
        async with asyncio.timeout_at(deadline), contextlib.aclosing(stream) as parts:
            async for part in parts:
                kept += part
                if len(kept) >= _KEPT_BYTES:
                    break
    except (TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    # NOTE: PostgreSQL keeps no NUL. A character cut in half at the end is dropped by the limit in bytes.
    text = kept[:_KEPT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    return text.encode()[:_KEPT_BYTES].decode("utf-8", "ignore")


def _retry_after(headers: list[tuple[bytes, bytes]], now: datetime) -> float:
    """``Retry-After`` in seconds (RFC 9110 section 10.2.3), 0 when there is none that can be read."""
    text = next((value for name, value in headers if name.lower() == b"retry-after"), b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _connect_error(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "The receiver's TLS certificate can't be verified"
        if isinstance(cause, ssl.SSLError):
            return "No TLS connection to the receiver came about"
        cause = cause.__cause__ or cause.__context__
    return "The receiver can't be connected to"
