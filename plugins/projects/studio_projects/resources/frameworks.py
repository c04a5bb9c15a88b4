"""``/api/v1/projects/{project_id}/frameworks``."""

from __future__ import annotations

from typing import Any

from studio_kernel.errors import Conflict
from studio_kernel.http.operations import Answer, Call, operation
from studio_projects import schemas
from studio_projects.service.frameworks import ProjectFrameworks

_ALL = "/api/v1/projects/{project_id}/frameworks"
_ONE = _ALL + "/{framework_id}"


class FrameworkResource:
    """Responders for the frameworks of a project."""

    def __init__(self, frameworks: ProjectFrameworks) -> None:
        self._frameworks = frameworks

    @operation(
        "projects.frameworks.list",
        "GET",
        _ALL,
        summary="List the frameworks of a project",
        permission="projects:read",
        response=schemas.AttachedFrameworks,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """The primary one first."""
        return {"frameworks": self._frameworks.of(call.principal, call.path["project_id"])}

    @operation(
        "projects.frameworks.attach",
        "POST",
        _ALL,
        summary="Assess a project against a further framework",
        permission="projects:update",
        body=schemas.FrameworkInput,
        response=schemas.AttachedFramework,
        status=201,
        errors=(Conflict,),
    )
    def attach(self, call: Call) -> Answer:
        """Its controls appear in the project as not started."""
        project_id = call.path["project_id"]
        attached = self._frameworks.attach(call.principal, project_id, call.body["framework"])
        return Answer(attached, location=f"/api/v1/projects/{project_id}/frameworks/{attached['id']}")

    @operation(
        "projects.frameworks.read",
        "GET",
        _ONE,
        summary="Show a framework of a project",
        permission="projects:read",
        response=schemas.AttachedFramework,
        etag=True,
    )
    def read(self, call: Call) -> dict[str, Any]:
        """404 for one that isn't attached."""
        return self._frameworks.show(call.principal, call.path["project_id"], call.path["framework_id"])

    @operation(
        "projects.frameworks.detach",
        "DELETE",
        _ONE,
        summary="Assess a project against a framework no longer",
        permission="projects:update",
        query=schemas.DetachQuery,
        shape="message",
        message="Framework detached successfully",
        errors=(Conflict,),
    )
    def detach(self, call: Call) -> None:
        """Refused for the primary one, and while evidence serves its controls."""
        path = call.path
        discard = call.query["discard"]
        self._frameworks.detach(call.principal, path["project_id"], path["framework_id"], discard=discard)
