"""The lists: of projects, and of what a project consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_kernel.clock import to_text
from studio_kernel.http.listing import Filter, Listing, ListQuery, ListRequest, Page, Sort
from studio_kernel.http.wire import raw_json
from studio_kernel.security.permissions import PROJECT_ROLES
from studio_kernel.security.principal import Principal
from studio_projects import queries
from studio_projects.access import ProjectAccess
from studio_projects.service.controls import ControlState, control_view
from studio_projects.service.milestones import milestone_view
from studio_projects.service.projects import further_fields
from studio_projects.service.team import member_view, names_of
from studio_projects.words import CONTROL_STATUSES, MILESTONE_STATUSES, PROJECT_STATUSES

if TYPE_CHECKING:
    from studio_kernel.app import Platform

PROJECTS = Listing(
    key="projects",
    id_sql="p.id",
    sorts={
        "created_at": Sort("p.created_at"),
        "updated_at": Sort("p.updated_at"),
        "name": Sort("p.name"),
        "compliance_score": Sort("p.compliance_score", "number"),
        "status": Sort("p.status"),
    },
    filters={
        "status": Filter("p.status", choices=PROJECT_STATUSES),
        "framework": Filter("p.framework", summary="Id of the primary framework, such as soc2."),
        "created_after": Filter("p.created_at", "after"),
        "created_before": Filter("p.created_at", "before"),
    },
    search={"name": "p.name", "description": "p.description"},
)
MEMBERS = Listing(
    key="members",
    id_sql="user_id",
    sorts={"joined_at": Sort("joined_at"), "role": Sort("role")},
    default_sort="joined_at",
    default_order="asc",
    filters={"role": Filter("role", choices=PROJECT_ROLES)},
)
MILESTONES = Listing(
    key="milestones",
    id_sql="id",
    sorts={"due_date": Sort("due_date"), "created_at": Sort("created_at"), "name": Sort("name")},
    default_sort="due_date",
    default_order="asc",
    filters={
        "status": Filter("status", choices=MILESTONE_STATUSES),
        "due_after": Filter("due_date", "after"),
        "due_before": Filter("due_date", "before"),
    },
    search={"name": "name", "description": "description"},
)
CONTROLS = Listing(
    key="controls",
    id_sql="c.control_id",
    sorts={
        "position": Sort("c.position", "number"),
        "number": Sort("c.number"),
        "title": Sort("c.title"),
        "evidence_count": Sort("c.evidence_count", "number"),
        "updated_at": Sort("c.updated_at"),
    },
    default_sort="position",
    default_order="asc",
    filters={
        "status": Filter(queries.EFFECTIVE_STATUS, choices=CONTROL_STATUSES, summary="The status that counts."),
        "framework": Filter("c.framework_id", summary="Framework id."),
        "category": Filter("c.category", summary="Category id."),
        "priority": Filter("c.priority", choices=("critical", "high", "medium", "low")),
        "owner_id": Filter("c.owner_id", summary="Account id of the owner."),
    },
    search={"number": "c.number", "title": "c.title"},
)
ACTIVITY = Listing(
    key="activity",
    id_sql="id",
    # PERF: events are numbered in the order of their occurrence, and the number is indexed by project.
    sorts={"occurred_at": Sort("position", "number")},
    default_sort="occurred_at",
    filters={
        "event": Filter("name", summary="Event name, such as control.changed."),
        "actor_id": Filter("actor_id", summary="Account id of whoever did it."),
        "occurred_after": Filter("occurred_at", "after"),
        "occurred_before": Filter("occurred_at", "before"),
    },
)

_PROJECT_COLUMNS = tuple(queries.PROJECT_FIELDS.split(", "))
_ALL_PROJECTS = ListQuery(PROJECTS, columns=_PROJECT_COLUMNS, source="projects p")
# PERF: a person belongs to few of many projects: begin with the memberships. CROSS JOIN holds SQLite to that
# order where it has no statistics; PostgreSQL decides by its own.
_OWN_PROJECTS = ListQuery(
    PROJECTS,
    columns=_PROJECT_COLUMNS,
    source="project_members m CROSS JOIN projects p",
    where=("m.user_id = :user_id", "p.id = m.project_id"),
)
_IN_PROJECT = ("project_id = :project_id",)
_MEMBERS = ListQuery(MEMBERS, columns=("user_id", "role", "joined_at"), source="project_members", where=_IN_PROJECT)
_MILESTONES = ListQuery(
    MILESTONES, columns=tuple(queries.MILESTONE_FIELDS.split(", ")), source="milestones", where=_IN_PROJECT
)
_CONTROLS = ListQuery(
    CONTROLS,
    columns=queries.CONTROL_FIELDS,
    source=queries.CONTROL_SOURCE,
    where=("c.project_id = :project_id",),
)
_ACTIVITY = ListQuery(
    ACTIVITY,
    columns=("id", "name", "resource_id", "actor_id", "occurred_at", "request_id", "data"),
    source="events",
    where=_IN_PROJECT,
)


class ProjectLists:
    """Everything that is shown a page at a time; the number of queries is the same for any length."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._access = ProjectAccess(platform)

    def projects(self, principal: Principal, request: ListRequest) -> dict[str, Any]:
        """The projects within the caller's reach with their teams: rows, total, and all teams in one query."""
        query = _ALL_PROJECTS if principal.sees_everything else _OWN_PROJECTS
        page = query.run(self._database, request, user_id=principal.user_id)
        teams = self._teams([row[0] for row in page.rows])
        # PERF: one literal a row.
        projects = [
            {
                "id": project_id,
                "name": name,
                "description": description,
                "status": status,
                "framework": framework,
                "compliance_score": score,
                "created_at": created_at,
                "updated_at": updated_at,
                "team_members": teams[project_id],
            }
            for project_id, name, description, status, framework, score, created_at, updated_at in page.rows
        ]
        projects = further_fields(self._platform, projects, detail=False)
        return {"projects": projects, "pagination": page.pagination}

    def members(self, principal: Principal, project_id: str, request: ListRequest) -> dict[str, Any]:
        """The team of a project, with names."""
        page = self._page(_MEMBERS, principal, project_id, request)
        names = names_of(self._platform, [row[0] for row in page.rows])
        members = [{**member_view(row), "name": names.get(row[0], "")} for row in page.rows]
        return {"members": members, "pagination": page.pagination}

    def milestones(self, principal: Principal, project_id: str, request: ListRequest) -> dict[str, Any]:
        """The milestones of a project, the earliest first."""
        page = self._page(_MILESTONES, principal, project_id, request)
        now = to_text(self._platform.clock())
        return {"milestones": [milestone_view(row, now) for row in page.rows], "pagination": page.pagination}

    def controls(self, principal: Principal, project_id: str, request: ListRequest) -> dict[str, Any]:
        """The controls of a project, in the order of its frameworks."""
        page = self._page(_CONTROLS, principal, project_id, request)
        now = to_text(self._platform.clock())
        controls = [control_view(ControlState(*row), now) for row in page.rows]
        return {"controls": controls, "pagination": page.pagination}

    def activity(self, principal: Principal, project_id: str, request: ListRequest) -> dict[str, Any]:
        """What happened in a project, the latest first."""
        page = self._page(_ACTIVITY, principal, project_id, request)
        names = names_of(self._platform, {row[3] for row in page.rows})
        activity = [
            {
                "id": event_id,
                "event": name,
                "resource_id": resource_id,
                "actor_id": actor_id,
                "actor_name": names.get(actor_id),
                "occurred_at": occurred_at,
                "request_id": request_id,
                "data": raw_json(data),
            }
            for event_id, name, resource_id, actor_id, occurred_at, request_id, data in page.rows
        ]
        return {"activity": activity, "pagination": page.pagination}

    def _page(self, query: ListQuery, principal: Principal, project_id: str, request: ListRequest) -> Page:
        self._access.require(principal, project_id, "projects:read")
        return query.run(self._database, request, project_id=project_id, yes=True)

    def _teams(self, project_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
        teams: dict[str, list[dict[str, Any]]] = {project_id: [] for project_id in project_ids}
        if not teams:
            return teams
        for project_id, user_id, role, joined_at in self._database.rows(queries.TEAMS, project_ids=project_ids):
            teams[project_id].append({"user_id": user_id, "role": role, "joined_at": joined_at})
        return teams
