"""A receiver of webhooks that costs next to nothing: run by path, it prints its port and answers everything with 204.

Each line on standard input is answered with how many requests there were so far by path, as JSON, with the moments of
the first and the last one. ``--slow PATH SECONDS`` makes one path answer late.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any, cast

import uvloop

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiving(asyncio.Protocol):
    """One connection. PERF: just enough of HTTP/1.1 for the senders that are measured here."""

    def __init__(self, seen: dict[str, list[float]], slow: dict[str, float]) -> None:
        self.seen = seen
        self.slow = slow
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            start = head.find(b"content-length:") + 15
            stop = head.find(b"\r\n", start)
            length = int(head[start : stop if stop >= 0 else end])
            if len(self.buffer) < end + 4 + length:
                return
            path = head.split(b" ", 2)[1].decode()
            self.buffer = self.buffer[end + 4 + length :]
            self.take(path)

    def take(self, path: str) -> None:
        """Note a request and answer it, at once or late."""
        now = time.monotonic()
        known = self.seen.setdefault(path, [0, now, now])
        known[0] += 1
        known[2] = now
        delay = self.slow.get(path, 0.0)
        if delay:
            asyncio.get_running_loop().call_later(delay, self.answer)
        else:
            self.answer()

    def answer(self) -> None:
        """Say 204, unless the sender has gone."""
        if not self.transport.is_closing():
            self.transport.write(_ANSWER)


async def main(slow: dict[str, float]) -> None:
    """Serve until standard input ends."""
    seen: dict[str, list[float]] = {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiving(seen, slow), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    lines: Any = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--slow", nargs=2, action="append", default=[], metavar=("PATH", "SECONDS"))
    uvloop.run(main({path: float(seconds) for path, seconds in parser.parse_args().slow}))
