"""Where the controls of a project stand: what evidence shows, and what people say over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound, ValidationFailed
from studio_kernel.http.wire import raw_json
from studio_kernel.security.principal import Principal
from studio_projects import queries
from studio_projects.access import ProjectAccess
from studio_projects.events import CONTROL_CHANGED
from studio_projects.models import MappedControlRow, ProjectControlRow
from studio_projects.words import WORK_STATUSES

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class ControlState:
    """One control of a project, complete; fields in the order of ``queries.CONTROL_FIELDS``."""

    control_id: str
    framework_id: str
    number: str
    title: str
    category: str
    priority: str
    status: str
    derived_status: str
    override_status: str | None
    override_reason: str | None
    override_by: str | None
    override_at: str | None
    applicable: bool
    not_applicable_reason: str | None
    not_applicable_by: str | None
    not_applicable_at: str | None
    evidence_count: int
    due_date: str | None
    owner_id: str | None
    updated_at: str
    mapped_status: str | None
    mapped_via: str | None


class Controls:
    """Reads and changes the controls of projects."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._access = ProjectAccess(platform)

    def of(self, project_id: str) -> list[ControlState]:
        """All controls in the order of the frameworks; one query."""
        rows = self._database.rows(queries.CONTROLS, project_id=project_id, yes=True)
        return [ControlState(*row) for row in rows]

    def one(self, project_id: str, control_id: str) -> ControlState:
        """A control; ``NotFound`` when it isn't part of the project."""
        row = self._database.row(queries.CONTROL, project_id=project_id, control_id=control_id, yes=True)
        if row is None:
            raise NotFound(f"There is no control {control_id} in the project")
        return ControlState(*row)

    def show(self, principal: Principal, project_id: str, control_id: str) -> dict[str, Any]:
        """One control as the API shows it, with what its definition says."""
        self._access.require(principal, project_id, "projects:read")
        return self._view(self.one(project_id, control_id))

    def change(
        self, principal: Principal, project_id: str, control_id: str, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Override the status, take the control out of scope or back, set owner and due date.

        An override and a removal from scope need a ``reason``; a ``status`` of None takes the override back.
        """
        with self._database.transaction():
            self._begin(principal, project_id)
            current_context().resource_id = control_id
            return self._view(self._change(principal, project_id, control_id, changes))

    def change_many(
        self, principal: Principal, project_id: str, items: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Change controls as :meth:`change` does, in one transaction; what became of each, in their order.

        An item that is refused changes nothing and doesn't touch the others.
        """
        with self._database.transaction():
            self._begin(principal, project_id)
            current_context().resource_id = project_id
            # NOTE: in the order in which evidence counts its controls, so that both wait for each other in one order.
            order = sorted(range(len(items)), key=lambda number: items[number]["id"])
            results = {number: self._one_of_many(principal, project_id, items[number]) for number in order}
            return [results[number] for number in range(len(items))]

    def _one_of_many(self, principal: Principal, project_id: str, item: Mapping[str, Any]) -> dict[str, Any]:
        changes = {name: value for name, value in item.items() if name != "id"}
        try:
            state = self._change(principal, project_id, item["id"], changes)
        except (NotFound, ValidationFailed) as refusal:
            error = {"code": refusal.code, "message": refusal.message, "details": refusal.details}
            return {"id": item["id"], "ok": False, "error": error}
        return {"id": item["id"], "ok": True, "control": control_view(state, to_text(self._platform.clock()))}

    def _begin(self, principal: Principal, project_id: str) -> None:
        self._database.lock(f"project:{project_id}")
        self._access.require(principal, project_id, "projects:controls", writable=True)

    def _change(
        self, principal: Principal, project_id: str, control_id: str, changes: Mapping[str, Any]
    ) -> ControlState:
        """NOTE: every refusal comes before the first write; a bulk update relies on it."""
        before = self.one(project_id, control_id)
        values = self._values(principal, changes)
        self._check_owner(project_id, values.get("owner_id"))
        return self._write(project_id, before, values) if values else before

    def set_evidence(self, project_id: str, control_id: str, *, evidence_count: int, derived_status: str) -> None:
        """Note what evidence shows; see :meth:`studio_projects.api.Projects.set_control_evidence`."""
        if derived_status not in WORK_STATUSES:
            raise ValueError(f"derived_status must be one of {', '.join(WORK_STATUSES)}, not {derived_status!r}")
        with self._database.transaction():
            before = self.one(project_id, control_id)
            values = {"evidence_count": evidence_count, "derived_status": derived_status}
            if (before.evidence_count, before.derived_status) != (evidence_count, derived_status):
                self._write(project_id, before, values, only_status=True)

    def set_mapped(self, project_id: str, control_id: str, status: str | None, via: str | None) -> None:
        """Note what mapped controls show; see :meth:`studio_projects.api.Projects.set_control_mapped`."""
        before = self.one(project_id, control_id)
        where = {"project_id": project_id, "control_id": control_id}
        self._database.delete(MappedControlRow, where=where)
        if status is not None:
            row = {**where, "framework_id": before.framework_id, "status": status, "via": via}
            self._database.insert(MappedControlRow, row)
        after = self.one(project_id, control_id)
        if after.status != before.status:
            self._publish(project_id, before, after)

    def among(self, project_id: str, control_ids: Sequence[str]) -> list[ControlState]:
        """Those of the given controls that the project has, in the order of its frameworks; one query."""
        rows = self._database.rows(
            queries.CONTROLS_AMONG, project_id=project_id, control_ids=list(control_ids), yes=True
        )
        return [ControlState(*row) for row in rows]

    def shown(self, project_id: str) -> list[ControlState]:
        """The controls that some evidence shows, their own or that of mapped ones; one query."""
        rows = self._database.rows(queries.SHOWN_CONTROLS, project_id=project_id, yes=True)
        return [ControlState(*row) for row in rows]

    def _values(self, principal: Principal, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that a request sets."""
        reason = _reason(changes)
        who, now = principal.user_id or principal.id, to_text(self._platform.clock())
        values = {name: changes[name] for name in ("owner_id", "due_date") if name in changes}
        if "status" in changes:
            overrides = changes["status"] is not None
            values |= {
                "override_status": changes["status"],
                "override_reason": reason if overrides else None,
                "override_by": who if overrides else None,
                "override_at": now if overrides else None,
            }
        if "applicable" in changes:
            out = not changes["applicable"]
            values |= {
                "applicable": changes["applicable"],
                "not_applicable_reason": reason if out else None,
                "not_applicable_by": who if out else None,
                "not_applicable_at": now if out else None,
            }
        return values

    def _check_owner(self, project_id: str, owner_id: str | None) -> None:
        if owner_id is None:
            return
        if self._database.row(queries.MEMBER, project_id=project_id, user_id=owner_id) is None:
            raise ValidationFailed("owner_id", "Must be a member of the project's team")

    def _write(
        self, project_id: str, before: ControlState, values: Mapping[str, Any], *, only_status: bool = False
    ) -> ControlState:
        """Change columns and publish; with ``only_status`` just when the effective status is another."""
        self._database.update(
            ProjectControlRow,
            {**values, "updated_at": to_text(self._platform.clock())},
            where={"project_id": project_id, "control_id": before.control_id},
        )
        after = self.one(project_id, before.control_id)
        if not only_status or after.status != before.status:
            self._publish(project_id, before, after)
        return after

    def _publish(self, project_id: str, before: ControlState, after: ControlState) -> None:
        self._platform.events.publish(
            CONTROL_CHANGED,
            resource_id=after.control_id,
            project_id=project_id,
            data={"control": _event_data(project_id, before, after)},
        )

    def _view(self, state: ControlState) -> dict[str, Any]:
        now = to_text(self._platform.clock())
        definition = self._platform.frameworks.control(state.control_id)
        expected = definition.expected_evidence if definition else ()
        return control_view(state, now) | {
            "description": definition.description if definition else "",
            "renewal_days": definition.renewal_days if definition else None,
            "expected_evidence": [{"title": each.title, "description": each.description} for each in expected],
        }


def _reason(changes: Mapping[str, Any]) -> str | None:
    """The reason given; refused where one is missing or belongs to nothing."""
    overrides = changes.get("status") is not None
    leaves = changes.get("applicable") is False
    reason: str | None = changes.get("reason")
    if overrides and leaves:
        raise ValidationFailed("status", "A control that is not applicable has no other status")
    if reason is None and (overrides or leaves):
        what = "status overrides what evidence shows" if overrides else "control leaves the scope"
        raise ValidationFailed("reason", f"Say why the {what}")
    if reason is not None and not (overrides or leaves):
        raise ValidationFailed("reason", "Goes with status or with applicable set to false")
    return reason


def is_overdue(state: ControlState, now: str) -> bool:
    """Whether the due date has passed with the control in scope and not complete."""
    return state.due_date is not None and state.due_date < now and state.status in ("not_started", "in_progress")


def control_view(state: ControlState, now: str) -> dict[str, Any]:
    """A control as lists show it; ``now`` decides what is overdue."""
    override = None
    if state.override_status is not None:
        override = {
            "status": state.override_status,
            "reason": state.override_reason,
            "by": state.override_by,
            "at": state.override_at,
        }
    return {
        "id": state.control_id,
        "number": state.number,
        "title": state.title,
        "status": state.status,
        "evidence_count": state.evidence_count,
        "framework": state.framework_id,
        "category": state.category,
        "priority": state.priority,
        "derived_status": state.derived_status,
        "mapped_status": state.mapped_status,
        "via": raw_json(state.mapped_via or "[]"),
        "override": override,
        "applicable": bool(state.applicable),
        "not_applicable_reason": state.not_applicable_reason,
        "not_applicable_by": state.not_applicable_by,
        "not_applicable_at": state.not_applicable_at,
        "owner_id": state.owner_id,
        "due_date": state.due_date,
        "overdue": is_overdue(state, now),
        "updated_at": state.updated_at,
    }


def _event_data(project_id: str, before: ControlState, after: ControlState) -> dict[str, Any]:
    return {
        "id": after.control_id,
        "project_id": project_id,
        "framework": after.framework_id,
        "number": after.number,
        "status": after.status,
        "previous_status": before.status,
        "overridden": after.override_status is not None,
        "applicable": bool(after.applicable),
        "evidence_count": after.evidence_count,
        "owner_id": after.owner_id,
        "due_date": after.due_date,
    }
