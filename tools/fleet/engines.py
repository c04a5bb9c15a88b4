"""What the platform stands on: PostgreSQL, Redis, a graph by Bolt, and S3, each a server that can be stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from studio_kernel.testing.services import GraphServer, PostgresServer, RedisServer, S3Server, Server

KINDS: dict[str, type[Server]] = {
    "postgres": PostgresServer,
    "redis": RedisServer,
    "graph": GraphServer,
    "s3": S3Server,
}


class Engines:
    """One of each; ``stop`` and ``start`` by name."""

    def __init__(self) -> None:
        with ThreadPoolExecutor(len(KINDS)) as pool:
            servers = list(pool.map(lambda kind: kind(), KINDS.values()))
        self._servers = dict(zip(KINDS, servers, strict=True))
        graph, s3 = self._servers["graph"], self._servers["s3"]
        assert isinstance(graph, GraphServer)
        assert isinstance(s3, S3Server)
        self.environment = {
            "STUDIO_DATABASE_URL": self._servers["postgres"].url,
            "STUDIO_REDIS_URL": self._servers["redis"].url,
            "STUDIO_NEO4J_URL": graph.create("fleet"),
            "STUDIO_FILES_URL": s3.create("studio-fleet"),
            "STUDIO_VECTORS_URL": "pgvector://",
        }
        """Where the platform finds them."""

    def stop(self, name: str) -> None:
        """Connections break, new ones are refused."""
        self._servers[name].stop()

    def start(self, name: str) -> None:
        """It answers again when this returns; Redis is empty then."""
        self._servers[name].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers.values():
            server.close()
