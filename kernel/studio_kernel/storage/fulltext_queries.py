"""What both full-text indexes share: the SQL around the conditions that each database words in its own way."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from studio_kernel.storage.database import Database
from studio_kernel.storage.fulltext import LAST_NUMBER, Hit, Passage, Query, Term
from studio_kernel.storage.sql import Statement

_NOWHERE = "1 = 0"
_NUMBERED = "p.collection = :collection AND p.document = :document AND p.number BETWEEN :first AND :last"


class RelationalFullText(ABC):
    """Documents as rows of ``fulltext_passages``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- what a database words in its own way ---------------------------------------------------------

    @abstractmethod
    def matching(self, alias: str, name: str) -> str:
        """``FROM … WHERE …``: the passages ``alias`` that match the pattern bound to ``name``."""

    @abstractmethod
    def scored(self) -> str:
        """A query for ``id`` and ``score`` of the passages that match the pattern ``any_term``."""

    @abstractmethod
    def pattern(self, terms: Sequence[Term]) -> str:
        """The pattern that matches any of the terms."""

    @abstractmethod
    def write(self, collection: str, document: str, scope: str, passages: Sequence[Passage]) -> None:
        """Add passages whose numbers are free."""

    @abstractmethod
    def erase(self, condition: str, **values: Any) -> None:
        """Remove the passages ``p`` that fulfil a condition."""

    # -- the interface ----------------------------------------------------------------------------------

    def put(self, collection: str, document: str, scope: str, passages: Sequence[Passage]) -> None:
        numbers = [passage.number for passage in passages]
        if not numbers:
            return
        with self._database.transaction():
            # NOTE: numbers may be many; those between the least and the most are replaced as a whole.
            self.remove(collection, document, first=min(numbers), last=max(numbers))
            self.write(collection, document, scope, passages)

    def remove(self, collection: str, document: str, *, first: int = 0, last: int = LAST_NUMBER) -> None:
        self.erase(_NUMBERED, collection=collection, document=document, first=first, last=last)

    def remove_scope(self, collection: str, scope: str) -> None:
        self.erase("p.collection = :collection AND p.scope = :scope", collection=collection, scope=scope)

    def search(
        self,
        collection: str,
        query: Query,
        *,
        where: Sequence[str] = (),
        values: Mapping[str, Any] | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> list[Hit]:
        if not query.wanted:
            return []
        conditions, bound = self._conditions(query)
        statement = _ranked(self.scored(), (*conditions, *where))
        bound |= {"collection": collection, "any_term": self.pattern(query.wanted), **(values or {})}
        rows = self._database.rows(statement, **bound, limit=limit, offset=offset)
        return [Hit(document, number, float(score)) for document, number, score in rows]

    def count(
        self, collection: str, query: Query, *, where: Sequence[str] = (), values: Mapping[str, Any] | None = None
    ) -> int:
        if not query.wanted:
            return 0
        conditions, bound = self._conditions(query)
        statement = _counted(self.matching("p", "any_term"), (*conditions, *where))
        bound |= {"collection": collection, "any_term": self.pattern(query.wanted), **(values or {})}
        return int(self._database.value(statement, **bound))

    def condition(self, collection: str, query: Query, column: str) -> tuple[str, dict[str, Any]]:
        if not query.wanted:
            return _NOWHERE, {}
        parts = []
        values: dict[str, Any] = {"term_collection": collection}
        for number, term in enumerate(query.terms):
            values[f"term_{number}"] = self.pattern([term])
            parts.append(f"{column} {'NOT ' * term.excluded}IN ({self._holding(number, 'term_collection')})")
        return f"({' AND '.join(parts)})", values

    def _conditions(self, query: Query) -> tuple[list[str], dict[str, Any]]:
        """Beyond any term: each must be there, in whichever passage, and the excluded ones nowhere."""
        conditions: list[str] = []
        values: dict[str, Any] = {}
        single = len(query.wanted) == 1
        for number, term in enumerate(query.terms):
            if term.excluded or not single:
                values[f"term_{number}"] = self.pattern([term])
                conditions.append(f"p.document {'NOT ' * term.excluded}IN ({self._holding(number, 'collection')})")
        return conditions, values

    def _holding(self, number: int, collection: str) -> str:
        return f"SELECT t.document {self.matching('t', f'term_{number}')} AND t.collection = :{collection}"


@functools.lru_cache(maxsize=256)
def _ranked(scored: str, conditions: tuple[str, ...]) -> Statement:
    where = "".join(f" AND {condition}" for condition in conditions)
    return Statement(
        f"WITH hits AS MATERIALIZED ({scored}) SELECT document, number, score FROM ("
        "SELECT p.document, p.number, h.score, "
        "ROW_NUMBER() OVER (PARTITION BY p.document ORDER BY h.score DESC, p.number) AS place "
        f"FROM hits h JOIN fulltext_passages p ON p.id = h.id WHERE p.collection = :collection{where}"
        ") best WHERE place = 1 ORDER BY score DESC, document DESC LIMIT :limit OFFSET :offset"
    )


@functools.lru_cache(maxsize=256)
def _counted(matching: str, conditions: tuple[str, ...]) -> Statement:
    where = "".join(f" AND {condition}" for condition in conditions)
    return Statement(f"SELECT COUNT(DISTINCT p.document) {matching} AND p.collection = :collection{where}")
