"""``/api/v1/projects/{project_id}/controls``."""

from __future__ import annotations

from typing import Any

from studio_kernel.http.operations import Call, operation
from studio_projects import schemas
from studio_projects.service.controls import Controls
from studio_projects.service.lists import CONTROLS, ProjectLists

_ALL = "/api/v1/projects/{project_id}/controls"
_ONE = _ALL + "/{control_id}"


class ControlResource:
    """Responders for the controls of a project."""

    def __init__(self, controls: Controls, lists: ProjectLists) -> None:
        self._controls = controls
        self._lists = lists

    @operation(
        "projects.controls.list",
        "GET",
        _ALL,
        summary="List the controls of a project",
        permission="projects:read",
        listing=CONTROLS,
        response=schemas.ProjectControl,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """In the order of the frameworks."""
        return self._lists.controls(call.principal, call.path["project_id"], call.listing)

    @operation(
        "projects.controls.bulk_update",
        "POST",
        _ALL + "/bulk",
        summary="Change many controls at once, with a result for each",
        permission="projects:controls",
        body=schemas.BulkControls,
        response=schemas.BulkControlResults,
    )
    def bulk_update(self, call: Call) -> dict[str, Any]:
        """What one item is refused for is told in its place; the others are changed all the same."""
        results = self._controls.change_many(call.principal, call.path["project_id"], call.body["controls"])
        changed = sum(each["ok"] for each in results)
        return {"changed": changed, "failed": len(results) - changed, "results": results}

    @operation(
        "projects.controls.read",
        "GET",
        _ONE,
        summary="Show a control of a project",
        permission="projects:read",
        response=schemas.ProjectControlDetail,
        etag=True,
    )
    def read(self, call: Call) -> dict[str, Any]:
        """With what its definition says."""
        return self._controls.show(call.principal, call.path["project_id"], call.path["control_id"])

    @operation(
        "projects.controls.update",
        "PATCH",
        _ONE,
        summary="Override a control's status, its applicability, owner and due date",
        permission="projects:controls",
        body=schemas.ControlChange,
        partial=True,
        response=schemas.ProjectControlDetail,
    )
    def update(self, call: Call) -> dict[str, Any]:
        """An override and a removal from scope need a reason."""
        path = call.path
        return self._controls.change(call.principal, path["project_id"], path["control_id"], call.body)
