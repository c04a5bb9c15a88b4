"""What this plugin's tables hold of people. Work that was done stays, under the account's id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.privacy import PersonalData
from studio_projects.api import Projects
from studio_projects.service.projects import ProjectService

if TYPE_CHECKING:
    from studio_kernel.app import Platform


def personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Those tables."""
    keep = Projects(platform).keep_all
    return (
        PersonalData(
            "project_members", "project_id", ("user_id",), shown=("project_id", "role", "joined_at"), erased="deleted"
        ),
        PersonalData("milestones", "id", texts=("name", "description"), hold=keep),
        PersonalData(
            "project_controls",
            "project_id || '/' || control_id",
            ("owner_id", "override_by", "not_applicable_by"),
            shown=(
                "project_id",
                "control_id",
                "owner_id",
                "override_by",
                "override_reason",
                "override_at",
                "not_applicable_by",
                "not_applicable_reason",
                "not_applicable_at",
            ),
            texts=("override_reason", "not_applicable_reason"),
            hold=keep,
        ),
        PersonalData(
            "projects",
            "id",
            ("created_by",),
            shown=("id", "name", "created_at"),
            texts=("name", "description"),
            # NOTE: a graph of its own, and whoever else keeps the name, learn of it by the event.
            changed=ProjectService(platform).announce,
        ),
    )
