"""One running server for the tests of the clients, and a way to it on which an answer gets lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from studio_platform import StudioAPI
from support.server import EMAIL, PASSWORD, Server, serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A platform with every built-in plugin: these are what the clients are written from."""
    with serve(tmp_path_factory.mktemp("home"), STUDIO_PLUGINS_DISABLED="portal") as running:
        yield running


@pytest.fixture
def api(server: Server) -> Iterator[StudioAPI]:
    """The first administrator, signed in."""
    with StudioAPI(base_url=server.base) as client:
        yield client.login(EMAIL, PASSWORD)


@contextlib.contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server that answers as the handler does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Losing(BaseHTTPRequestHandler):
    """Hands on what comes, and loses the first answers on the way back."""

    protocol_version = "HTTP/1.1"
    target = ""
    path_of_loss = ""
    lost: list[str]
    losses = 1

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        answer = httpx.request(self.command, self.target + self.path, content=content, headers=headers, timeout=30)
        if self.path == self.path_of_loss and answer.status_code == 200 and len(self.lost) < self.losses:
            self.lost.append(self.headers.get("idempotency-key", ""))
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("content-type", ""))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def losing(server: Server) -> Callable[..., contextlib.AbstractContextManager[tuple[str, list[str]]]]:
    """The server behind a way on which the first answers of one path get lost; the keys that came with those."""

    @contextlib.contextmanager
    def run(path: str, losses: int = 1) -> Iterator[tuple[str, list[str]]]:
        facts = {"target": server.base, "path_of_loss": path, "lost": [], "losses": losses}
        handler = type("Handler", (Losing,), facts)
        with listening(handler) as url:
            yield url, handler.lost

    return run
