"""A receiver of webhooks that now and then refuses, and keeps what it took."""

from __future__ import annotations

import http.server
import random
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Taken:
    """One delivery that was taken, in the order of taking."""

    message_id: str
    body: bytes


class Receiver(http.server.ThreadingHTTPServer):
    """Refuses that ``share`` of all deliveries with 503."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, share: float = 0.05) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[Taken] = []
        self.refused = 0
        self._share, self._chance, self._lock = share, random.Random(11), threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook"

    def take(self, message_id: str, body: bytes) -> bool:
        """Keep one, or refuse it."""
        with self._lock:
            if self._chance.random() < self._share:
                self.refused += 1
                return False
            self.taken.append(Taken(message_id, body))
            return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.shutdown()
        self.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        taken = self.server.take(self.headers["webhook-id"], body)
        self.send_response(204 if taken else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""
