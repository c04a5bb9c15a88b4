"""Storage adapters: which code serves a storage URL. Plugins add theirs by ``studio_storage_adapters``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from studio_kernel.errors import ConfigurationError
from studio_kernel.plugins import describe
from studio_kernel.storage.database import Database

Kind = Literal["files", "cache", "graph", "vectors"]


@dataclass(frozen=True, slots=True)
class StorageContext:
    """What an adapter may build on: the platform's database and its home directory (``STUDIO_HOME``)."""

    database: Database
    home: Path


@dataclass(frozen=True, slots=True)
class StorageAdapter:
    """Serves URLs of one scheme for one kind of storage.

    ``opener`` is ``module:function``, imported at the first use and called with ``(url, context)``. It
    answers the store (see :mod:`files`, :mod:`cache`, :mod:`graph`, :mod:`vectors`) without connecting to
    anything, and raises ``ValueError`` for a URL that is wrong.
    """

    kind: Kind
    scheme: str
    opener: str


_HERE = "studio_kernel.storage"

BUILT_IN_ADAPTERS: tuple[StorageAdapter, ...] = (
    StorageAdapter("files", "file", f"{_HERE}.files_directory:open_files"),
    StorageAdapter("files", "s3", f"{_HERE}.files_s3:open_files"),
    StorageAdapter("cache", "memory", f"{_HERE}.cache:open_cache"),
    StorageAdapter("cache", "redis", f"{_HERE}.cache_redis:open_cache"),
    StorageAdapter("cache", "rediss", f"{_HERE}.cache_redis:open_cache"),
    StorageAdapter("graph", "relational", f"{_HERE}.graph_relational:open_graph"),
    StorageAdapter("graph", "bolt", f"{_HERE}.graph_neo4j:open_graph"),
    StorageAdapter("graph", "bolt+s", f"{_HERE}.graph_neo4j:open_graph"),
    StorageAdapter("graph", "neo4j", f"{_HERE}.graph_neo4j:open_graph"),
    StorageAdapter("graph", "neo4j+s", f"{_HERE}.graph_neo4j:open_graph"),
    StorageAdapter("vectors", "database", f"{_HERE}.vectors_database:open_vectors"),
    StorageAdapter("vectors", "pgvector", f"{_HERE}.vectors_pgvector:open_vectors"),
)


def open_storage(kind: Kind, url: str, adapters: Iterable[StorageAdapter], context: StorageContext) -> Any:
    """The store that serves ``url``, made by the first adapter of its kind and scheme.

    ``ValueError`` says what is wrong with the URL; ``ConfigurationError`` names a missing package.
    """
    scheme = url.partition(":")[0].lower()
    known = {adapter.scheme: adapter for adapter in reversed(list(adapters)) if adapter.kind == kind}
    if scheme not in known:
        raise ValueError(f"no {kind} storage is known for '{scheme}:'; use one of {', '.join(sorted(known))}")
    return _opener(known[scheme])(url, context)


def _opener(adapter: StorageAdapter) -> Callable[[str, StorageContext], Any]:
    module, _, function = adapter.opener.partition(":")
    try:
        opener: Callable[[str, StorageContext], Any] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        line = f"the adapter of {adapter.kind} storage for '{adapter.scheme}:' can't be imported: {describe(error)}"
        raise ConfigurationError([line]) from error
    return opener


def import_driver(module: str, *, extra: str) -> ModuleType:
    """Import a driver that not every install has; ``ConfigurationError`` names the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ConfigurationError(
            [f"this storage needs the package {package}: pip install studio-platform[{extra}]"]
        ) from error
