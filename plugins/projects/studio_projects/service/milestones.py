"""Milestones of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal
from studio_projects import queries
from studio_projects.access import ProjectAccess
from studio_projects.events import MILESTONE_CHANGED
from studio_projects.models import MilestoneRow

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class Milestone:
    """A date that a project works towards. ``overdue``: the date has passed and it isn't completed."""

    id: str
    name: str
    due_date: str
    status: str
    overdue: bool


class Milestones:
    """Reads and changes the milestones of projects."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._access = ProjectAccess(platform)

    def of(self, project_id: str) -> list[dict[str, Any]]:
        """All milestones as the API shows them, the earliest first; one query."""
        now = to_text(self._platform.clock())
        return [milestone_view(row, now) for row in self._database.rows(queries.MILESTONES, project_id=project_id)]

    def show(self, principal: Principal, project_id: str, milestone_id: str) -> dict[str, Any]:
        """One milestone."""
        self._access.require(principal, project_id, "projects:read")
        return self._view(project_id, milestone_id)

    def create(self, principal: Principal, project_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add a milestone."""
        with self._database.transaction():
            self._begin(principal, project_id)
            row = milestone_row(project_id, body, to_text(self._platform.clock()))
            self._database.insert(MilestoneRow, row)
            return self._publish("created", project_id, row["id"])

    def change(
        self, principal: Principal, project_id: str, milestone_id: str, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Set what ``changes`` names."""
        with self._database.transaction():
            self._begin(principal, project_id)
            before = self._view(project_id, milestone_id)
            if not changes:
                return before
            values = {**changes, "updated_at": to_text(self._platform.clock())}
            self._database.update(MilestoneRow, values, where={"id": milestone_id, "project_id": project_id})
            return self._publish("updated", project_id, milestone_id)

    def delete(self, principal: Principal, project_id: str, milestone_id: str) -> None:
        """Remove a milestone."""
        with self._database.transaction():
            self._begin(principal, project_id)
            self._publish("deleted", project_id, milestone_id)
            self._database.delete(MilestoneRow, where={"id": milestone_id, "project_id": project_id})

    def _begin(self, principal: Principal, project_id: str) -> None:
        self._database.lock(f"project:{project_id}")
        self._access.require(principal, project_id, "projects:milestones", writable=True)

    def _view(self, project_id: str, milestone_id: str) -> dict[str, Any]:
        row = self._database.row(queries.MILESTONE, project_id=project_id, id=milestone_id)
        if row is None:
            raise NotFound(f"There is no milestone {milestone_id} in the project")
        return milestone_view(row, to_text(self._platform.clock()))

    def _publish(self, change: str, project_id: str, milestone_id: str) -> dict[str, Any]:
        current_context().resource_id = milestone_id
        view = self._view(project_id, milestone_id)
        told = {name: view[name] for name in ("id", "name", "due_date", "status")}
        self._platform.events.publish(
            MILESTONE_CHANGED,
            resource_id=milestone_id,
            project_id=project_id,
            data={"change": change, "milestone": {**told, "project_id": project_id}},
        )
        return view


def milestone_row(project_id: str, body: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The columns of a new milestone."""
    return {
        "id": new_id("mile"),
        "project_id": project_id,
        "name": body["name"],
        "description": body["description"],
        "due_date": body["due_date"],
        "status": body["status"],
        "created_at": now,
        "updated_at": now,
    }


def milestone_view(row: tuple[Any, ...], now: str) -> dict[str, Any]:
    """A row of ``queries.MILESTONE_FIELDS`` as the API shows it."""
    milestone_id, name, description, due_date, status, created_at, updated_at = row
    return {
        "id": milestone_id,
        "name": name,
        "description": description,
        "due_date": due_date,
        "status": status,
        "overdue": status != "completed" and due_date < now,
        "created_at": created_at,
        "updated_at": updated_at,
    }
