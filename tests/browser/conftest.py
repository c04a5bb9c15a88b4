"""A real browser, Debian's Chromium, driven by playwright. Without one the tests of this folder are skipped."""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from support.server import Server, serve

CHROMIUM = os.environ.get("STUDIO_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The running browser; each test opens contexts of its own.

    NOTE: for a module and not for the session: playwright holds an event loop of this thread for as long as it is open,
    and `asyncio.run` of later tests would be refused.
    """
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine (apt-get install chromium); .ci/run installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # NOTE: the sandbox can't be set up by root, who runs tests in containers. A name that isn't of the own machine
        # is a page that browsers don't trust without TLS.
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP studio.test 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``studio serve`` with only the plugin that has pages; managers need a second factor."""
    settings = {
        "STUDIO_PLUGINS_DISABLED": "projects,evidence,compliance,ai,webhooks",
        "STUDIO_AUTH_SECOND_FACTOR_ROLES": "manager",
    }
    with serve(tmp_path_factory.mktemp("browser") / "home", **settings) as running:
        yield running


class Callback:
    """The client's own server: remembers what it was called with."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/callback"):
                    outer.paths.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><html lang=en><title>Client</title><h1>Back at the client</h1>")

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/callback"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def callback() -> Iterator[Callback]:
    made = Callback()
    yield made
    made.close()
