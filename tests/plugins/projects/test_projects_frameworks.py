"""Further frameworks of a project: their controls come and go, nobody's work is lost by accident."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.testing.app import Client, MakeStudio, StudioApp
from studio_projects import schemas
from studio_projects.api import Projects

from .conftest import PLUGINS, NewProject, SampleFrameworks


@pytest.fixture
def path(admin: Client, new_project: NewProject) -> str:
    """The path of a new project on ``sample`` alone."""
    return f"/api/v1/projects/{new_project(admin)['id']}"


def _numbers(admin: Client, path: str) -> list[str]:
    shown = admin.get(path).json()["data"]
    return [f"{each['framework']} {each['number']}" for each in shown["controls"]]


def _attached(admin: Client, path: str) -> list[tuple[str, bool, int]]:
    found = admin.get(f"{path}/frameworks").json()["data"]
    assert schemas.AttachedFrameworks().validate(found) == {}
    return [(each["id"], each["primary"], each["controls"]) for each in found["frameworks"]]


def test_an_attached_framework_brings_its_controls_and_takes_them_along(admin: Client, path: str) -> None:
    answer = admin.post(f"{path}/frameworks", json={"framework": "second"})
    assert (answer.status_code, answer.headers["location"]) == (201, f"{path}/frameworks/second")
    assert admin.get(answer.headers["location"]).json()["data"] == answer.json()["data"]
    assert _attached(admin, path) == [("sample", True, 6), ("second", False, 3)]
    assert _numbers(admin, path)[5:] == ["sample 006", "second 001", "second 002", "second 003"]
    gone = admin.delete(f"{path}/frameworks/second")
    assert gone.json() == {"success": True, "message": "Framework detached successfully"}
    assert _attached(admin, path) == [("sample", True, 6)]
    assert len(_numbers(admin, path)) == 6
    events = admin.get(f"{path}/activity").json()["data"]["activity"]
    assert [each["event"] for each in events] == [
        "project.framework_detached",
        "project.framework_attached",
        "project.created",
    ]
    assert events[0]["data"]["framework"] == {"id": "second", "project_id": path.split("/")[4], "controls": 3}


def test_a_framework_is_attached_once_and_only_when_installed(admin: Client, path: str) -> None:
    assert admin.post(f"{path}/frameworks", json={"framework": "sample"}).status_code == 409
    refusal = admin.post(f"{path}/frameworks", json={"framework": "nist"})
    assert (refusal.status_code, refusal.json()["error"]["details"]["field"]) == (400, "framework")
    assert "sample, second" in refusal.json()["error"]["details"]["error"]
    assert admin.delete(f"{path}/frameworks/second").status_code == 404


def test_the_primary_framework_stays_until_another_takes_its_place(admin: Client, path: str) -> None:
    refusal = admin.delete(f"{path}/frameworks/sample")
    assert (refusal.status_code, "primary" in refusal.json()["error"]["message"]) == (409, True)
    wrong = admin.patch(path, json={"framework": "second"})
    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (400, "framework")
    admin.post(f"{path}/frameworks", json={"framework": "second"})
    assert admin.patch(path, json={"framework": "second"}).json()["data"]["framework"] == "second"
    assert _attached(admin, path) == [("second", True, 3), ("sample", False, 6)]
    assert _numbers(admin, path)[:4] == ["second 001", "second 002", "second 003", "sample 001"]
    assert admin.delete(f"{path}/frameworks/sample").status_code == 200
    assert _numbers(admin, path) == ["second 001", "second 002", "second 003"]


def test_a_framework_whose_controls_have_evidence_stays(studio: StudioApp, admin: Client, path: str) -> None:
    admin.post(f"{path}/frameworks", json={"framework": "second"})
    project_id = path.split("/")[4]
    control = Projects(studio.platform).controls(project_id)[6].control_id

    def note(count: int) -> None:
        with studio.platform.database.transaction():
            Projects(studio.platform).set_control_evidence(
                project_id, control, evidence_count=count, derived_status="in_progress" if count else "not_started"
            )

    note(1)
    for query in ("", "?discard=true"):
        refusal = admin.delete(f"{path}/frameworks/second{query}")
        assert refusal.json()["error"]["details"] == {"controls_with_evidence": 1}
    note(0)
    assert admin.delete(f"{path}/frameworks/second").status_code == 200


@pytest.mark.parametrize(
    "decision",
    [
        {"status": "complete", "reason": "Seen"},
        {"applicable": False, "reason": "No such system"},
        {"due_date": "2030-01-01T00:00:00Z"},
        {"owner_id": "me"},
    ],
)
def test_what_people_decided_is_given_up_only_on_purpose(admin: Client, path: str, decision: dict[str, Any]) -> None:
    admin.post(f"{path}/frameworks", json={"framework": "second"})
    control = admin.get(f"{path}/controls?framework=second").json()["data"]["controls"][0]["id"]
    body = {**decision, "owner_id": admin.user_id} if "owner_id" in decision else decision
    assert admin.patch(f"{path}/controls/{control}", json=body).status_code == 200
    refusal = admin.delete(f"{path}/frameworks/second")
    assert (refusal.status_code, refusal.json()["error"]["details"]) == (409, {"controls_with_decisions": 1})
    assert admin.delete(f"{path}/frameworks/second?discard=true").status_code == 200


def test_who_may_attach_and_an_archived_project_takes_none(studio: StudioApp, admin: Client, path: str) -> None:
    people = {role: studio.client("customer") for role in ("manager", "compliance_lead", "team_member", "viewer")}
    for role, person in people.items():
        admin.post(f"{path}/members", json={"user_id": person.user_id, "role": role})
    body = {"framework": "second"}
    assert studio.client("customer").post(f"{path}/frameworks", json=body).status_code == 404
    assert people["viewer"].get(f"{path}/frameworks").status_code == 200
    for role, allowed in (("viewer", False), ("team_member", False), ("compliance_lead", True), ("manager", True)):
        answer = people[role].post(f"{path}/frameworks", json=body)
        assert answer.status_code == (201 if allowed else 403), role
        if allowed:
            people[role].delete(f"{path}/frameworks/second")
    admin.patch(path, json={"status": "archived"})
    assert admin.post(f"{path}/frameworks", json=body).status_code == 409
    assert admin.delete(f"{path}/frameworks/sample").status_code == 409


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_many_controls_are_changed_at_once_with_a_result_for_each(
    make_studio: MakeStudio, request: pytest.FixtureRequest, new_project: NewProject, engine: str
) -> None:
    url = request.getfixturevalue("postgres_url") if engine == "postgresql" else ""
    studio = make_studio(plugins=PLUGINS, extra=[SampleFrameworks()], database_url=url)
    admin = studio.client("admin")
    path = f"/api/v1/projects/{new_project(admin, frameworks=['second'])['id']}"
    ids = [each["id"] for each in admin.get(path).json()["data"]["controls"]]
    items = [
        {"id": ids[0], "status": "complete", "reason": "Seen on site"},
        {"id": ids[1], "applicable": False},
        {"id": "ctrl_elsewhere", "due_date": None},
        {"id": ids[2], "owner_id": "user_elsewhere"},
        {"id": ids[3], "owner_id": admin.user_id, "due_date": "2030-01-01T00:00:00Z"},
        {"id": ids[4], "applicable": False, "reason": "No such system"},
    ]
    answer = admin.post(f"{path}/controls/bulk", json={"controls": items})
    data = answer.json()["data"]
    assert answer.status_code == 200, answer.text
    assert schemas.BulkControlResults().validate(data) == {}
    assert [each["id"] for each in data["results"]] == [each["id"] for each in items]
    assert [each["ok"] for each in data["results"]] == [True, False, False, False, True, True]
    assert (data["changed"], data["failed"]) == (3, 3)
    codes = [each["error"]["code"] for each in data["results"] if not each["ok"]]
    assert codes == ["VALIDATION_ERROR", "NOT_FOUND", "VALIDATION_ERROR"]
    shown = {each["id"]: each for each in admin.get(path).json()["data"]["controls"]}
    assert shown[ids[0]]["override"]["reason"] == "Seen on site"
    assert (shown[ids[1]]["applicable"], shown[ids[2]]["owner_id"]) == (True, None)
    assert shown[ids[3]]["owner_id"] == admin.user_id
    out = shown[ids[4]]
    assert (out["status"], out["not_applicable_by"]) == ("not_applicable", admin.user_id)
    assert out["not_applicable_at"] is not None
    changed = admin.get(f"{path}/activity?event=control.changed").json()["data"]["pagination"]["total"]
    assert changed == 3


def test_a_malformed_bulk_update_is_refused_as_a_whole(admin: Client, path: str) -> None:
    ids = [each["id"] for each in admin.get(path).json()["data"]["controls"]]
    for controls, field in (
        ([], "controls"),
        ([{"id": ids[0], "due_date": None}, {"id": ids[1], "due_date": "tomorrow"}], "controls.1.due_date"),
        ([{"status": "complete", "reason": "x"}], "controls.0.id"),
        ([{"id": ids[0]}] * 501, "controls"),
    ):
        refusal = admin.post(f"{path}/controls/bulk", json={"controls": controls})
        assert (refusal.status_code, refusal.json()["error"]["details"]["field"]) == (400, field)


def test_a_bulk_update_needs_the_right_and_a_living_project(studio: StudioApp, admin: Client, path: str) -> None:
    viewer = studio.client("customer")
    admin.post(f"{path}/members", json={"user_id": viewer.user_id, "role": "viewer"})
    control = admin.get(path).json()["data"]["controls"][0]["id"]
    body = {"controls": [{"id": control, "due_date": None}]}
    assert viewer.post(f"{path}/controls/bulk", json=body).status_code == 403
    assert studio.client("customer").post(f"{path}/controls/bulk", json=body).status_code == 404
    admin.patch(path, json={"status": "archived"})
    assert admin.post(f"{path}/controls/bulk", json=body).status_code == 409
