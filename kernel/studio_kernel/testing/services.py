"""Real servers for tests, from wheels: PostgreSQL, Redis (Valkey), a graph (ArcadeDB by Bolt), S3 (moto).

The four functions at the end give a fresh, empty place on a server that the test process starts once and that
ends with it. A test that stops and starts a server makes one of its own from the classes. With pytest-xdist
each worker has its own servers. ``STUDIO_TEST_POSTGRES_URL``, ``STUDIO_TEST_REDIS_URL`` and
``STUDIO_TEST_NEO4J_URL`` name servers that already run; everything in that Redis database and that graph is
deleted.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

_PROGRAM = Path(__file__).with_name("server_process.py")


def free_port() -> int:
    """A TCP port on the loopback address that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerFailed(Exception):
    """A server for tests could not do what it was asked; the text is what the server said."""


class Server:
    """One server, started by the constructor, always at the same ``port`` of 127.0.0.1.

    Use it as a context manager or call :meth:`close`; it also ends when this process does, however that
    happens.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.port = free_port()
        self._lock = threading.Lock()
        self._process = self._launch()
        atexit.register(self.close)
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def _launch(self) -> subprocess.Popen[str]:
        directory = tempfile.mkdtemp(prefix=f"studio-{self.kind}-")
        return subprocess.Popen(
            [sys.executable, "-P", str(_PROGRAM), self.kind, directory, str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    @property
    def url(self) -> str:
        """Where the server as a whole is reached."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the server after :meth:`stop`; it answers when this returns."""
        self._ask("start")

    def stop(self) -> None:
        """Stop the server: connections break and new ones are refused. Its data stays, except for Redis."""
        self._ask("stop")

    def freeze(self) -> None:
        """Let the server say nothing more, without breaking or refusing a connection, as a host that hangs does."""
        for process in _family(self._process.pid):
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after :meth:`freeze`."""
        for process in _family(self._process.pid):
            os.kill(process, signal.SIGCONT)

    def close(self) -> None:
        """Stop the server for good and remove its data."""
        atexit.unregister(self.close)
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ask(self, command: str) -> None:
        """Pass a command on; raises :class:`ServerFailed`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(command + "\n")
            answer = self._process.stdout.readline().strip()
        if answer != "ok":
            raise ServerFailed(f"{self.kind}: {command}: {answer or 'the server process has ended'}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _family(ancestor: int) -> list[int]:
    """A process and all that descend from it, parents first (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # NOTE: the name, in brackets, may have spaces in it.
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found = [ancestor]
    for process in found:
        found += children.get(process, ())
    return found


class PostgresServer(Server):
    """PostgreSQL 18 with pgvector. It doesn't wait for the disk: data outlives processes, not a power cut."""

    kind = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"


class RedisServer(Server):
    """Valkey, which speaks Redis, with 256 databases and nothing on disk: a stop empties it."""

    kind = "redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


class GraphServer(Server):
    """ArcadeDB, which speaks Bolt and Cypher as Neo4j does. Databases are made by :meth:`create`."""

    kind = "graph"

    @property
    def url(self) -> str:
        return f"bolt://root:studio-tests@127.0.0.1:{self.port}"

    def create(self, name: str) -> str:
        """Make a database; its URL."""
        self._ask(f"create {name}")
        return f"{self.url}/{name}"

    def drop(self, name: str) -> None:
        """Remove a database."""
        self._ask(f"drop {name}")


class S3Server(Server):
    """An S3-compatible store that keeps its objects in memory, also while it is stopped."""

    kind = "s3"

    @property
    def url(self) -> str:
        """The endpoint, for ``http``; buckets have the URLs that :meth:`create` gives."""
        return f"http://127.0.0.1:{self.port}"

    def create(self, name: str) -> str:
        """Make a bucket; its storage URL."""
        self._ask(f"create {name}")
        return f"s3://testing:testing@{name}?endpoint={self.url}&region=us-east-1"

    def drop(self, name: str) -> None:
        """Remove a bucket and all that is in it."""
        self._ask(f"drop {name}")


@functools.cache
def _shared_postgres() -> PostgresServer:
    return PostgresServer()


@functools.cache
def _shared_redis() -> RedisServer:
    return RedisServer()


@functools.cache
def _shared_graph() -> GraphServer:
    return GraphServer()


@functools.cache
def _shared_s3() -> S3Server:
    return S3Server()


_redis_databases = itertools.count()


def _fresh_name() -> str:
    return "t" + secrets.token_hex(8)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards together with the connections to it."""
    server = os.environ.get("STUDIO_TEST_POSTGRES_URL") or _shared_postgres().url
    name = _fresh_name()
    _administer(server, f'CREATE DATABASE "{name}"')
    try:
        yield urllib.parse.urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _administer(url: str, command: str) -> None:
    import psycopg2

    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        connection.cursor().execute(command)
    finally:
        connection.close()


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The URL of an empty Redis database, emptied again afterwards."""
    url = os.environ.get("STUDIO_TEST_REDIS_URL")
    if not url:
        # NOTE: round and round; 256 at the same time in one process are more than any test needs.
        url = f"redis://127.0.0.1:{_shared_redis().port}/{next(_redis_databases) % 256}"
    _flush(url)
    try:
        yield url
    finally:
        _flush(url)


def _flush(url: str) -> None:
    import redis

    with redis.Redis.from_url(url) as client:
        client.flushdb()


@contextlib.contextmanager
def graph_server() -> Iterator[str]:
    """The Bolt URL of an empty graph, removed afterwards."""
    url = os.environ.get("STUDIO_TEST_NEO4J_URL")
    if url:
        _empty_graph(url)
        yield url
        return
    server = _shared_graph()
    name = _fresh_name()
    try:
        yield server.create(name)
    finally:
        server.drop(name)


def _empty_graph(url: str) -> None:
    from studio_kernel.storage.graph_neo4j import Neo4jGraph

    graph = Neo4jGraph(url)
    graph.clear()
    graph.close()


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """The storage URL (``s3://…``) of an empty bucket, removed afterwards."""
    server = _shared_s3()
    name = f"studio-{secrets.token_hex(8)}"
    try:
        yield server.create(name)
    finally:
        server.drop(name)
