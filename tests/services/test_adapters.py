"""A storage URL finds its adapter, and says what is wrong when it finds none."""

from __future__ import annotations

import pytest

from studio_kernel.errors import ConfigurationError
from studio_kernel.storage.adapters import (
    BUILT_IN_ADAPTERS,
    Kind,
    StorageAdapter,
    StorageContext,
    import_driver,
    open_storage,
)


def opened(url: str, context: StorageContext) -> tuple[str, StorageContext]:
    """An opener, as a plugin would bring one."""
    return url, context


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("files", "file, s3"),
        ("cache", "memory, redis, rediss"),
        ("graph", "bolt, bolt\\+s, neo4j, neo4j\\+s, relational"),
        ("vectors", "database, pgvector"),
    ],
)
def test_an_unknown_scheme_is_answered_with_the_known_ones(
    kind: Kind, known: str, sqlite_context: StorageContext
) -> None:
    with pytest.raises(ValueError, match=f"'ftp:'; use one of {known}$"):
        open_storage(kind, "ftp://somewhere", BUILT_IN_ADAPTERS, sqlite_context)


def test_a_plugin_adds_an_adapter(sqlite_context: StorageContext) -> None:
    added = StorageAdapter("files", "gs", f"{__name__}:opened")
    answer = open_storage("files", "gs://bucket", [*BUILT_IN_ADAPTERS, added], sqlite_context)
    assert answer == ("gs://bucket", sqlite_context)


def test_a_scheme_is_told_whatever_its_case(sqlite_context: StorageContext) -> None:
    open_storage("cache", "MEMORY://", BUILT_IN_ADAPTERS, sqlite_context).check()


@pytest.mark.parametrize("adapter", BUILT_IN_ADAPTERS, ids=lambda each: f"{each.kind}-{each.scheme}")
def test_opening_connects_to_nothing(adapter: StorageAdapter, sqlite_context: StorageContext) -> None:
    url = f"{adapter.scheme}://user:password@127.0.0.1:1/name"
    if adapter.scheme == "file":
        url = "file:"
    elif adapter.scheme == "s3":
        url = "s3://bucket?endpoint=http://127.0.0.1:1"
    elif adapter.scheme in ("rediss", "redis"):
        url = f"{adapter.scheme}://127.0.0.1:1/0"
    open_storage(adapter.kind, url, BUILT_IN_ADAPTERS, sqlite_context)


def test_pgvector_needs_postgresql(sqlite_context: StorageContext) -> None:
    with pytest.raises(ConfigurationError, match="STUDIO_DATABASE_URL"):
        open_storage("vectors", "pgvector:", BUILT_IN_ADAPTERS, sqlite_context)


def test_a_missing_driver_is_answered_with_what_to_install() -> None:
    with pytest.raises(ConfigurationError, match=r"no_such_driver: pip install studio-platform\[s3\]"):
        import_driver("no_such_driver.inside", extra="s3")
