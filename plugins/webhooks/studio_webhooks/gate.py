"""How many deliveries are under way at once, in all and to one receiver."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Gate:
    """Lets ``most`` through at once, of each receiver ``each``.

    Those that wait for their own receiver keep nobody out.
    """

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._all = asyncio.Semaphore(most)
        self._receivers: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @contextlib.asynccontextmanager
    async def through(self, receiver: str) -> AsyncIterator[None]:
        """Wait for a place and hold it during the block."""
        own, users = self._receivers.get(receiver, (None, 0))
        own = own or asyncio.Semaphore(self._each)
        self._receivers[receiver] = (own, users + 1)
        try:
            async with own, self._all:
                yield
        finally:
            users = self._receivers[receiver][1] - 1
            if users:
                self._receivers[receiver] = (own, users)
            else:
                del self._receivers[receiver]

    def close(self) -> None:
        """Begin anew, on another loop if need be. Nobody may be inside."""
        self._all = asyncio.Semaphore(self._most)
