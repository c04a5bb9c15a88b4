"""Receivers of webhooks as the world has them: they fail, hang, reset and trickle, and now and then they answer."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

_OK = b"HTTP/1.1 204 No Content\r\n\r\n"
_FAILED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One delivery that a receiver took, in the order in which it took them."""

    receiver: str
    message_id: str
    body: bytes


class Receivers:
    """One server; the path says which receiver: ``steady``, ``fails``, ``hangs``, ``resets`` or ``trickles``.

    All but the first misbehave in ``share`` of all cases. ``patience`` is in seconds: longer than a sender waits.
    """

    names = ("steady", "fails", "hangs", "resets", "trickles")

    def __init__(self, *, share: float = 0.15, patience: float = 1.0, seed: int = 7) -> None:
        self.accepted: list[Accepted] = []
        self.misbehaved = 0
        self._share = share
        self._patience = patience
        self._chance = random.Random(seed)
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def url(self, name: str) -> str:
        """Where a receiver listens."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._main())

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._request(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read and answer one; whether the connection may go on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        name = line.split()[1].strip("/")
        if name != "steady" and self._chance.random() < self._share:
            ways: dict[str, Callable[[asyncio.StreamWriter], Awaitable[bool]]] = {
                "fails": self._fail, "hangs": self._hang, "resets": self._reset, "trickles": self._trickle,
            }  # fmt: skip
            self.misbehaved += 1
            return await ways[name](writer)
        self.accepted.append(Accepted(name, headers["webhook-id"], body))
        writer.write(_OK)
        await writer.drain()
        return True

    async def _fail(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(_FAILED)
        await writer.drain()
        return True

    async def _hang(self, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(self._patience)
        return False

    async def _reset(self, writer: asyncio.StreamWriter) -> bool:
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False

    async def _trickle(self, writer: asyncio.StreamWriter) -> bool:
        for byte in _OK:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(self._patience / len(_OK))
        return False
