"""Vectors: what a text means, as numbers, found again by nearness. Small collections, exact answers."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

# ids of one statement, and rows read at once
BATCH = 500
# The most numbers of an embedding: what pgvector takes.
MOST_DIMENSIONS = 16_000

Filter = Mapping[str, str | Collection[str]]


@dataclass(frozen=True, slots=True)
class VectorItem:
    """An embedding to keep. ``id`` is unique over all collections.

    ``metadata`` is any JSON object; searches can filter by its members that are text or lists of text.
    """

    id: str
    collection: str
    embedding: Sequence[float]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VectorHit:
    """An item that is near; ``score`` is the cosine: 1 the same direction, 0 unrelated, -1 opposite."""

    id: str
    score: float
    metadata: Mapping[str, Any]


class VectorStore(Protocol):
    """Where vectors live. Every method raises ``ServiceUnavailable`` when the store can't be reached."""

    def upsert(self, items: Sequence[VectorItem]) -> None:
        """Keep items, in place of those with the same ids; all or none.

        ``ValueError`` for an embedding that is empty, all zeros, has a number that isn't finite, or is too
        long.
        """
        ...

    def delete(self, ids: Collection[str]) -> None:
        """Remove items; unknown ids are no error."""
        ...

    def search(
        self, collection: str, embedding: Sequence[float], limit: int, filter: Filter | None = None
    ) -> list[VectorHit]:
        """The nearest items of a collection, nearest first, then by id; at most ``limit``.

        ``filter`` names members of the metadata and the value, or the values one of which, an item must
        have; a list in the metadata has each of its values. No values match nothing. Items of other
        dimensions are not compared.

        APPSEC: the filter is part of the query, so that what a caller may not see never takes a place in the
        answer.
        """
        ...

    def count(self, collection: str) -> int:
        """How many items a collection has."""
        ...

    def check(self) -> None:
        """Raise ``ServiceUnavailable`` unless the store answers."""
        ...


def unit(embedding: Sequence[float]) -> list[float]:
    """The embedding scaled to length 1; ``ValueError`` when it has no direction, or no acceptable size."""
    if not 0 < len(embedding) <= MOST_DIMENSIONS:
        raise ValueError(f"an embedding has 1 to {MOST_DIMENSIONS} numbers")
    length = math.sqrt(math.fsum(number * number for number in embedding))
    if not math.isfinite(length) or length == 0:
        raise ValueError("an embedding's numbers are finite and not all zero")
    return [number / length for number in embedding]


def require_limit(limit: int) -> int:
    """The limit, or ``ValueError`` below 1."""
    if limit < 1:
        raise ValueError("a limit is at least 1")
    return limit


def facets(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The pairs of name and value that a filter can ask for, each once."""
    for name, value in metadata.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list | tuple | set | frozenset):
            for each in dict.fromkeys(value):
                if isinstance(each, str):
                    yield name, each


@functools.lru_cache(maxsize=64)
def filter_sql(table: str, count: int) -> str:
    """The condition of a query over ``v`` for that many filters: ``name_0``, ``values_0`` and so on."""
    return "".join(
        f" AND EXISTS (SELECT 1 FROM {table} m{n} WHERE m{n}.vector_id = v.id"
        f" AND m{n}.name = :name_{n} AND m{n}.value IN :values_{n})"
        for n in range(count)
    )


def filter_values(filter: Filter | None) -> dict[str, Any]:
    """The parameters for :func:`filter_sql`, two a filter."""
    values: dict[str, Any] = {}
    for number, (name, wanted) in enumerate(sorted((filter or {}).items())):
        values[f"name_{number}"] = name
        values[f"values_{number}"] = [wanted] if isinstance(wanted, str) else sorted(wanted)
    return values


def batches(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids, sorted, in parts that a statement can take."""
    rest = sorted(ids)
    for start in range(0, len(rest), BATCH):
        yield rest[start : start + BATCH]
