"""Reads and changes of the table of reports."""

from __future__ import annotations

from studio_kernel.storage.sql import Statement

FIELDS = (
    "id",
    "project_id",
    "kind",
    "format",
    "job_id",
    "file_name",
    "media_type",
    "sha256",
    "size",
    "created_by",
    "created_at",
    "expires_at",
)
REPORT = Statement(f"SELECT {', '.join(FIELDS)} FROM compliance_reports WHERE id = :id AND expires_at > :now")
IN_USE = Statement("SELECT DISTINCT sha256 FROM compliance_reports WHERE sha256 IN :digests")
