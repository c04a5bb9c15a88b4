"""Reading evidence across resources: for the score, the graph, the assistant and whoever else asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from studio_kernel.clock import to_text
from studio_kernel.http.listing import Listing, ListQuery, ListRequest, Sort
from studio_kernel.storage.database import Row
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.security.principal import Principal


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """A piece of evidence as other plugins see it.

    ``quality_score`` is from 0 to 100, 0 until somebody or something judged it. ``is_current`` means that its time
    isn't over; together with ``status`` ``approved`` it counts for its controls.
    """

    id: str
    title: str
    file_name: str
    project_id: str
    control_ids: tuple[str, ...]
    status: str
    quality_score: int
    uploaded_by: str
    uploaded_at: str
    expires_at: str | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Hand:
    """That somebody uploaded or reviewed a piece of evidence, the last time ``at``.

    ``decision`` is that of a review, empty for an upload.
    """

    evidence_id: str
    user_id: str
    decision: str
    at: str


@dataclass(frozen=True, slots=True)
class QualitySummary:
    """The quality of a project's evidence (product rules, Evidence).

    ``high`` (≥ 90), ``good`` (70-89) and ``needs_improvement`` (< 70) count all its pieces and add up to ``total``.
    ``mean_current_approved`` is the mean score of approved evidence whose time isn't over, 0 without any;
    ``by_category`` is the same for each category of controls that such evidence serves.
    """

    total: int
    high: int
    good: int
    needs_improvement: int
    mean_current_approved: float
    by_category: Mapping[str, float] = field(default_factory=dict)


_COLUMNS = (
    "e.id",
    "e.title",
    "e.file_name",
    "e.project_id",
    "e.control_ids",
    "e.status",
    "e.quality_score",
    "e.uploaded_by",
    "e.uploaded_at",
    "e.expires_at",
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM evidence e"
_CURRENT = "e.status = 'approved' AND (e.expires_at IS NULL OR e.expires_at > :now)"

_OF_PROJECT = Statement(f"{_SELECT} WHERE e.project_id = :project_id ORDER BY e.uploaded_at, e.id")
_AMONG = Statement(f"{_SELECT} WHERE e.project_id = :project_id AND e.id IN :ids ORDER BY e.uploaded_at, e.id")
_OF_CONTROL = Statement(
    f"{_SELECT} JOIN evidence_controls l ON l.evidence_id = e.id "
    "WHERE l.project_id = :project_id AND l.control_id = :control_id ORDER BY e.uploaded_at, e.id"
)
_CURRENT_OF_CONTROLS = Statement(
    f"{_SELECT} WHERE e.project_id = :project_id AND {_CURRENT} AND EXISTS (SELECT 1 FROM evidence_controls l "
    "WHERE l.evidence_id = e.id AND l.control_id IN :control_ids) ORDER BY e.uploaded_at, e.id"
)
_SERVING = Statement(
    f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN {_CURRENT} THEN 1 ELSE 0 END), 0), "
    f"COALESCE(SUM(CASE WHEN {_CURRENT} THEN e.quality_score ELSE 0 END), 0) FROM evidence e "
    "WHERE e.project_id = :project_id AND EXISTS (SELECT 1 FROM evidence_controls l "
    "WHERE l.evidence_id = e.id AND l.control_id IN :control_ids)"
)
_AWAITING = Statement(
    f"{_SELECT} WHERE e.project_id = :project_id AND e.status IN ('pending', 'in_review') "
    "ORDER BY e.quality_score DESC, e.uploaded_at, e.id LIMIT :most"
)
_WEAKEST = Statement(
    f"{_SELECT} WHERE e.project_id = :project_id AND {_CURRENT} "
    "ORDER BY e.quality_score, e.uploaded_at, e.id LIMIT :most"
)
_OVER = Statement(
    f"{_SELECT} WHERE e.project_id = :project_id AND e.status = 'approved' AND e.expires_at <= :now "
    "ORDER BY e.expires_at DESC, e.id LIMIT :most"
)
_STANDING = Statement(
    "SELECT l.control_id, COUNT(*), "
    f"COALESCE(SUM(CASE WHEN {_CURRENT} THEN 1 ELSE 0 END), 0) FROM evidence_controls l "
    "JOIN evidence e ON e.id = l.evidence_id WHERE l.project_id = :project_id AND l.control_id IN :control_ids "
    "AND e.id <> :without GROUP BY l.control_id"
)
_BANDS = Statement(
    "SELECT COUNT(*), SUM(CASE WHEN e.quality_score >= 90 THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN e.quality_score >= 70 AND e.quality_score < 90 THEN 1 ELSE 0 END) "
    "FROM evidence e WHERE e.project_id = :project_id"
)
_CURRENT_SCORES = Statement(
    f"SELECT e.quality_score, e.control_ids FROM evidence e WHERE e.project_id = :project_id AND {_CURRENT}"
)
_FOUND = Statement(f"{_SELECT} WHERE e.id IN :ids ORDER BY e.uploaded_at, e.id")
_TAGS = Statement("SELECT evidence_id, tag FROM evidence_tags WHERE evidence_id IN :ids ORDER BY evidence_id, tag")
_TAGGED = Statement("SELECT tag, evidence_id FROM evidence_tags WHERE tag IN :tags")
_UPLOADS = Statement(
    "SELECT evidence_id, uploaded_by, '', MAX(uploaded_at) FROM evidence_versions WHERE evidence_id IN :ids "
    "GROUP BY evidence_id, uploaded_by"
)
_DECISIONS = Statement(
    "SELECT evidence_id, reviewer_id, decision, created_at FROM evidence_reviews WHERE evidence_id IN :ids "
    "ORDER BY created_at, id"
)
_BY_HAND = Statement(
    "SELECT evidence_id FROM evidence_versions WHERE uploaded_by = :user_id "
    "UNION SELECT evidence_id FROM evidence_reviews WHERE reviewer_id = :user_id"
)
_BY_STATUS = Statement("SELECT e.status, COUNT(*) FROM evidence e WHERE e.project_id = :project_id GROUP BY e.status")
_SEARCH = Listing(
    key="evidence",
    id_sql="e.id",
    sorts={"uploaded_at": Sort("e.uploaded_at")},
    default_sort="uploaded_at",
    search={"title": "e.title", "description": "e.description", "tags": "e.tags"},
)

STATUSES = ("pending", "in_review", "approved", "rejected")


class EvidenceLibrary:
    """Reads evidence of projects. Only :meth:`search` looks at who asks; the rest is for trusted callers."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._projects = Projects(platform)
        self._search = ListQuery(_SEARCH, columns=_COLUMNS, source="evidence e", where=("e.project_id = :project_id",))

    def of_project(self, project_id: str) -> list[EvidenceRef]:
        """All evidence of a project, oldest first; one query."""
        return self._refs(self._platform.database.rows(_OF_PROJECT, project_id=project_id))

    def pieces(self, project_id: str, evidence_ids: Collection[str]) -> list[EvidenceRef]:
        """Those of the given pieces that the project has, oldest first; one query."""
        return self._refs(self._platform.database.rows(_AMONG, project_id=project_id, ids=sorted(evidence_ids)))

    def of_control(self, project_id: str, control_id: str) -> list[EvidenceRef]:
        """The evidence that serves a control in a project, oldest first; one query."""
        rows = self._platform.database.rows(_OF_CONTROL, project_id=project_id, control_id=control_id)
        return self._refs(rows)

    def current_of_controls(self, project_id: str, control_ids: Collection[str]) -> list[EvidenceRef]:
        """Current, approved evidence that serves one of the controls, each piece once, oldest first; one query."""
        now, ids = to_text(self._platform.clock()), sorted(control_ids)
        rows = self._platform.database.rows(_CURRENT_OF_CONTROLS, project_id=project_id, control_ids=ids, now=now)
        return self._refs(rows)

    def serving(self, project_id: str, control_ids: Collection[str]) -> tuple[int, int, int]:
        """Of the evidence that serves one of the controls, each piece once: how many pieces there are, how many are
        current and approved, and what their quality adds up to; one query."""
        now, ids = to_text(self._platform.clock()), sorted(control_ids)
        row = self._platform.database.row(_SERVING, project_id=project_id, control_ids=ids, now=now)
        pieces, current, quality = row or (0, 0, 0)
        return int(pieces), int(current), int(quality)

    def awaiting(self, project_id: str, most: int) -> list[EvidenceRef]:
        """Evidence that nobody has decided on, the best quality first; one query."""
        return self._refs(self._platform.database.rows(_AWAITING, project_id=project_id, most=most))

    def weakest(self, project_id: str, most: int) -> list[EvidenceRef]:
        """Current, approved evidence, the lowest quality first; one query."""
        now = to_text(self._platform.clock())
        return self._refs(self._platform.database.rows(_WEAKEST, project_id=project_id, now=now, most=most))

    def over(self, project_id: str, most: int) -> list[EvidenceRef]:
        """Approved evidence whose time is over, the last one first; one query."""
        now = to_text(self._platform.clock())
        return self._refs(self._platform.database.rows(_OVER, project_id=project_id, now=now, most=most))

    def status_without(self, project_id: str, control_ids: Collection[str], evidence_id: str) -> dict[str, str]:
        """What evidence would show of the controls without one piece: a status each; one query."""
        now, ids = to_text(self._platform.clock()), sorted(control_ids)
        rows = self._platform.database.rows(
            _STANDING, project_id=project_id, control_ids=ids, now=now, without=evidence_id
        )
        left = {control_id: (count, current) for control_id, count, current in rows}
        return {control_id: status_shown(*left.get(control_id, (0, 0))) for control_id in ids}

    def found(self, evidence_ids: Collection[str]) -> list[EvidenceRef]:
        """Those of the given pieces that there are, in whatever project, oldest first; one query."""
        return self._refs(self._platform.database.rows(_FOUND, ids=sorted(evidence_ids)))

    def tags(self, evidence_ids: Collection[str]) -> dict[str, list[str]]:
        """The tags of pieces, in order; pieces without one are left out; one query."""
        tags: dict[str, list[str]] = defaultdict(list)
        for evidence_id, tag in self._platform.database.rows(_TAGS, ids=sorted(evidence_ids)):
            tags[evidence_id].append(tag)
        return dict(tags)

    def tagged(self, tags: Collection[str]) -> dict[str, set[str]]:
        """The pieces that carry each tag; tags that none carries are left out; one query."""
        found: dict[str, set[str]] = defaultdict(set)
        for tag, evidence_id in self._platform.database.rows(_TAGGED, tags=sorted(tags)):
            found[tag].add(evidence_id)
        return dict(found)

    def uploaded(self, evidence_ids: Collection[str]) -> list[Hand]:
        """Who uploaded pieces or versions of them, each once a piece; one query."""
        return [Hand(*row) for row in self._platform.database.rows(_UPLOADS, ids=sorted(evidence_ids))]

    def reviewed(self, evidence_ids: Collection[str]) -> list[Hand]:
        """Who reviewed pieces, with the last decision of each; one query."""
        last: dict[tuple[str, str], Hand] = {}
        for row in self._platform.database.rows(_DECISIONS, ids=sorted(evidence_ids)):
            last[row[0], row[1]] = Hand(*row)
        return list(last.values())

    def by_hand(self, user_id: str) -> set[str]:
        """The pieces that somebody uploaded or reviewed; one query."""
        return {row[0] for row in self._platform.database.rows(_BY_HAND, user_id=user_id)}

    def counted_by_status(self, project_id: str) -> dict[str, int]:
        """How many pieces have each status; every status is there."""
        counted: dict[str, int] = dict(self._platform.database.rows(_BY_STATUS, project_id=project_id))
        return {status: counted.get(status, 0) for status in STATUSES}

    def quality(self, project_id: str, *, framework_id: str | None = None) -> QualitySummary:
        """The quality of a project's evidence; two queries.

        With ``framework_id`` only controls of that framework make up ``by_category``: category names of several
        frameworks may be the same.
        """
        database = self._platform.database
        total, high, good = database.row(_BANDS, project_id=project_id) or (0, 0, 0)
        high, good = high or 0, good or 0
        rows = database.rows(_CURRENT_SCORES, project_id=project_id, now=to_text(self._platform.clock()))
        return QualitySummary(
            total=total,
            high=high,
            good=good,
            needs_improvement=total - high - good,
            mean_current_approved=_mean([row[0] for row in rows]),
            by_category=self._by_category(rows, framework_id),
        )

    def search(self, principal: Principal, project_id: str, text: str, limit: int = 20) -> list[EvidenceRef]:
        """Evidence of a project whose title, description or tags contain ``text``, newest first.

        ``NotFound`` and ``Forbidden`` as for reading the project's evidence. The text inside files isn't searched.
        """
        self._projects.require(principal, project_id, "evidence:read")
        request = ListRequest(
            page=1,
            limit=max(1, min(limit, 100)),
            sort="uploaded_at",
            order="desc",
            filters={},
            search=text.replace("\0", "").strip(),
            search_fields=tuple(_SEARCH.search),
            cursor=None,
            by_cursor=True,
        )
        return self._refs(self._search.run(self._platform.database, request, project_id=project_id).rows)

    def _by_category(self, rows: list[Row], framework_id: str | None) -> dict[str, float]:
        scores: dict[str, list[int]] = defaultdict(list)
        for score, control_ids in rows:
            for category in self._categories(orjson.loads(control_ids), framework_id):
                scores[category].append(score)
        return {category: _mean(values) for category, values in scores.items()}

    def _categories(self, control_ids: list[str], framework_id: str | None) -> set[str]:
        """Categories that a piece serves: each counts it once, however many of its controls it serves."""
        found = (self._platform.frameworks.control(control_id) for control_id in control_ids)
        return {
            control.category
            for control in found
            if control is not None and framework_id in (None, control.framework_id)
        }

    def _refs(self, rows: Sequence[Row]) -> list[EvidenceRef]:
        now = to_text(self._platform.clock())
        return [
            EvidenceRef(
                id=id_,
                title=title,
                file_name=file_name,
                project_id=project_id,
                control_ids=tuple(orjson.loads(control_ids)),
                status=status,
                quality_score=quality_score,
                uploaded_by=uploaded_by,
                uploaded_at=uploaded_at,
                expires_at=expires_at,
                is_current=expires_at is None or expires_at > now,
            )
            for (
                id_,
                title,
                file_name,
                project_id,
                control_ids,
                status,
                quality_score,
                uploaded_by,
                uploaded_at,
                expires_at,
            ) in rows
        ]


def status_shown(pieces: int, current: int) -> str:
    """What evidence shows of a control (product rules, Controls and frameworks)."""
    return "complete" if current else "in_progress" if pieces else "not_started"


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0
