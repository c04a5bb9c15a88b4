"""A server as an operator starts it: ``studio init``, ``studio serve``, on each database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import pytest
from support.server import Server, serve

from studio_kernel.testing import services


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server a module and database."""
    home = tmp_path_factory.mktemp("home")
    with contextlib.ExitStack() as stack:
        settings = {}
        if request.param == "postgresql":
            settings["STUDIO_DATABASE_URL"] = stack.enter_context(services.postgresql())
        yield stack.enter_context(serve(home, **settings))


@pytest.fixture
def admin(server: Server) -> Iterator[httpx.Client]:
    """The first administrator."""
    client = server.client()
    yield client
    client.close()
