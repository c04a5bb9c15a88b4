"""The load generator: keep-alive HTTP/1.1 over a fixed number of connections, one request under way on each.

PERF: a Protocol on uvloop, with requests encoded beforehand and the least parsing that still checks each
answer. It runs on a core of its own. `Sample.busy` tells how much of that core it needed:
near 1.0 the generator, not the server, would be what is measured.
"""

import asyncio
import gc
import json
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, cast

import uvloop

DRAIN_SECONDS = 10.0
OK = (b"200", b"201")


class LoadError(RuntimeError):
    """An answer was not what it must be; the text shows it."""


@dataclass(frozen=True)
class Sample:
    """What one round against one target gave."""

    rate: float
    """Answers a second."""
    p50: float
    """Median time from request to complete answer, in milliseconds."""
    p99: float
    """99th percentile of the same, in milliseconds."""
    busy: float
    """The generator's own processor time as a share of one core, 0–1."""
    cost: float = 0.0
    """The server's processor time for an answer, in microseconds; 0 where that can't be read."""


def encode(method: str, path: str, *, token: str = "", body: Any = None) -> bytes:
    """Return a complete HTTP/1.1 request with a bearer token and a JSON body, if given."""
    head = [f"{method} {path} HTTP/1.1", "Host: bench.example", "Accept: application/json"]
    if token:
        head.append(f"Authorization: Bearer {token}")
    content = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


def content_length(head: bytes) -> int:
    """Return the length that a block of response headers states.

    :raises LoadError: it states none (chunked answers are not read here).
    """
    lowered = head.lower()
    start = lowered.find(b"\r\ncontent-length:")
    if start < 0:
        raise LoadError(f"answer without Content-Length: {head!r}")
    end = lowered.find(b"\r\n", start + 2)
    return int(lowered[start + 17 : end if end >= 0 else len(lowered)])


class Run:
    """State that all connections of one round share."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self.requests = cycle(requests)
        self.latencies: list[float] = []
        self.sending = True
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, reason: str) -> None:
        """Stop the round with an error; the first reason counts."""
        self.sending = False
        if not self.finished.done():
            self.finished.set_exception(LoadError(reason))


class Connection(asyncio.Protocol):
    """One keep-alive connection: sends, reads one whole answer, notes its time, sends again."""

    __slots__ = ("buffer", "expected", "idle", "run", "sent", "transport")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.buffer = b""
        self.expected = 0
        self.sent = 0.0
        self.idle = asyncio.Event()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.send()

    def send(self) -> None:
        """Send the next request of the round."""
        self.sent = time.perf_counter()
        self.transport.write(next(self.run.requests))

    def data_received(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        if not self.expected and not self._head(data):
            return
        if len(data) < self.expected:
            self.buffer = data
            return
        self.run.latencies.append(time.perf_counter() - self.sent)
        if data[9:12] not in OK or len(data) > self.expected:
            self.run.fail(f"unexpected answer: {data[:1000]!r}")
            return
        self.buffer = b""
        self.expected = 0
        if self.run.sending:
            self.send()
        else:
            self.idle.set()

    def _head(self, data: bytes) -> bool:
        """Find out how long the answer is; return False while its headers are incomplete."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self.buffer = data
            return False
        try:
            self.expected = end + 4 + content_length(data[:end])
        except LoadError as error:
            self.run.fail(str(error))
            return False
        return True

    def connection_lost(self, error: Exception | None) -> None:
        if not self.idle.is_set():
            self.run.fail(f"connection closed by the server: {error}")
            self.idle.set()


async def _drive(
    address: tuple[str, int],
    requests: Sequence[bytes],
    connections: int,
    times: tuple[float, float],
    spent: Callable[[], float],
) -> Sample:
    """Warm up, measure, let the requests under way finish; `times` is warm-up and measurement in seconds."""
    loop = asyncio.get_running_loop()
    run = Run(requests)
    lines = [(await loop.create_connection(lambda: Connection(run), *address))[1] for _ in range(connections)]
    await asyncio.wait([run.finished], timeout=times[0])
    run.latencies = []
    started, worked, used = time.perf_counter(), time.process_time(), spent()
    await asyncio.wait([run.finished], timeout=times[1])
    seconds, busy = time.perf_counter() - started, time.process_time() - worked
    latencies, run.sending, used = run.latencies, False, spent() - used
    run.latencies = []
    if run.finished.done():
        run.finished.result()
    await asyncio.wait_for(asyncio.gather(*(line.idle.wait() for line in lines)), DRAIN_SECONDS)
    for line in lines:
        line.transport.close()
    if run.finished.done():
        run.finished.result()
    return _sample(latencies, seconds, busy, used)


def _sample(latencies: list[float], seconds: float, busy: float, used: float) -> Sample:
    if not latencies:
        raise LoadError(f"no answer within {seconds:.1f} s")
    ordered = sorted(latencies)
    count = len(ordered)
    return Sample(
        rate=count / seconds,
        p50=ordered[count // 2] * 1000,
        p99=ordered[min(count - 1, count * 99 // 100)] * 1000,
        busy=busy / seconds,
        cost=used / count * 1_000_000,
    )


def drive(
    address: tuple[str, int],
    requests: Sequence[bytes],
    *,
    connections: int,
    warmup: float,
    seconds: float,
    spent: Callable[[], float] = lambda: 0.0,
) -> Sample:
    """Send `requests` in turn over `connections` connections for `warmup` and then for `seconds` that count.

    `spent` tells the processor seconds that the server has used so far.

    :raises LoadError: an answer other than 200 or 201, a closed connection, or no answer at all.
    """
    gc.collect()
    gc.disable()
    try:
        return uvloop.run(_drive(address, requests, connections, (warmup, seconds), spent))
    finally:
        gc.enable()


def once(address: tuple[str, int], request: bytes, *, timeout: float = 30.0) -> Any:
    """Send one request on a connection of its own and return the JSON that it is answered with.

    :raises LoadError: an answer other than 200 or 201.
    """
    with socket.create_connection(address, timeout=timeout) as line:
        line.sendall(request)
        return answer(line)


def answer(line: socket.socket) -> Any:
    """Read an answer and return its JSON.

    :raises LoadError: an answer other than 200 or 201.
    """
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    head, _, body = received.partition(b"\r\n\r\n")
    length = content_length(head)
    while len(body) < length:
        body += _more(line)
    if head[9:12] not in OK:
        raise LoadError(f"unexpected answer: {head[:300]!r} {body[:1000]!r}")
    return json.loads(body)


def _more(line: socket.socket) -> bytes:
    part = line.recv(65536)
    if not part:
        raise LoadError("connection closed by the server")
    return part
