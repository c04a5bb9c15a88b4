"""Finds passages: by words and by meaning, fused by the ranks in both, and put into a last order by a closer look.

APPSEC: what the caller may not see is left out by the queries themselves, each of them: it never takes a place in an
answer, and its existence can't be told from a rank.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from studio_ai.retrieval.embedding import Embedder
from studio_ai.retrieval.index import COLLECTION
from studio_ai.retrieval.passages import Passage, Way
from studio_ai.retrieval.reranking import Weights, closer_look
from studio_ai.retrieval.words import content_words
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.security.principal import Principal
from studio_kernel.storage.database import Row
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# How deep both rankings are looked into, and how many of the fused ones get the closer look.
_DEPTH = 50
_CLOSER = 25
# Reciprocal rank fusion's constant (Cormack, Clarke, Büttcher 2009).
_RRF = 60


class PassageSearch:
    """Searches the evidence of one project."""

    def __init__(self, platform: Platform, embedder: Embedder, weights: Weights | None = None) -> None:
        self._database = platform.database
        self._vectors = platform.vectors
        self._projects = Projects(platform)
        self._embedder = embedder
        self._weights = weights or Weights()

    @property
    def ways(self) -> tuple[Way, ...]:
        """How this install can search."""
        return ("words", "meaning") if self._embedder.name else ("words",)

    def find(
        self,
        principal: Principal,
        project_id: str,
        query: str,
        limit: int = 10,
        evidence_ids: Collection[str] | None = None,
        ways: Sequence[Way] = ("words", "meaning"),
    ) -> list[Passage]:
        """The passages of a project that answer the query best, within ``evidence_ids`` where given.

        Sorted best first, then by id. Without the store of embeddings it searches by words alone.

        :raises NotFound: no such project, or none that the caller may know of.
        :raises Forbidden: the caller may not read its evidence.
        """
        self._projects.require(principal, project_id, "evidence:read")
        scope = _Scope(*self._projects.visible(principal, "p.project_id"), project_id, evidence_ids)
        ranked: dict[Way, list[str]] = {}
        if "words" in ways:
            ranked["words"] = self._by_words(scope, query)
        if "meaning" in ways and self._embedder.name:
            ranked["meaning"] = self._by_meaning(scope, query)
        fused = fuse(ranked.values())
        passages = self._load(scope, fused[: max(_CLOSER, limit)], ranked)
        if len(ways) == 1:
            return passages[:limit]
        return closer_look(query, passages, self._embedder, self._weights)[:limit]

    def _by_words(self, scope: _Scope, query: str) -> list[str]:
        words = content_words(query)
        if not words:
            return []
        values = {"sqlite": " OR ".join(f'"{word}"' for word in words), "postgresql": " | ".join(words)}
        wanted = values[self._database.dialect]
        rows = self._database.rows(_words(scope.conditions), words=wanted, limit=_DEPTH, **scope.values)
        return [row[0] for row in rows]

    def _by_meaning(self, scope: _Scope, query: str) -> list[str]:
        (embedding,) = self._embedder.embed([" ".join(content_words(query))])
        if not any(embedding):
            return []
        wanted: dict[str, str | Collection[str]] = {"project_id": scope.project_id}
        if scope.evidence_ids is not None:
            wanted["evidence_id"] = scope.evidence_ids
        try:
            return [hit.id for hit in self._vectors.search(COLLECTION, embedding, _DEPTH, wanted)]
        except ServiceUnavailable:
            # NOTE: embeddings make answers better and are not needed for one (quality: a storage that goes away).
            return []

    def _load(
        self, scope: _Scope, fused: Sequence[tuple[str, float]], ranked: Mapping[Way, list[str]]
    ) -> list[Passage]:
        scores = dict(fused)
        rows = self._database.rows(_passages(scope.conditions), ids=list(scores), **scope.values)
        found = {row[0]: row for row in rows}
        best = fused[0][1] if fused else 1.0
        return [
            _passage(found[id_], score / best, tuple(way for way, ids in ranked.items() if id_ in ids))
            for id_, score in fused
            if id_ in found
        ]


def _passage(row: Row, score: float, matched_by: tuple[Way, ...]) -> Passage:
    id_, evidence_id, title, version, place, heading, start, end, text = row
    return Passage(id_, evidence_id, title, version, place, heading, start, end, text, score, matched_by)


class _Scope:
    """What a search is confined to, as conditions on ``ai_passages p`` and their values."""

    def __init__(
        self,
        visible: Sequence[str],
        values: Mapping[str, str],
        project_id: str,
        evidence_ids: Collection[str] | None,
    ) -> None:
        self.project_id = project_id
        self.evidence_ids = None if evidence_ids is None else sorted(evidence_ids)
        self.conditions = ("p.project_id = :project_id", *visible)
        self.values: dict[str, object] = {**values, "project_id": project_id}
        if self.evidence_ids is not None:
            self.conditions += ("p.evidence_id IN :evidence_ids",)
            self.values["evidence_ids"] = self.evidence_ids


@functools.lru_cache(maxsize=16)
def _words(conditions: tuple[str, ...]) -> Statement:
    within = " AND ".join(conditions)
    return Statement(
        "SELECT p.id FROM ai_passage_words JOIN ai_passages p ON p.number = ai_passage_words.rowid "
        f"WHERE ai_passage_words MATCH :words AND {within} "
        "ORDER BY bm25(ai_passage_words, 2.0, 1.0), p.id LIMIT :limit",
        postgresql="SELECT p.id FROM ai_passages p, to_tsquery('english', :words) q "
        f"WHERE p.words @@ q AND {within} ORDER BY ts_rank(p.words, q) DESC, p.id LIMIT :limit",
    )


@functools.lru_cache(maxsize=16)
def _passages(conditions: tuple[str, ...]) -> Statement:
    return Statement(
        "SELECT p.id, p.evidence_id, d.title, p.version, p.place, p.heading, p.start_offset, p.end_offset, p.body "
        "FROM ai_passages p JOIN ai_documents d ON d.evidence_id = p.evidence_id "
        f"WHERE p.id IN :ids AND {' AND '.join(conditions)}"
    )


def fuse(rankings: Iterable[Sequence[str]]) -> list[tuple[str, float]]:
    """Reciprocal rank fusion: ids with their scores, best first, then by id."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, 1):
            scores[id_] = scores.get(id_, 0.0) + 1 / (_RRF + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
