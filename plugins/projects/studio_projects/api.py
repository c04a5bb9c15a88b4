"""What other plugins may use of projects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import orjson

from studio_kernel.frameworks import Framework
from studio_kernel.security.principal import Principal
from studio_projects import queries
from studio_projects.access import ProjectAccess, ProjectRef
from studio_projects.events import (
    CONTROL_CHANGED,
    FRAMEWORK_ATTACHED,
    FRAMEWORK_DETACHED,
    FRAMEWORK_UPGRADED,
    MEMBER_ADDED,
    MEMBER_CHANGED,
    MEMBER_REMOVED,
    MILESTONE_CHANGED,
    PROJECT_ARCHIVED,
    PROJECT_CREATED,
    PROJECT_DELETED,
    PROJECT_UPDATED,
)
from studio_projects.models import ProjectRow
from studio_projects.service.controls import Controls, ControlState
from studio_projects.service.frameworks import hold
from studio_projects.service.milestones import Milestone, Milestones
from studio_projects.service.upgrades import FrameworkUpgrades

if TYPE_CHECKING:
    from studio_kernel.app import Platform


@dataclass(frozen=True, slots=True)
class ProjectControl:
    """A control in a project.

    ``status`` is the effective one: ``not_applicable`` when it is out of scope, else a person's
    ``override_status``, else the better of ``derived_status``, which follows from its own evidence, and
    ``mapped_status``, which follows from evidence for the controls in ``mapped_via`` (JSON). ``due_date`` is RFC 3339.
    """

    control_id: str
    framework_id: str
    number: str
    title: str
    category: str
    priority: str
    status: str
    derived_status: str
    override_status: str | None
    applicable: bool
    evidence_count: int
    due_date: str | None
    owner_id: str | None
    mapped_status: str | None = None
    mapped_via: str | None = None
    override_reason: str | None = None
    not_applicable_reason: str | None = None

    @property
    def via(self) -> list[dict[str, Any]]:
        """The controls whose evidence counts for this one: id, framework, number, relation, counts, path."""
        return cast("list[dict[str, Any]]", orjson.loads(self.mapped_via)) if self.mapped_via else []


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Controls of a project that are alike; ``due_date`` is the earliest of theirs, all past or all to come.

    ``evidenced`` is how many of the ``count`` have current, approved evidence, their own or by a mapping in full.
    """

    framework_id: str
    category: str
    priority: str
    status: str
    due_date: str | None
    count: int
    evidenced: int


@dataclass(frozen=True, slots=True)
class ProjectUse:
    """A project that is assessed against a framework."""

    id: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody's place in a project."""

    user_id: str
    role: str
    joined_at: str


