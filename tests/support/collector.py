"""A receiver of traces: a real HTTP server on loopback that takes OTLP and keeps the spans."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from support.server import wait_until


class Collector(http.server.ThreadingHTTPServer):
    """Its ``spans`` are what came so far, oldest first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Any] = []
        self.paths: set[str] = set()

    @property
    def url(self) -> str:
        """The base that a setting takes."""
        return f"http://127.0.0.1:{self.server_port}"

    def named(self, name: str) -> list[Any]:
        """The spans of that name."""
        return [span for span in self.spans if span.name == name]

    def wait_for(self, name: str, which: Callable[[Any], bool] = lambda span: True) -> Any:
        """The first span of that name that fits, once it is here."""
        wait_until(lambda: any(which(span) for span in self.named(name)))
        return next(span for span in self.named(name) if which(span))


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        message = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
        self.server.paths.add(self.path)
        self.server.spans += [span for r in message.resource_spans for s in r.scope_spans for span in s.spans]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def attributes(span: Any) -> dict[str, Any]:
    """A span's attributes as plain values."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    """A receiver for the length of the block."""
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
