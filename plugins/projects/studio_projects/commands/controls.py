"""``studio projects controls`` and ``studio projects set-control``."""

from __future__ import annotations

from typing import Any

import click

from studio_auth.api import acting_session, as_option
from studio_kernel.commands.answers import listed, plain, request
from studio_kernel.commands.session import json_option, show
from studio_kernel.http.schemas import load
from studio_projects import schemas
from studio_projects.commands.projects import projects
from studio_projects.service.controls import Controls
from studio_projects.service.lists import CONTROLS, ProjectLists
from studio_projects.words import CONTROL_STATUSES, WORK_STATUSES

_COLUMNS = ("id", "number", "title", "status", "evidence_count", "owner_id", "due_date")


@projects.command("controls")
@click.argument("project_id")
@click.option("--status", type=click.Choice(CONTROL_STATUSES), default=None, help="Only controls in this state.")
@click.option("--framework", default=None, help="Only controls of this framework.")
@click.option("--search", default=None, help="Words in number or title.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@as_option
@json_option
def controls(project_id: str, account: str, as_json: bool, **wanted: Any) -> None:
    """List the controls of a project."""
    with acting_session("projects.controls", account, "projects:read") as (platform, principal):
        found = ProjectLists(platform).controls(principal, project_id, request(CONTROLS, wanted))
    listed(found, "controls", _COLUMNS, as_json)


@projects.command("set-control")
@click.argument("project_id")
@click.argument("control_ids", nargs=-1, required=True)
@click.option("--status", type=click.Choice([*WORK_STATUSES, "none"]), default=None, help="Override; none ends one.")
@click.option("--applicable/--not-applicable", default=None, help="In scope or out of it.")
@click.option("--reason", default=None, help="Why; needed for an override and for what is out of scope.")
@click.option("--owner", "owner_id", default=None, help="Account id of the owner.")
@click.option("--due", "due_date", default=None, help="Due date, such as 2030-01-31T00:00:00Z.")
@as_option
@json_option
def set_control(
    project_id: str, control_ids: tuple[str, ...], account: str, as_json: bool, status: str | None, **given: Any
) -> None:
    """Decide about one or more controls of a project."""
    changes = {name: value for name, value in given.items() if value is not None}
    if status is not None:
        changes["status"] = None if status == "none" else status
    items = [{"id": control_id, **changes} for control_id in control_ids]
    body = load(schemas.BulkControls(), {"controls": items})
    with acting_session("projects.set-control", account, "projects:controls") as (platform, principal):
        results = Controls(platform).change_many(principal, project_id, body["controls"])
    show(plain(results), as_json, lambda: "\n".join(_told(each) for each in results))
    if not all(each["ok"] for each in results):
        raise SystemExit(1)


def _told(result: dict[str, Any]) -> str:
    if result["ok"]:
        control = result["control"]
        return f"{control['id']}  {control['number']}  {control['status']}"
    refusal = result["error"]
    return f"{result['id']}  refused: {refusal['details'].get('error') or refusal['message']}"
