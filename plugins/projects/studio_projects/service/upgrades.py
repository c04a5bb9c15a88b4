"""Projects follow another version of a framework: controls stay, move, come and go, and keep what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.frameworks import Control, Framework
from studio_projects import queries
from studio_projects.events import FRAMEWORK_UPGRADED
from studio_projects.models import MappedControlRow, ProjectControlRow
from studio_projects.service.frameworks import hold

if TYPE_CHECKING:
    from studio_kernel.app import Platform

STATE_FIELDS = (
    "override_status",
    "override_reason",
    "override_by",
    "override_at",
    "applicable",
    "not_applicable_reason",
    "not_applicable_by",
    "not_applicable_at",
    "owner_id",
    "due_date",
)
"""What people decided about a control; it goes with the control wherever that goes."""


class FrameworkUpgrades:
    """Brings the controls of projects to another version of their framework."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database

    def follow(
        self,
        project_id: str,
        framework: Framework,
        predecessors: Mapping[str, Sequence[str]],
        returning: Mapping[str, Mapping[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Inside the caller's transaction; see :meth:`studio_projects.api.Projects.follow_framework`."""
        hold(self._database, project_id)
        rows = self._rows(project_id, framework.id)
        now = to_text(self._platform.clock())
        first = min((row["position"] for row in rows.values()), default=0)
        states = self._in_team(project_id, returning)
        fresh = [
            _row(project_id, control, first + offset, now, _base(control, rows, predecessors, states))
            for offset, control in enumerate(framework.controls)
        ]
        where = {"project_id": project_id, "framework_id": framework.id}
        last = max((row["position"] for row in rows.values()), default=-1)
        # NOTE: what mapped controls show is worked out anew by whoever knows the mappings.
        self._database.delete(MappedControlRow, where=where)
        self._database.delete(ProjectControlRow, where=where)
        more = first + len(fresh) - 1 - last
        self._database.execute(queries.SHIFT_CONTROLS, project_id=project_id, after=last, places=more)
        self._database.insert_many(ProjectControlRow, fresh)
        staying = {row["control_id"] for row in fresh}
        self._publish(project_id, framework, added=len(staying - set(rows)), removed=len(set(rows) - staying))
        return {control_id: row for control_id, row in rows.items() if control_id not in staying}

    def _in_team(self, project_id: str, states: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The states of controls that come back; who has left the team since owns none of them."""
        team = {row[0] for row in self._database.rows(queries.TEAM, project_id=project_id)} if states else set()
        return {
            control_id: {name: value for name, value in state.items() if name != "owner_id" or value in team}
            for control_id, state in states.items()
        }

    def _rows(self, project_id: str, framework_id: str) -> dict[str, dict[str, Any]]:
        found = self._database.rows(queries.FRAMEWORK_CONTROLS, project_id=project_id, framework_id=framework_id)
        return {row[0]: dict(zip(queries.KEPT_CONTROL_FIELDS, row, strict=True)) for row in found}

    def _publish(self, project_id: str, framework: Framework, *, added: int, removed: int) -> None:
        told = {
            "id": framework.id,
            "project_id": project_id,
            "version": framework.version,
            "controls": len(framework.controls),
            "added": added,
            "removed": removed,
        }
        self._platform.events.publish(
            FRAMEWORK_UPGRADED, resource_id=project_id, project_id=project_id, data={"framework": told}
        )


def _base(
    control: Control,
    rows: Mapping[str, Mapping[str, Any]],
    predecessors: Mapping[str, Sequence[str]],
    returning: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The state that a control starts the new version with: its own, what it had before it left, or its parent's."""
    own = rows.get(control.id)
    if own is not None:
        return {name: own[name] for name in (*STATE_FIELDS, "derived_status", "evidence_count")}
    parents = [rows[each] for each in predecessors.get(control.id, ()) if each in rows]
    parent = returning.get(control.id) or (parents[0] if parents else None)
    if parent is None:
        return {"applicable": True}
    state = {name: parent.get(name) for name in STATE_FIELDS}
    if control.id not in returning:
        # NOTE: a person's word was about the control as it was; that has to be seen beside it.
        for name in ("override_reason", "not_applicable_reason"):
            if state[name]:
                state[name] = f"{state[name]} (said of {parent['number']} before the upgrade)"
    return state


def _row(project_id: str, control: Control, position: int, now: str, base: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: base.get(name) for name in STATE_FIELDS}
    return {
        "project_id": project_id,
        "control_id": control.id,
        "framework_id": control.framework_id,
        "number": control.number,
        "title": control.title,
        "category": control.category,
        "priority": control.priority,
        "position": position,
        "derived_status": base.get("derived_status", "not_started"),
        **kept,
        "applicable": bool(kept["applicable"]),
        "evidence_count": base.get("evidence_count", 0),
        "updated_at": now,
    }
