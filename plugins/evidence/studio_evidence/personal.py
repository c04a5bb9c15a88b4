"""What this plugin's tables hold of people: who uploaded and reviewed stays; what a file says is the organisation's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_evidence.events import EVIDENCE_UPDATED
from studio_evidence.service.records import Records
from studio_kernel.privacy import PersonalData

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_UPLOADED = ("uploaded_by",)

_TEXTS = ("title", "description", "file_name", "url")
_LINKS = PersonalData(
    "evidence_controls",
    "evidence_id || '/' || control_id",
    ("linked_by",),
    shown=("evidence_id", "control_id", "project_id", "linked_at"),
)


def personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Those tables, and the pieces themselves: searches follow what changes in their texts."""
    records = Records(platform)

    def announce(evidence_ids: Sequence[str]) -> None:
        for evidence_id in evidence_ids:
            records.publish(EVIDENCE_UPDATED, records.read(evidence_id), changed=sorted(_TEXTS))

    reviews = PersonalData(
        "evidence_reviews",
        "id",
        ("reviewer_id",),
        shown=("id", "evidence_id", "project_id", "version", "decision", "score", "comment", "created_at"),
        texts=("comment",),
        hold=records.begin_all,
    )
    versions = PersonalData(
        "evidence_versions",
        "id",
        _UPLOADED,
        shown=("evidence_id", "project_id", "number", "file_name", "comment", "uploaded_at"),
        texts=("file_name", "comment", "url"),
        hold=records.begin_all,
    )
    pieces = PersonalData(
        "evidence",
        "id",
        _UPLOADED,
        shown=("id", "project_id", "title", "description", "file_name", "uploaded_at"),
        texts=_TEXTS,
        hold=records.begin_all,
        changed=announce,
    )
    return (reviews, _LINKS, versions, pieces)
