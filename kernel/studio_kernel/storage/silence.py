"""A database server that takes statements and doesn't answer: what waits for it is cut off, nothing more is sent.

A hung host, a stopped process or a lost route breaks no connection, and limits like ``statement_timeout`` are kept by
the server itself. So a thread of this process looks at what has been waiting for long, and asks the server over another
connection. A server that answers there is slow, and is left alone however long it takes; else it is silent.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from studio_kernel.errors import ServiceUnavailable

_log = logging.getLogger(__name__)

# Seconds between looks.
_LOOK = 0.5


class Watch:
    """Watches the statements of one database.

    ``answers`` asks the server over a connection of its own whether it is there, for no more than half of
    ``patience``, which is in seconds: how long a statement may wait for a silent server.
    """

    def __init__(self, answers: Callable[[], bool], patience: float) -> None:
        self._answers = answers
        self._patience = patience
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._asked = 0.0
        # PERF: no lock; each entry belongs to one thread.
        self._waiting: dict[Any, float] = {}
        self._silent = False

    def over(self, connection: Any) -> _Over:
        """Held while a statement on ``connection`` runs, or one is made; ``ServiceUnavailable`` of a silent server."""
        if self._silent:
            raise ServiceUnavailable("The database doesn't answer at the moment")
        return _Over(self._waiting, connection)

    def start(self) -> None:
        """Begin to look, unless it has begun; also after a fork, which takes no threads along."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, name="studio-database-watch", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the looking."""
        self._stopping.set()

    def _loop(self) -> None:
        while not self._stopping.wait(min(_LOOK, self._patience / 8)):
            try:
                self._look()
            except Exception:
                _log.warning("the database could not be watched", exc_info=True)

    def _look(self) -> None:
        now, half = time.monotonic(), self._patience / 2
        waiting = now - min(list(self._waiting.values()), default=now)
        if not self._silent and (waiting < half or now - self._asked < half):
            return
        silent = not self._answers()
        if silent != self._silent:
            _log.warning("the database is silent" if silent else "the database answers again")
        self._asked, self._silent = time.monotonic(), silent
        if silent:
            for connection in list(self._waiting):
                _cut(connection)


class _Over:
    __slots__ = ("_connection", "_waiting")

    def __init__(self, waiting: dict[Any, float], connection: Any) -> None:
        self._waiting = waiting
        self._connection = connection

    def __enter__(self) -> None:
        self._waiting[self._connection] = time.monotonic()

    def __exit__(self, *error: object) -> None:
        del self._waiting[self._connection]


def _cut(connection: Any) -> None:
    """End a connection under the statement that waits on it, whose thread then gets the driver's exception."""
    with contextlib.suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)
