"""A server as an operator starts it: ``studio init``, ``studio serve``, on each database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import pytest
from support.server import Server, serve, work

from studio_kernel.testing import services


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "every engine"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server a module: the default, on PostgreSQL, and with every engine and a worker of its own."""
    home = tmp_path_factory.mktemp("home")
    with contextlib.ExitStack() as stack:
        settings = {}
        if request.param != "sqlite":
            settings["STUDIO_DATABASE_URL"] = stack.enter_context(services.postgresql())
        if request.param == "every engine":
            settings |= {
                "STUDIO_REDIS_URL": stack.enter_context(services.redis_server()),
                "STUDIO_FILES_URL": stack.enter_context(services.s3_server()),
                "STUDIO_NEO4J_URL": stack.enter_context(services.graph_server()),
                "STUDIO_VECTORS_URL": "pgvector://",
                "STUDIO_EMBEDDED_WORKER": "false",
            }
        running = stack.enter_context(serve(home, **settings))
        if request.param == "every engine":
            stack.enter_context(work(running))
        yield running


@pytest.fixture
def admin(server: Server) -> Iterator[httpx.Client]:
    """The first administrator."""
    client = server.client()
    yield client
    client.close()
