"""Vectors in PostgreSQL with the pgvector extension: ``pgvector:`` for the platform's own database, or
``pgvector://user:password@host:port/name`` for another.

Comparison is exact, by the database, over what the filter leaves. There is no approximate index: it would
look for neighbours first and filter afterwards, and so lose answers.
"""

from __future__ import annotations

import functools
import threading
import urllib.parse
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
import peewee

from studio_kernel.errors import ConfigurationError
from studio_kernel.storage.adapters import StorageContext, import_driver
from studio_kernel.storage.database import Database, open_database
from studio_kernel.storage.models import JSONField, Table
from studio_kernel.storage.sql import Dialect, Statement
from studio_kernel.storage.vectors import (
    Filter,
    VectorHit,
    VectorItem,
    batches,
    facets,
    filter_sql,
    filter_values,
    require_limit,
    unit,
)

PGVECTOR_SCHEMA: Mapping[Dialect, Sequence[str]] = {
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS vector",
        """CREATE TABLE IF NOT EXISTS pgvector_items (
            id VARCHAR(255) PRIMARY KEY,
            collection VARCHAR(255) NOT NULL,
            dimensions INTEGER NOT NULL,
            embedding vector NOT NULL,
            metadata TEXT NOT NULL
        )""",
        "CREATE INDEX IF NOT EXISTS pgvector_items_collection ON pgvector_items (collection, dimensions)",
        """CREATE TABLE IF NOT EXISTS pgvector_metadata (
            vector_id VARCHAR(255) NOT NULL REFERENCES pgvector_items (id) ON DELETE CASCADE,
            name VARCHAR(255) NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (vector_id, name, value)
        )""",
    )
}
"""The statements that make the tables, in order. The adapter runs them at its first use, as an install
without the extension must not fail; running them again, or from a migration, changes nothing."""


class PgvectorMetadata(Table):
    """One value that a filter can ask for; goes with its vector."""

    vector_id = peewee.CharField()
    name = peewee.CharField()
    value = peewee.TextField()

    class Meta:
        table_name = "pgvector_metadata"
        primary_key = peewee.CompositeKey("vector_id", "name", "value")


class PgvectorItem(Table):
    """An item; ``embedding`` is in pgvector's text form here, and its length is 1."""

    id = peewee.CharField(primary_key=True)
    collection = peewee.CharField()
    dimensions = peewee.IntegerField()
    embedding = peewee.TextField()
    metadata = JSONField()

    class Meta:
        table_name = "pgvector_items"


_EXISTING = Statement("SELECT to_regclass('pgvector_metadata') IS NOT NULL")
_DELETE = Statement("DELETE FROM pgvector_items WHERE id IN :ids")
_COUNT = Statement("SELECT COUNT(*) FROM pgvector_items WHERE collection = :collection")


@functools.lru_cache(maxsize=64)
def _nearest(filters: int) -> Statement:
    # NOTE: MATERIALIZED, so that only embeddings of one dimension meet; the operator refuses others.
    return Statement(
        "WITH candidates AS MATERIALIZED ("
        "SELECT v.id, v.embedding, v.metadata FROM pgvector_items v WHERE v.collection = :collection "
        f"AND v.dimensions = :dimensions{filter_sql('pgvector_metadata', filters)}) "
        "SELECT id, -(embedding <#> CAST(:embedding AS vector)) AS score, metadata FROM candidates "
        'ORDER BY score DESC, id COLLATE "C" LIMIT :limit'
    )


def open_vectors(url: str, context: StorageContext) -> PgvectorVectors:
    """The store for a ``pgvector:`` URL; ``ConfigurationError`` when that is not PostgreSQL."""
    import_driver("psycopg2", extra="postgres")
    if urllib.parse.urlsplit(url).netloc:
        return PgvectorVectors(open_database("postgresql" + url.removeprefix("pgvector")), owned=True)
    if context.database.dialect != "postgresql":
        raise ConfigurationError(
            ["pgvector: needs PostgreSQL: set STUDIO_DATABASE_URL, or name one: pgvector://user:password@host/name"]
        )
    return PgvectorVectors(context.database)


class PgvectorVectors:
    """Vectors in the tables of :data:`PGVECTOR_SCHEMA`, which are made at the first use."""

    def __init__(self, database: Database, *, owned: bool = False) -> None:
        self._stored = database
        self._owned = owned
        self._prepared = False
        self._preparing = threading.Lock()

    def upsert(self, items: Sequence[VectorItem]) -> None:
        # NOTE: of several items with one id the last counts.
        latest = {item.id: item for item in items}
        rows = [_row(item) for item in latest.values()]
        pairs = [
            {"vector_id": item.id, "name": name, "value": value}
            for item in latest.values()
            for name, value in facets(item.metadata)
        ]
        database = self._database
        with database.transaction():
            database.lock("pgvector")
            self.delete(latest)
            database.insert_many(PgvectorItem, rows)
            database.insert_many(PgvectorMetadata, pairs)

    def delete(self, ids: Collection[str]) -> None:
        database = self._database
        with database.transaction():
            database.lock("pgvector")
            for part in batches(ids):
                database.execute(_DELETE, ids=part)

    def search(
        self, collection: str, embedding: Sequence[float], limit: int, filter: Filter | None = None
    ) -> list[VectorHit]:
        wanted = unit(embedding)
        values = filter_values(filter)
        rows = self._database.rows(
            _nearest(len(values) // 2),
            collection=collection,
            dimensions=len(wanted),
            embedding=_text(wanted),
            limit=require_limit(limit),
            **values,
        )
        return [VectorHit(row[0], float(row[1]), orjson.loads(row[2])) for row in rows]

    def count(self, collection: str) -> int:
        return int(self._database.value(_COUNT, collection=collection))

    def check(self) -> None:
        self._database.row(_COUNT, collection="")

    def close(self) -> None:
        """Close the connections to a database of its own; the platform's is not this one's to close."""
        if self._owned:
            self._stored.close()

    @property
    def _database(self) -> Database:
        """The database, with the tables in it."""
        if self._prepared:
            return self._stored
        with self._preparing:
            if not self._prepared:
                _prepare(self._stored)
                # NOTE: what an open transaction made may yet be rolled back.
                self._prepared = self._stored.current is None
            return self._stored


def _prepare(database: Database) -> None:
    if database.value(_EXISTING):
        return
    with database.transaction():
        database.lock("pgvector")
        for text in PGVECTOR_SCHEMA["postgresql"]:
            database.execute(Statement(text))


def _row(item: VectorItem) -> dict[str, Any]:
    embedding = unit(item.embedding)
    return {
        "id": item.id,
        "collection": item.collection,
        "dimensions": len(embedding),
        "embedding": _text(embedding),
        "metadata": dict(item.metadata),
    }


def _text(embedding: Sequence[float]) -> str:
    return f"[{','.join(map(repr, map(float, embedding)))}]"