class Projects:
    """Projects for other plugins. Cheap to make; holds nothing but the platform."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._access = ProjectAccess(platform)
        self._controls = Controls(platform)
        self._milestones = Milestones(platform)
        self._upgrades = FrameworkUpgrades(platform)

    def require(self, principal: Principal, project_id: str, permission: str, *, writable: bool = False) -> ProjectRef:
        """The project, if the caller has ``permission`` in it; one query.

        Administrators always have it; others need a role in the project that is among the ``project_roles``
        of the permission as declared. With ``writable``, also refuses an archived project and, inside a
        transaction, keeps the project from being deleted until the end of it: call it there before writing.
        Sets the project in the context for the audit log.

        :raises NotFound: no such project, or none that the caller may know of.
        :raises Forbidden: the caller's role in the project lacks the permission.
        :raises Conflict: ``writable`` and the project is archived.
        """
        return self._access.require(principal, project_id, permission, writable=writable)

    def keep(self, project_id: str) -> None:
        """As :meth:`require` with ``writable`` does, for work that nobody asked for: from here to the end of the
        transaction the project isn't deleted, and its set of controls stays. Call it before locking what lies in it.
        """
        self._database.row(queries.KEEP_PROJECT, id=project_id)

    def keep_all(self, project_ids: Collection[str]) -> None:
        """The same for several, in the order of their ids."""
        for project_id in sorted(project_ids):
            self.keep(project_id)

    def hold(self, project_id: str) -> None:
        """Keep everybody else from changing the project, or anything in it, until the transaction ends."""
        hold(self._database, project_id)

    def visible(self, principal: Principal, column: str) -> tuple[list[str], dict[str, Any]]:
        """SQL conditions and their parameters that narrow a list to projects that the caller belongs to.

        ``column`` holds project ids, such as ``e.project_id``. Administrators see everything: ``([], {})``.
        Use it as ``scope, values = …; query.run(database, request, scope=scope, **values)``.
        """
        return self._access.visible(principal, column)

    def control(self, project_id: str, control_id: str) -> ProjectControl:
        """One control of a project; :class:`NotFound` when it isn't part of the project. Checks no rights."""
        return _project_control(self._controls.one(project_id, control_id))

    def controls(self, project_id: str) -> list[ProjectControl]:
        """Every control of a project, in the order of its frameworks; one query. Checks no rights."""
        return [_project_control(state) for state in self._controls.of(project_id)]

    def controls_among(self, project_id: str, control_ids: Collection[str]) -> list[ProjectControl]:
        """Those of the given controls that the project has; one query. Checks no rights."""
        return [_project_control(state) for state in self._controls.among(project_id, sorted(control_ids))]

    def shown_controls(self, project_id: str) -> list[ProjectControl]:
        """The controls that some evidence shows, their own or that of mapped ones; one query. Checks no rights."""
        return [_project_control(state) for state in self._controls.shown(project_id)]

    def control_groups(self, project_id: str, now: str) -> list[ControlGroup]:
        """The controls of a project, counted by what a score depends on; one query. Checks no rights."""
        rows = self._database.rows(queries.CONTROL_GROUPS, project_id=project_id, now=now, yes=True)
        return [
            ControlGroup(framework, category, priority, status, due_date, int(count), int(evidenced))
            for framework, category, priority, status, _, due_date, count, evidenced in rows
        ]

    def set_control_mapped(self, project_id: str, control_id: str, *, status: str | None, via: str | None) -> None:
        """Note what evidence for mapped controls shows, inside the caller's transaction and after :meth:`set_score`.

        ``status`` is ``in_progress``, ``complete`` or None for nothing; ``via`` is JSON as in :class:`ProjectControl`.
        ``control.changed`` is published only when the effective status becomes another. :class:`NotFound` when the
        control isn't in the project.
        """
        self._controls.set_mapped(project_id, control_id, status, via)

    def set_control_evidence(
        self, project_id: str, control_id: str, *, evidence_count: int, derived_status: str
    ) -> None:
        """Note how much evidence a control has and what follows from it, inside the caller's transaction.

        ``derived_status`` is ``not_started``, ``in_progress`` or ``complete``. ``control.changed`` is
        published only when the effective status becomes another. :class:`NotFound` when the control isn't
        in the project.
        """
        self._controls.set_evidence(
            project_id, control_id, evidence_count=evidence_count, derived_status=derived_status
        )

    def set_score(self, project_id: str, score: int) -> None:
        """Note the score (0 to 100), inside the caller's transaction. No event; ``updated_at`` stays."""
        self._database.update(ProjectRow, {"compliance_score": score}, where={"id": project_id})

    def milestones(self, project_id: str) -> list[Milestone]:
        """The milestones of a project, the earliest first; one query. Checks no rights."""
        return [
            Milestone(each["id"], each["name"], each["due_date"], each["status"], each["overdue"])
            for each in self._milestones.of(project_id)
        ]

    def members(self, project_id: str) -> list[Member]:
        """The team of a project, in the order of joining; one query. Checks no rights."""
        return [Member(*row) for row in self._database.rows(queries.TEAM, project_id=project_id)]

    def frameworks(self, project_id: str) -> list[str]:
        """The ids of a project's frameworks, the primary one first; one query. Checks no rights."""
        return [row[0] for row in self._database.rows(queries.PROJECT_FRAMEWORKS, project_id=project_id)]

    def using(self, framework_id: str) -> list[ProjectUse]:
        """The projects that are assessed against a framework, archived ones among them; one query."""
        return [ProjectUse(*row) for row in self._database.rows(queries.PROJECTS_USING, framework_id=framework_id)]

    def follow_framework(
        self,
        project_id: str,
        framework: Framework,
        *,
        predecessors: Mapping[str, Sequence[str]],
        returning: Mapping[str, Mapping[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Bring a project to another version of its framework, inside the caller's transaction.

        Controls are told by id: those that stay keep their whole state, whatever number they have now. A new one
        begins with what ``returning`` holds for its id, else with what people decided about the first of its
        ``predecessors`` (ids), else with nothing. Evidence is not counted here. Publishes
        ``project.framework_upgraded``; the answer is the state of those that left, by id, fit for ``returning``.
        """
        return self._upgrades.follow(project_id, framework, predecessors, returning)

    def named(self, principal: Principal, limit: int) -> list[tuple[str, str]]:
        """Ids and names of projects that the caller belongs to, the latest first; one query."""
        conditions, values = self._access.visible(principal, "p.id")
        return self._database.rows(queries.named(tuple(conditions)), limit=limit, **values)

    def found(self, project_ids: Collection[str]) -> list[ProjectRef]:
        """Those of the given projects that there are; one query. Checks no rights, and tells of no role."""
        rows = self._database.rows(queries.PROJECTS_AMONG, ids=sorted(project_ids))
        return [ProjectRef(id_, name, framework, status, "") for id_, name, framework, status in rows]

    def of_member(self, user_id: str) -> list[str]:
        """The ids of the projects in whose team somebody is; one query."""
        return [row[0] for row in self._database.rows(queries.PROJECTS_OF, user_id=user_id)]

    def reach(self, principal: Principal) -> list[str] | None:
        """The ids of the projects that the caller belongs to, or None for those who see everything; one query."""
        return None if principal.sees_everything else self.of_member(principal.user_id)

    def ids(self) -> list[str]:
        """The ids of all projects, for work that goes through everything."""
        return [row[0] for row in self._database.rows(queries.PROJECT_IDS)]


def _project_control(state: ControlState) -> ProjectControl:
    return ProjectControl(
        state.control_id,
        state.framework_id,
        state.number,
        state.title,
        state.category,
        state.priority,
        state.status,
        state.derived_status,
        state.override_status,
        bool(state.applicable),
        state.evidence_count,
        state.due_date,
        state.owner_id,
        state.mapped_status,
        state.mapped_via,
        state.override_reason,
        state.not_applicable_reason,
    )


__all__ = [
    "CONTROL_CHANGED",
    "FRAMEWORK_ATTACHED",
    "FRAMEWORK_DETACHED",
    "FRAMEWORK_UPGRADED",
    "MEMBER_ADDED",
    "MEMBER_CHANGED",
    "MEMBER_REMOVED",
    "MILESTONE_CHANGED",
    "PROJECT_ARCHIVED",
    "PROJECT_CREATED",
    "PROJECT_DELETED",
    "PROJECT_UPDATED",
    "ControlGroup",
    "Member",
    "Milestone",
    "ProjectControl",
    "ProjectRef",
    "ProjectUse",
    "Projects",
]
