"""Search in evidence: which pieces hold the words, the best first, and where in them.

APPSEC: what the caller may see is a condition of the queries themselves: nothing else takes a place in an answer, or
counts in its total.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from studio_evidence import queries
from studio_evidence.service.indexing import COLLECTION, FIELDS, LONGEST, TEXT, fields_of
from studio_evidence.service.records import Record, Records, view
from studio_kernel.http.listing import ListRequest, filter_condition, paginate
from studio_kernel.security.principal import Principal
from studio_kernel.storage.fulltext import Hit, Query, parse_query, segments
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_FILTERS = {name: each for name, each in queries.SEARCH_LISTING.filters.items() if name not in ("q", "project_id")}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text around a hit. ``place`` is where it lies in the file, ``page`` the number of that page."""

    text: str
    place: str = ""
    page: int | None = None


class EvidenceSearch:
    """Finds evidence by its words."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._fulltext = platform.fulltext
        self._records = Records(platform)

    def find(self, principal: Principal, request: ListRequest) -> dict[str, Any]:
        """A part of the evidence that holds all words of the filter ``q``, among what the caller may see.

        At most four queries: the hits, their total, the pieces, the texts around the hits.
        """
        query = parse_query(request.filters["q"])
        where, values = self._scope(principal, request)
        offset = _offset(request)
        hits = self._fulltext.search(
            COLLECTION,
            query,
            where=where,
            values=values,
            limit=request.limit + 1,
            offset=offset,
        )
        total = None
        if not request.by_cursor:
            total = self._fulltext.count(COLLECTION, query, where=where, values=values)
        shown = hits[: request.limit]
        last = (offset + request.limit, shown[-1].document) if len(hits) > request.limit else None
        found = self._found(principal, query, shown)
        return {"evidence": found, "pagination": paginate(request, total, last)}

    def _scope(self, principal: Principal, request: ListRequest) -> tuple[list[str], dict[str, Any]]:
        """Conditions on passages ``p``: the caller's projects, and the filters of the list."""
        conditions, values = self._records.projects.visible(principal, "p.scope")
        if "project_id" in request.filters:
            conditions = [*conditions, "p.scope = :filter_project_id"]
        narrowed = [filter_condition(name, _FILTERS[name]) for name in request.filters if name in _FILTERS]
        if narrowed:
            of_piece = " AND ".join(["e.id = p.document", *narrowed])
            conditions = [*conditions, f"EXISTS (SELECT 1 FROM evidence e WHERE {of_piece})"]
        given = {f"filter_{name}": value for name, value in request.filters.items() if name != "q"}
        return conditions, {**values, **given}

    def _found(self, principal: Principal, query: Query, hits: Sequence[Hit]) -> list[dict[str, Any]]:
        if not hits:
            return []
        scope, values = self._records.projects.visible(principal, "e.project_id")
        ids = [hit.document for hit in hits]
        rows = self._database.rows(_records_among(tuple(scope)), ids=ids, **values)
        records = {row[0]: Record(*row) for row in rows}
        excerpts = self._excerpts([hit for hit in hits if hit.number >= TEXT])
        now = self._records.now()
        return [
            {
                **view(records[hit.document], now),
                "matches": _matches(records[hit.document], hit, query, excerpts.get(hit.document)),
            }
            for hit in hits
            if hit.document in records
        ]

    def _excerpts(self, hits: Sequence[Hit]) -> dict[str, Excerpt]:
        """The texts around hits in texts, by piece; one query."""
        if not hits:
            return {}
        starts = {hit.document: hit.number - TEXT for hit in hits}
        bound: dict[str, Any] = {"longest": LONGEST}
        for number, (evidence_id, start) in enumerate(starts.items()):
            bound |= {f"id_{number}": evidence_id, f"start_{number}": start}
        rows = self._database.rows(_texts_at(len(starts)), **bound)
        return {evidence_id: _excerpt(text, starts[evidence_id], places) for evidence_id, places, text in rows}


def _offset(request: ListRequest) -> int:
    """How many hits lie before the page.

    NOTE: a cursor counts them. All hits are ranked for every page, so that no page costs more than another.
    APPSEC: a score depends on how rare the words are, also in what the caller may not see: it stays inside.
    """
    if request.cursor is not None:
        return max(0, int(request.cursor[0]))
    return (request.page - 1) * request.limit


def _excerpt(text: str, start: int, places: str) -> Excerpt:
    """``text`` begins at ``start`` and may go on into the next of the places."""
    for place in orjson.loads(places):
        if place["start"] <= start < place["end"]:
            kind, label = place["kind"], place["label"]
            page = int(label) if kind == "page" and label.isascii() and label.isdigit() else None
            return Excerpt(text[: place["end"] - start], f"{kind} {label}".strip(), page)
    return Excerpt("")


def _matches(record: Record, hit: Hit, query: Query, excerpt: Excerpt | None) -> list[dict[str, Any]]:
    """Where the words are: in the best passage, and in the fields."""
    found = list(_in_fields(record, query))
    if excerpt is not None:
        found.insert(0, _match("text", excerpt, query))
    elif hit.number < TEXT:
        found.sort(key=lambda each: each["field"] != FIELDS[hit.number])
    return [each for each in found if any(part["match"] for part in each["snippet"])]


def _in_fields(record: Record, query: Query) -> Iterator[dict[str, Any]]:
    for name, text in zip(FIELDS, fields_of(record), strict=True):
        if text:
            yield _match(name, Excerpt(text), query)


def _match(field: str, excerpt: Excerpt, query: Query) -> dict[str, Any]:
    snippet = [{"text": part.text, "match": part.match} for part in segments(excerpt.text, query)]
    return {"field": field, "place": excerpt.place, "page": excerpt.page, "snippet": snippet}


@functools.lru_cache(maxsize=16)
def _records_among(scope: tuple[str, ...]) -> Statement:
    columns = ", ".join(f"e.{name}" for name in queries.RECORD_COLUMNS)
    return Statement(f"SELECT {columns} FROM evidence e WHERE {' AND '.join(['e.id IN :ids', *scope])}")


@functools.lru_cache(maxsize=128)
def _texts_at(count: int) -> Statement:
    """PERF: of a long text only the part that is shown leaves the database."""
    wanted = ", ".join(f"(:id_{number}, :start_{number})" for number in range(count))
    return Statement(
        f"WITH wanted (evidence_id, start) AS (VALUES {wanted}) "
        "SELECT w.evidence_id, t.passages, SUBSTR(t.text, w.start + 1, :longest) FROM wanted w "
        "JOIN evidence e ON e.id = w.evidence_id "
        "JOIN evidence_versions v ON v.evidence_id = e.id AND v.number = e.version "
        "JOIN evidence_texts t ON t.version_id = v.id"
    )
