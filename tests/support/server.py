"""A server as an operator starts it: ``studio init``, ``studio serve``, on each database."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

EMAIL, PASSWORD = "first@example.org", "password123-and-more"


@dataclass
class Server:
    """A running server and how to sign in to it."""

    base: str
    home: Path
    environment: dict[str, str] = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    def client(self, email: str = EMAIL, password: str = PASSWORD) -> httpx.Client:
        """A client that is signed in."""
        client = httpx.Client(base_url=self.base, timeout=30)
        answer = client.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['data']['tokens']['access_token']}"
        return client

    def studio(self, *arguments: str) -> str:
        """Run the command line against the same state."""
        return run(self.environment, *arguments)


def run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "studio_kernel", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(home: Path, **settings: str) -> Iterator[Server]:
    """Initialise and serve with these settings until the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    environment = clean | {"STUDIO_HOME": str(home), "STUDIO_WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8"} | settings
    run(environment, "init", "--admin-email", EMAIL, "--admin-password", PASSWORD)
    port = free_port()
    command = [sys.executable, "-m", "studio_kernel", "serve", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(f"http://127.0.0.1:{port}", home, environment, process)
    try:
        wait_until(lambda: httpx.get(server.base + "/ready").status_code == 200, 60)
        yield server
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def work(server: Server) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own beside a server, until the block ends."""
    command = [sys.executable, "-m", "studio_kernel", "worker"]
    process = subprocess.Popen(command, env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def wait_until(condition: Any, seconds: float = 20.0) -> None:
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            if condition():
                return
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
