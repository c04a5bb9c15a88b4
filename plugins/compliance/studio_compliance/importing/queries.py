"""Reads and changes of the tables of imported frameworks."""

from __future__ import annotations

from studio_kernel.storage.sql import Statement

STATE = Statement("SELECT token FROM compliance_framework_state WHERE id = 1")
CURRENT = Statement("SELECT framework_id, revision, updated_at FROM compliance_frameworks ORDER BY framework_id")
DEFINITION = Statement(
    "SELECT definition FROM compliance_framework_versions WHERE framework_id = :framework_id AND revision = :revision"
)
REVISION = Statement("SELECT revision FROM compliance_frameworks WHERE framework_id = :framework_id")
VERSION = Statement(
    "SELECT revision, previous, version, format, definition, original, lineage FROM compliance_framework_versions "
    "WHERE framework_id = :framework_id AND revision = :revision"
)
NEWEST = Statement(
    "SELECT COALESCE(MAX(revision), 0) FROM compliance_framework_versions WHERE framework_id = :framework_id"
)
VERSIONS = Statement(
    "SELECT revision, previous, version, format, controls, imported_by, imported_at FROM compliance_framework_versions "
    "WHERE framework_id = :framework_id ORDER BY revision DESC"
)
LINEAGES = Statement(
    "SELECT revision, previous, lineage FROM compliance_framework_versions "
    "WHERE framework_id = :framework_id ORDER BY revision"
)
RETIRED = Statement(
    "SELECT control_id, state FROM compliance_retired_controls "
    "WHERE project_id = :project_id AND framework_id = :framework_id"
)
FORGET_RETIRED = Statement(
    "DELETE FROM compliance_retired_controls WHERE project_id = :project_id AND control_id IN :control_ids"
)
