"""One running server for the tests of the clients."""

from __future__ import annotations

from collections.abc import Iterator

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
