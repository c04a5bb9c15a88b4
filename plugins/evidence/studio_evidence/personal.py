"""What this plugin's tables hold of people: who uploaded and reviewed stays; what a file says is the organisation's."""

from __future__ import annotations

from studio_kernel.privacy import PersonalData

_UPLOADED = ("uploaded_by",)

PERSONAL_DATA = (
    PersonalData(
        "evidence_reviews",
        "id",
        ("reviewer_id",),
        shown=("id", "evidence_id", "project_id", "version", "decision", "score", "comment", "created_at"),
        texts=("comment",),
    ),
    PersonalData(
        "evidence_controls",
        "evidence_id || '/' || control_id",
        ("linked_by",),
        shown=("evidence_id", "control_id", "project_id", "linked_at"),
    ),
    PersonalData(
        "evidence_versions",
        "id",
        _UPLOADED,
        shown=("evidence_id", "project_id", "number", "file_name", "comment", "uploaded_at"),
        texts=("file_name", "comment", "url"),
    ),
    PersonalData(
        "evidence",
        "id",
        _UPLOADED,
        shown=("id", "project_id", "title", "description", "file_name", "uploaded_at"),
        texts=("title", "description", "file_name", "url"),
    ),
)
