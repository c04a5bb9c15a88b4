"""Where controls stand, and what people say over it."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.clock import later
from studio_kernel.testing.app import Client, StudioApp
from studio_projects import schemas
from studio_projects.api import Projects

from .conftest import NewProject


@pytest.fixture
def project_id(admin: Client, new_project: NewProject) -> str:
    """A new project with six controls."""
    return str(new_project(admin)["id"])


@pytest.fixture
def control(studio: StudioApp, project_id: str) -> str:
    """The path of its first control."""
    first = Projects(studio.platform).controls(project_id)[0]
    return f"/api/v1/projects/{project_id}/controls/{first.control_id}"


def _note(studio: StudioApp, path: str, count: int, status: str) -> None:
    _, _, _, _, project_id, _, control_id = path.split("/")
    with studio.platform.database.transaction():
        Projects(studio.platform).set_control_evidence(
            project_id, control_id, evidence_count=count, derived_status=status
        )


def _changed(admin: Client, path: str) -> list[dict[str, Any]]:
    project = path.split("/")[4]
    params = {"event": "control.changed"}
    activity = admin.get(f"/api/v1/projects/{project}/activity", params=params).json()["data"]["activity"]
    return [entry["data"]["control"] for entry in activity]


def test_a_control_shows_its_definition(admin: Client, control: str) -> None:
    data = admin.get(control).json()["data"]
    assert schemas.ProjectControlDetail().validate(data) == {}
    assert (data["number"], data["description"], data["renewal_days"]) == ("001", "What is asked for.", 365)
    assert data["expected_evidence"] == [{"title": "A policy", "description": ""}]


def test_evidence_moves_the_status_and_says_so_only_when_it_moves(
    studio: StudioApp, admin: Client, control: str
) -> None:
    _note(studio, control, 1, "in_progress")
    _note(studio, control, 2, "in_progress")
    data = admin.get(control).json()["data"]
    assert (data["status"], data["evidence_count"]) == ("in_progress", 2)
    (event,) = _changed(admin, control)
    assert (event["previous_status"], event["status"]) == ("not_started", "in_progress")


def test_an_override_stands_over_evidence_with_who_when_and_why(studio: StudioApp, admin: Client, control: str) -> None:
    data = admin.patch(control, json={"status": "complete", "reason": "Seen on site"}).json()["data"]
    assert (data["status"], data["derived_status"]) == ("complete", "not_started")
    override = data["override"]
    assert (override["status"], override["reason"], override["by"]) == ("complete", "Seen on site", admin.user_id)
    _note(studio, control, 1, "in_progress")
    assert admin.get(control).json()["data"]["status"] == "complete"
    assert len(_changed(admin, control)) == 1
    data = admin.patch(control, json={"status": None}).json()["data"]
    assert (data["status"], data["override"]) == ("in_progress", None)


def test_a_control_leaves_the_scope_with_a_reason_and_comes_back(
    studio: StudioApp, admin: Client, control: str
) -> None:
    _note(studio, control, 1, "complete")
    data = admin.patch(control, json={"applicable": False, "reason": "No such system"}).json()["data"]
    assert (data["status"], data["applicable"]) == ("not_applicable", False)
    assert data["not_applicable_reason"] == "No such system"
    data = admin.patch(control, json={"applicable": True}).json()["data"]
    assert (data["status"], data["not_applicable_reason"]) == ("complete", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "complete"}, "reason"),
        ({"applicable": False}, "reason"),
        ({"reason": "Because"}, "reason"),
        ({"status": "not_applicable", "reason": "No"}, "status"),
        ({"status": "complete", "applicable": False, "reason": "Both"}, "status"),
        ({"owner_id": "user_0"}, "owner_id"),
        ({"applicable": None}, "applicable"),
        ({"due_date": "tomorrow"}, "due_date"),
    ],
)
def test_decisions_that_say_too_little_are_refused(
    admin: Client, control: str, body: dict[str, Any], field: str
) -> None:
    answer = admin.patch(control, json=body)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)
    assert admin.get(control).json()["data"]["status"] == "not_started"


def test_a_control_with_a_due_date_is_overdue_until_it_is_complete(
    studio: StudioApp, admin: Client, control: str
) -> None:
    data = admin.patch(control, json={"due_date": later(studio.clock(), 60), "owner_id": admin.user_id})
    assert data.json()["data"]["overdue"] is False
    studio.clock.advance(61)
    assert admin.get(control).json()["data"]["overdue"] is True
    admin.patch(control, json={"status": "complete", "reason": "Done"})
    assert admin.get(control).json()["data"]["overdue"] is False


def test_controls_are_listed_by_the_status_that_counts(studio: StudioApp, admin: Client, control: str) -> None:
    admin.patch(control, json={"applicable": False, "reason": "No such system"})
    controls = control.rpartition("/")[0]

    def numbers(**params: str) -> list[str]:
        answer = admin.get(controls, params=params).json()["data"]["controls"]
        assert all(schemas.ProjectControl().validate(each) == {} for each in answer)
        return [each["number"] for each in answer]

    assert numbers() == ["001", "002", "003", "004", "005", "006"]
    assert numbers(status="not_applicable") == ["001"]
    assert numbers(status="not_started", category="policy") == ["003", "005"]
    assert numbers(priority="critical") == ["001"]
    assert numbers(search="control 4") == ["004"]
    assert numbers(sort="number", order="desc", limit="2") == ["006", "005"]


def test_a_control_of_another_framework_is_not_there(studio: StudioApp, admin: Client, control: str) -> None:
    second = studio.platform.frameworks.get("second")
    assert second is not None
    other = f"{control.rpartition('/')[0]}/{second.controls[0].id}"
    assert admin.get(other).status_code == 404
    assert admin.patch(other, json={"due_date": None}).status_code == 404
