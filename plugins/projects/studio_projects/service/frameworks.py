"""The frameworks that a project is assessed against, and how their controls come into it and leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, NotFound, ValidationFailed
from studio_kernel.events import EventType
from studio_kernel.frameworks import Framework
from studio_kernel.security.principal import Principal
from studio_kernel.storage.database import Database
from studio_projects import queries
from studio_projects.access import ProjectAccess
from studio_projects.events import FRAMEWORK_ATTACHED, FRAMEWORK_DETACHED
from studio_projects.models import MappedControlRow, ProjectControlRow, ProjectFrameworkRow

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class ProjectFrameworks:
    """Attaches frameworks to projects and detaches them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._access = ProjectAccess(platform)

    def of(self, principal: Principal, project_id: str) -> list[dict[str, Any]]:
        """All frameworks of a project, the primary one first; two queries."""
        self._access.require(principal, project_id, "projects:read")
        return self._views(project_id)

    def show(self, principal: Principal, project_id: str, framework_id: str) -> dict[str, Any]:
        """One of them."""
        self._access.require(principal, project_id, "projects:read")
        return self._one(project_id, framework_id)

    def attach(self, principal: Principal, project_id: str, framework_id: str) -> dict[str, Any]:
        """Assess the project against a further framework: its controls appear as not started.

        ``Conflict`` when the framework is attached already.
        """
        with self._database.transaction():
            self._begin(principal, project_id, framework_id)
            (framework,) = installed(self._platform, {framework_id: "framework"})
            attached = self._views(project_id)
            if any(each["id"] == framework_id for each in attached):
                raise Conflict("The framework is attached already", details={"framework": framework_id})
            self._insert(project_id, framework)
            self._publish(FRAMEWORK_ATTACHED, project_id, framework_id, len(framework.controls))
            return self._one(project_id, framework_id)

    def detach(self, principal: Principal, project_id: str, framework_id: str, *, discard: bool) -> None:
        """Assess the project against a framework no longer: its controls leave the project.

        :raises Conflict: it is the primary one, evidence serves one of its controls, or people decided something
            about them and ``discard`` isn't set.
        """
        with self._database.transaction():
            self._begin(principal, project_id, framework_id)
            found = self._one(project_id, framework_id)
            self._refuse_if_used(project_id, found, discard=discard)
            where = {"project_id": project_id, "framework_id": framework_id}
            self._database.delete(MappedControlRow, where=where)
            removed = self._database.delete(ProjectControlRow, where=where)
            self._database.delete(ProjectFrameworkRow, where=where)
            self._publish(FRAMEWORK_DETACHED, project_id, framework_id, removed)

    def make_primary(self, project_id: str, framework_id: str) -> None:
        """Put an attached framework and its controls first, inside the caller's transaction."""
        attached = [row[0] for row in self._database.rows(queries.PROJECT_FRAMEWORKS, project_id=project_id)]
        if framework_id not in attached:
            options = ", ".join(attached)
            raise ValidationFailed("framework", f"Must be attached to the project first; attached are: {options}")
        order = [framework_id, *(each for each in attached if each != framework_id)]
        for position, each in enumerate(order):
            where = {"project_id": project_id, "framework_id": each}
            self._database.update(ProjectFrameworkRow, {"position": position}, where=where)
        first, _ = self._positions(project_id)
        where = {"project_id": project_id, "framework_id": framework_id}
        last = self._database.value(queries.FRAMEWORK_END, **where)
        self._database.execute(queries.MOVE_CONTROLS, **where, places=first - 1 - last)

    def _begin(self, principal: Principal, project_id: str, framework_id: str) -> None:
        hold(self._database, project_id)
        self._access.require(principal, project_id, "projects:update", writable=True)
        current_context().resource_id = framework_id[:80]

    def _insert(self, project_id: str, framework: Framework) -> None:
        now = to_text(self._platform.clock())
        attached = self._database.rows(queries.FRAMEWORKS, project_id=project_id)
        position = max((row[1] for row in attached), default=-1) + 1
        row = {"project_id": project_id, "framework_id": framework.id, "position": position, "attached_at": now}
        self._database.insert(ProjectFrameworkRow, row)
        _, last = self._positions(project_id)
        self._database.insert_many(ProjectControlRow, control_rows(project_id, [framework], now, first=last + 1))

    def _positions(self, project_id: str) -> tuple[int, int]:
        """The first and the last place among the project's controls."""
        row = self._database.row(queries.CONTROL_POSITIONS, project_id=project_id)
        assert row is not None, "an aggregate always has a row"
        return row[0], row[1]

    def _refuse_if_used(self, project_id: str, found: Mapping[str, Any], *, discard: bool) -> None:
        if found["primary"]:
            raise Conflict("This is the primary framework; make another one primary first")
        row = self._database.row(queries.FRAMEWORK_USE, project_id=project_id, framework_id=found["id"], yes=True)
        evidenced, decided = row or (0, 0)
        if evidenced:
            raise Conflict(
                f"Evidence serves {evidenced} of the framework's controls; unlink or delete it first",
                details={"controls_with_evidence": evidenced},
            )
        if decided and not discard:
            raise Conflict(
                f"People decided something about {decided} of the framework's controls; discard=true gives that up",
                details={"controls_with_decisions": decided},
            )

    def _views(self, project_id: str) -> list[dict[str, Any]]:
        rows = self._database.rows(queries.FRAMEWORKS, project_id=project_id)
        return [self._view(number, row) for number, row in enumerate(rows)]

    def _view(self, number: int, row: tuple[Any, ...]) -> dict[str, Any]:
        framework_id, _, attached_at, controls = row
        framework = self._platform.frameworks.get(framework_id)
        return {
            "id": framework_id,
            "name": framework.name if framework is not None else framework_id,
            "primary": number == 0,
            "attached_at": attached_at,
            "controls": controls,
        }

    def _one(self, project_id: str, framework_id: str) -> dict[str, Any]:
        for each in self._views(project_id):
            if each["id"] == framework_id:
                return each
        raise NotFound(f"The framework {framework_id} isn't attached to the project")

    def _publish(self, kind: EventType, project_id: str, framework_id: str, controls: int) -> None:
        # NOTE: the project is the resource, so that subscribers get its changes in order.
        framework = {"id": framework_id, "project_id": project_id, "controls": controls}
        self._platform.events.publish(
            kind, resource_id=project_id, project_id=project_id, data={"framework": framework}
        )


