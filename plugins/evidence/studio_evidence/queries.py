"""Reads of the plugin's own tables, in SQL that is put together once."""

from __future__ import annotations

from dataclasses import replace

from studio_evidence.library import STATUSES
from studio_kernel.http.listing import Filter, Listing, ListQuery, Sort
from studio_kernel.storage.sql import Statement

KINDS = ("file", "link", "note")

# NOTE: the order of the fields of studio_evidence.service.records.Record.
RECORD_COLUMNS = (
    "id",
    "project_id",
    "title",
    "description",
    "control_id",
    "control_ids",
    "tags",
    "status",
    "quality_score",
    "quality_source",
    "version",
    "file_name",
    "file_size",
    "content_type",
    "sha256",
    "uploaded_by",
    "uploaded_at",
    "updated_at",
    "approved_at",
    "expires_at",
    "period_start",
    "period_end",
    "valid_until",
    "kind",
    "url",
)

RECORD = Statement(f"SELECT {', '.join(RECORD_COLUMNS)} FROM evidence WHERE id = :id")

_UPLOADED = Sort("e.uploaded_at")
LISTING = Listing(
    key="evidence",
    id_sql="e.id",
    sorts={
        "uploaded_at": _UPLOADED,
        "created_at": _UPLOADED,
        "title": Sort("e.title"),
        "quality_score": Sort("e.quality_score", "number"),
        "file_size": Sort("e.file_size", "number"),
    },
    default_sort="uploaded_at",
    filters={
        "project_id": Filter("e.project_id", summary="Project id."),
        "control_id": Filter(
            "",
            condition="e.id IN (SELECT evidence_id FROM evidence_controls WHERE control_id = :filter_control_id)",
            summary="A control that the evidence serves, as its first or a further one.",
        ),
        "status": Filter("e.status", choices=STATUSES),
        "tag": Filter(
            "",
            condition="e.id IN (SELECT evidence_id FROM evidence_tags WHERE tag = :filter_tag)",
            summary="A tag, as written.",
        ),
        "kind": Filter("e.kind", choices=KINDS),
        "uploaded_by": Filter("e.uploaded_by", summary="Account id of whoever uploaded the first version."),
        "expires_after": Filter("e.expires_at", "after", summary="Counts until after this moment."),
        "expires_before": Filter("e.expires_at", "before", summary="Counts no longer than until this moment."),
        "created_after": Filter("e.uploaded_at", "after", summary="Uploaded after this moment."),
        "created_before": Filter("e.uploaded_at", "before", summary="Uploaded before this moment."),
    },
    search={"title": "e.title", "description": "e.description", "tags": "e.tags"},
)
_COLUMNS = [f"e.{name}" for name in RECORD_COLUMNS]
LIST = ListQuery(LISTING, columns=_COLUMNS, source="evidence e")


def _beginning_with(name: str, table: str, column: str, *where: str) -> ListQuery:
    """The list that begins with the pieces of one control or tag.

    PERF: without statistics SQLite would rather look at every piece of a project. CROSS JOIN holds it to this order;
    PostgreSQL decides by its own.
    """
    narrowed = replace(LISTING.filters[name], sql=f"b.{column}", condition="")
    listing = replace(LISTING, filters={**LISTING.filters, name: narrowed})
    source = f"{table} b CROSS JOIN evidence e"
    return ListQuery(listing, columns=_COLUMNS, source=source, where=("e.id = b.evidence_id", *where))


LIST_OF_CONTROL = _beginning_with("control_id", "evidence_controls", "control_id", "b.project_id = e.project_id")
LIST_OF_TAG = _beginning_with("tag", "evidence_tags", "tag")

# The words are looked for by studio_kernel.storage.fulltext; everything else narrows as it does the list.
SEARCH_LISTING = Listing(
    key="evidence",
    id_sql="e.id",
    sorts={"relevance": Sort("", "number")},
    default_sort="relevance",
    orders=("desc",),
    filters={
        "q": Filter(
            "",
            required=True,
            least=1,
            most=1000,
            summary="Words that must all be there, in whatever form; phrases in double quotes; - before what must not.",
        ),
        **LISTING.filters,
    },
)
NEXT_WAITING = Statement("SELECT id FROM evidence WHERE NOT searchable ORDER BY id LIMIT :most")
WAITING = Statement("SELECT COUNT(*) FROM evidence WHERE NOT searchable")
PUT_OFF = Statement("UPDATE evidence SET searchable = FALSE WHERE searchable")
PUT_OFF_PROJECTS = Statement("UPDATE evidence SET searchable = FALSE WHERE searchable AND project_id IN :project_ids")

