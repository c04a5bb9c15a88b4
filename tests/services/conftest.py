"""What the storage suites share: a database of either kind, empty or with tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_kernel.storage.adapters import StorageContext
from studio_kernel.storage.database import Database, open_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/studio.db"
    else:
        url = request.getfixturevalue("postgres_url")
    opened = open_database(url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_context(tmp_path: Path) -> Iterator[StorageContext]:
    """What an adapter is opened with, where the kind of database makes no difference."""
    database = open_database(f"sqlite:///{tmp_path}/context.db")
    yield StorageContext(database, tmp_path)
    database.close()