def hold(database: Database, project_id: str) -> None:
    """Keep everybody else from changing the project until the transaction ends."""
    database.lock(f"project:{project_id}")
    database.row(queries.HOLD_PROJECT, id=project_id)


def installed(platform: Platform, wanted: Mapping[str, str]) -> Sequence[Framework]:
    """The frameworks of these ids, in their order; ``ValidationFailed`` for the fields of those that aren't there."""
    found = {framework_id: platform.frameworks.get(framework_id) for framework_id in wanted}
    unknown = [wanted[framework_id] for framework_id, framework in found.items() if framework is None]
    if unknown:
        known = ", ".join(sorted(each.id for each in platform.frameworks)) or "none is installed"
        raise ValidationFailed.of([(field, f"Must be an installed framework: {known}") for field in unknown])
    return [framework for framework in found.values() if framework is not None]


def control_rows(
    project_id: str, frameworks: Sequence[Framework], now: str, *, first: int = 0
) -> Sequence[dict[str, Any]]:
    """The rows of the frameworks' controls, not started, from the place ``first`` on."""
    controls = [control for framework in frameworks for control in framework.controls]
    return [
        {
            "project_id": project_id,
            "control_id": control.id,
            "framework_id": control.framework_id,
            "number": control.number,
            "title": control.title,
            "category": control.category,
            "priority": control.priority,
            "position": position,
            "derived_status": "not_started",
            "applicable": True,
            "evidence_count": 0,
            "updated_at": now,
        }
        for position, control in enumerate(controls, start=first)
    ]
