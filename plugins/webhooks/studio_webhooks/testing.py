"""A receiver for tests: a real HTTP server on loopback that remembers what it got."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver answers. ``hang`` keeps silent until the receiver stops; ``drip`` sends byte by byte."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: bool = False


class Receiver:
    """Takes webhooks on ``url``. Use it as a context manager; it needs ``webhooks.allowed_networks=127.0.0.0/8``.

    With ``tls`` it speaks HTTPS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self._replies: deque[Reply] = deque()
        self._always = Reply()
        self._server = _Server(self, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where the receiver listens on 127.0.0.1."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """What to give as a webhook's URL."""
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, *replies: Reply | int) -> None:
        """Answer the next requests so, one after the other; then go on with the usual 204."""
        self._replies.extend(Reply(each) if isinstance(each, int) else each for each in replies)

    def always(self, reply: Reply | int) -> None:
        """Answer every request so from now on."""
        self._always = Reply(reply) if isinstance(reply, int) else reply

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def take(self, received: Received) -> Reply:
        """Remember a request; what to answer it."""
        self.received.append(received)
        return self._replies.popleft() if self._replies else self._always


class _Server(ThreadingHTTPServer):
    """Takes up TLS in the connection's own thread, and keeps quiet about senders that hang up."""

    daemon_threads = True

    def __init__(self, receiver: Receiver, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = receiver
        self.stopped = threading.Event()
        self._tls = tls

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        reply = self.server.receiver.take(Received(self.command, self.path, headers, body))
        if reply.hang:
            self.server.stopped.wait(60)
        elif reply.drip:
            self._drip()
        else:
            self._whole(reply)

    def do_GET(self) -> None:
        self.do_POST()

    def _whole(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _drip(self) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 600:
            if self.server.stopped.wait(0.1):
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, format: str, *arguments: object) -> None:
        return
