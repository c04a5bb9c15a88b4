"""What this plugin's tables and projections hold of people."""

from __future__ import annotations

from collections.abc import Sequence

from studio_kernel.app import Platform
from studio_kernel.privacy import Person, PersonalData
from studio_kernel.storage.graph import Node
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects

_REPORTS = Statement("DELETE FROM compliance_reports")


def personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Reports name whole teams, and are made again on demand: an erasure drops them all."""

    def drop_reports(person: Person) -> int:
        with platform.database.transaction():
            return platform.database.execute(_REPORTS)

    def rename_node(person: Person) -> int:
        if platform.graph.node(person.id) is None:
            return 0
        platform.graph.merge_nodes([Node("User", person.id, {"name": person.pseudonym})])
        return 1

    return (
        PersonalData(
            "compliance_reports",
            "id",
            ("created_by",),
            shown=("id", "project_id", "kind", "format", "created_at"),
            erase=drop_reports,
        ),
        PersonalData(
            "compliance_framework_versions",
            "framework_id || '/' || revision",
            ("imported_by",),
            shown=("framework_id", "revision", "version", "imported_at"),
        ),
        PersonalData(
            "compliance_retired_controls",
            "project_id || '/' || control_id",
            texts=("state",),
            hold=Projects(platform).keep_all,
            erase=rename_node,
        ),
    )