VERSION_FIELDS = (
    "id",
    "evidence_id",
    "version",
    "file_name",
    "file_size",
    "content_type",
    "sha256",
    "uploaded_by",
    "uploaded_at",
    "kind",
    "url",
    "comment",
    "period_start",
    "period_end",
    "valid_until",
)
VERSIONS_LISTING = Listing(
    key="versions",
    id_sql="v.id",
    sorts={"version": Sort("v.number", "number"), "uploaded_at": Sort("v.uploaded_at")},
    default_sort="version",
)
VERSIONS = ListQuery(
    VERSIONS_LISTING,
    columns=[f"v.{'number' if name == 'version' else name}" for name in VERSION_FIELDS],
    source="evidence_versions v",
    where=("v.evidence_id = :evidence_id",),
)
VERSION_FILE = Statement(
    "SELECT file_name, file_size, content_type, sha256 FROM evidence_versions "
    "WHERE evidence_id = :evidence_id AND number = :number"
)

REVIEW_FIELDS = (
    "id",
    "evidence_id",
    "version",
    "reviewer_id",
    "decision",
    "score",
    "comment",
    "created_at",
)
REVIEWS_LISTING = Listing(key="reviews", id_sql="r.id", sorts={"created_at": Sort("r.created_at")})
REVIEWS = ListQuery(
    REVIEWS_LISTING,
    columns=[f"r.{name}" for name in REVIEW_FIELDS],
    source="evidence_reviews r",
    where=("r.evidence_id = :evidence_id",),
)

VERSION_UPLOADED_AT = Statement(
    "SELECT uploaded_at FROM evidence_versions WHERE evidence_id = :evidence_id AND number = :number"
)
ANALYSIS = Statement(
    "SELECT score, checks, text_state, analyzed_at FROM evidence_analyses "
    "WHERE evidence_id = :evidence_id AND version = :version"
)

UPLOADED_BY = Statement(
    "SELECT COUNT(*) FROM evidence_versions WHERE evidence_id = :evidence_id AND uploaded_by = :user_id"
)
APPROVED = Statement(
    "SELECT id, approved_at, expires_at, valid_until, control_ids FROM evidence "
    "WHERE project_id = :project_id AND approved_at IS NOT NULL ORDER BY id"
)
SERVING_ANY = Statement(
    "SELECT DISTINCT evidence_id FROM evidence_controls "
    "WHERE project_id = :project_id AND control_id IN :control_ids ORDER BY evidence_id"
)
CONTROL_EVIDENCE = Statement(
    "SELECT l.control_id, COUNT(*), "
    "SUM(CASE WHEN e.status = 'approved' AND (e.expires_at IS NULL OR e.expires_at > :now) THEN 1 ELSE 0 END) "
    "FROM evidence_controls l JOIN evidence e ON e.id = l.evidence_id "
    "WHERE l.project_id = :project_id AND l.control_id IN :control_ids GROUP BY l.control_id"
)

DUE = Statement(
    "SELECT id, project_id FROM evidence "
    "WHERE expires_at <= :now AND status = 'approved' AND expired = :no ORDER BY project_id, id LIMIT 200"
)
EXPIRE = Statement(
    "UPDATE evidence SET expired = :yes, updated_at = :now "
    "WHERE id = :id AND expires_at <= :now AND status = 'approved' AND expired = :no"
)
PROJECTS_OF = Statement("SELECT id, project_id FROM evidence WHERE id IN :ids")
_DIGESTS = "SELECT DISTINCT sha256 FROM evidence_versions WHERE "
DIGESTS_OF_PIECE = Statement(f"{_DIGESTS}evidence_id = :evidence_id")
DIGESTS_OF_PROJECT = Statement(f"{_DIGESTS}project_id = :project_id")
ALL_DIGESTS = Statement("SELECT DISTINCT sha256 FROM evidence_versions ORDER BY sha256")
PIECES_WITH = Statement(
    "SELECT DISTINCT evidence_id FROM evidence_versions WHERE sha256 IN :digests ORDER BY evidence_id LIMIT 1000"
)
REFERRED = Statement("SELECT DISTINCT sha256 FROM evidence_versions WHERE sha256 IN :digests")
IN_REVIEW = Statement("SELECT COUNT(*) FROM evidence WHERE project_id = :project_id AND status = 'in_review'")
REMOVE_TAGS_OF_PROJECT = Statement(
    "DELETE FROM evidence_tags WHERE evidence_id IN (SELECT id FROM evidence WHERE project_id = :project_id)"
)
