"""Vectors in the platform's own database, SQLite or PostgreSQL, compared one by one in Python. ``database:``

Exact, and fit for some ten thousand items of a collection after filtering; beyond that, use pgvector.
"""

from __future__ import annotations

import functools
import heapq
import operator
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson
import peewee

from studio_kernel.storage.adapters import StorageContext
from studio_kernel.storage.database import Database, Row
from studio_kernel.storage.models import JSONField, Table
from studio_kernel.storage.sql import Dialect, Statement
from studio_kernel.storage.vectors import (
    BATCH,
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


def _tables(binary: str) -> tuple[str, ...]:
    return (
        f"""CREATE TABLE vectors (
        id VARCHAR(255) PRIMARY KEY,
        collection VARCHAR(255) NOT NULL,
        dimensions INTEGER NOT NULL,
        embedding {binary} NOT NULL,
        metadata TEXT NOT NULL
    )""",
        "CREATE INDEX vectors_collection ON vectors (collection, dimensions, id)",
        """CREATE TABLE vector_metadata (
        vector_id VARCHAR(255) NOT NULL REFERENCES vectors (id) ON DELETE CASCADE,
        name VARCHAR(255) NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (vector_id, name, value)
    )""",
    )


VECTOR_SCHEMA: Mapping[Dialect, Sequence[str]] = {"sqlite": _tables("BLOB"), "postgresql": _tables("BYTEA")}
"""The statements that make the tables, in order, for the kernel's migrations."""


class Vector(Table):
    """An item; ``embedding`` is its direction (length 1) as little-endian 32-bit floats."""

    id = peewee.CharField(primary_key=True)
    collection = peewee.CharField()
    dimensions = peewee.IntegerField()
    embedding = peewee.BlobField()
    metadata = JSONField()

    class Meta:
        table_name = "vectors"


class VectorMetadata(Table):
    """One value that a filter can ask for; goes with its vector."""

    vector_id = peewee.CharField()
    name = peewee.CharField()
    value = peewee.TextField()

    class Meta:
        table_name = "vector_metadata"
        primary_key = peewee.CompositeKey("vector_id", "name", "value")


_DELETE = Statement("DELETE FROM vectors WHERE id IN :ids")
_COUNT = Statement("SELECT COUNT(*) FROM vectors WHERE collection = :collection")
_METADATA = Statement("SELECT id, metadata FROM vectors WHERE id IN :ids")
_CHECK = Statement("SELECT 1 FROM vectors LIMIT 1")


@functools.lru_cache(maxsize=64)
def _page(filters: int) -> Statement:
    """A page of the candidates in the order of their ids, after ``after``."""
    return Statement(
        "SELECT v.id, v.embedding FROM vectors v WHERE v.collection = :collection "
        f"AND v.dimensions = :dimensions AND v.id > :after{filter_sql('vector_metadata', filters)} "
        f"ORDER BY v.id LIMIT {BATCH}"
    )


def open_vectors(url: str, context: StorageContext) -> DatabaseVectors:
    """The vectors in the platform's database; the URL says no more than ``database:``."""
    return DatabaseVectors(context.database)


class DatabaseVectors:
    """Vectors in the tables of :data:`VECTOR_SCHEMA`. A change is one transaction, or joins one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, items: Sequence[VectorItem]) -> None:
        # NOTE: of several items with one id the last counts.
        latest = {item.id: item for item in items}
        rows = [_row(item) for item in latest.values()]
        pairs = [
            {"vector_id": item.id, "name": name, "value": value}
            for item in latest.values()
            for name, value in facets(item.metadata)
        ]
        with self._database.transaction():
            self._database.lock("vectors")
            self.delete(latest)
            self._database.insert_many(Vector, rows)
            self._database.insert_many(VectorMetadata, pairs)

    def delete(self, ids: Collection[str]) -> None:
        with self._database.transaction():
            self._database.lock("vectors")
            for part in batches(ids):
                self._database.execute(_DELETE, ids=part)

    def search(
        self, collection: str, embedding: Sequence[float], limit: int, filter: Filter | None = None
    ) -> list[VectorHit]:
        wanted = unit(embedding)
        candidates = self._candidates(collection, len(wanted), filter)
        scored = ((-_cosine(wanted, packed), vector_id) for vector_id, packed in candidates)
        best = heapq.nsmallest(require_limit(limit), scored)
        metadata = self._metadata([vector_id for _, vector_id in best])
        return [VectorHit(vector_id, -score, metadata[vector_id]) for score, vector_id in best if vector_id in metadata]

    def count(self, collection: str) -> int:
        return int(self._database.value(_COUNT, collection=collection))

    def check(self) -> None:
        self._database.row(_CHECK)

    def _candidates(self, collection: str, dimensions: int, filter: Filter | None) -> Iterator[Row]:
        """Page by page, so that memory stays bounded whatever the collection's size."""
        values = filter_values(filter)
        statement = _page(len(values) // 2)
        after = ""
        while True:
            rows = self._database.rows(statement, collection=collection, dimensions=dimensions, after=after, **values)
            yield from rows
            if len(rows) < BATCH:
                return
            after = rows[-1][0]

    def _metadata(self, ids: list[str]) -> dict[str, Any]:
        rows = (row for part in batches(ids) for row in self._database.rows(_METADATA, ids=part))
        return {row[0]: orjson.loads(row[1]) for row in rows}


def _row(item: VectorItem) -> dict[str, Any]:
    embedding = unit(item.embedding)
    return {
        "id": item.id,
        "collection": item.collection,
        "dimensions": len(embedding),
        "embedding": struct.pack(f"<{len(embedding)}f", *embedding),
        "metadata": dict(item.metadata),
    }


def _cosine(wanted: Sequence[float], packed: bytes) -> float:
    """Both have length 1, so that the sum of the products is the cosine."""
    numbers: tuple[float, ...] = struct.unpack(f"<{len(wanted)}f", packed)
    products: Iterator[float] = map(operator.mul, wanted, numbers)
    return sum(products)
