"""Requests and answers as the API reference prints them."""

from __future__ import annotations

from typing import Any

from studio_kernel.testing.app import Client, StudioApp
from studio_projects import schemas

_PRINTED = {
    "id": str,
    "name": str,
    "description": str,
    "status": str,
    "framework": str,
    "compliance_score": int,
    "created_at": str,
    "updated_at": str,
}


def _create_as_printed(studio: StudioApp, admin: Client) -> tuple[Any, str]:
    person = studio.client("customer").user_id
    body = {
        "name": "ISO 27001 Certification",
        "description": "ISO 27001 certification project",
        "framework": "sample",
        "team_members": [{"user_id": person, "role": "manager"}],
        "milestones": [{"name": "Initial Assessment", "due_date": "2024-02-01T00:00:00Z"}],
    }
    return admin.post("/api/v1/projects", json=body), person


def _has(value: dict[str, Any], shape: dict[str, type]) -> None:
    assert {name: type(value[name]) for name in shape} == shape


def test_create_answers_as_printed(studio: StudioApp, admin: Client) -> None:
    answer, _ = _create_as_printed(studio, admin)
    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["success"]) == (201, True)
    assert answer.headers["Location"] == f"/api/v1/projects/{data['id']}"
    _has(data, _PRINTED)
    assert data["id"].startswith("proj_")
    assert (data["status"], data["framework"], data["compliance_score"]) == ("active", "sample", 0)
    assert data["created_at"] == data["updated_at"]
    assert schemas.Project().validate(data) == {}


def test_list_answers_as_printed(studio: StudioApp, admin: Client) -> None:
    _, person = _create_as_printed(studio, admin)
    answer = admin.get("/api/v1/projects", params={"page": 1, "limit": 20, "status": "active"})
    data = answer.json()["data"]
    (project,) = data["projects"]
    _has(project, _PRINTED)
    assert schemas.ProjectListItem().validate(project) == {}
    roles = {member["user_id"]: member["role"] for member in project["team_members"]}
    assert roles == {person: "manager", admin.user_id: "manager"}
    expected = {"page": 1, "limit": 20, "total": 1, "pages": 1}
    assert {name: data["pagination"][name] for name in expected} == expected


def test_view_answers_as_printed(studio: StudioApp, admin: Client) -> None:
    created, person = _create_as_printed(studio, admin)
    answer = admin.get(created.headers["Location"])
    data = answer.json()["data"]
    assert answer.headers["ETag"]
    _has(data, _PRINTED)
    assert schemas.ProjectDetail().validate(data) == {}
    assert person in [member["user_id"] for member in data["team_members"]]
    shape = {"id": str, "number": str, "title": str, "status": str, "evidence_count": int}
    _has(data["controls"][0], shape)
    (milestone,) = data["milestones"]
    assert (milestone["name"], milestone["status"]) == ("Initial Assessment", "pending")
    assert milestone["due_date"] == "2024-02-01T00:00:00.000000Z"
    assert milestone["id"].startswith("mile_")


def test_a_new_project_has_every_control_of_its_frameworks_as_not_started(admin: Client) -> None:
    body = {"name": "Both", "framework": "sample", "frameworks": ["second", "sample"]}
    location = admin.post("/api/v1/projects", json=body).headers["Location"]
    data = admin.get(location).json()["data"]
    assert data["frameworks"] == ["sample", "second"]
    numbers = [(control["framework"], control["number"]) for control in data["controls"]]
    assert numbers == [("sample", f"00{n}") for n in range(1, 7)] + [("second", f"00{n}") for n in range(1, 4)]
    assert {control["status"] for control in data["controls"]} == {"not_started"}
    assert all(control["id"].startswith("ctrl_") for control in data["controls"])


def test_delete_answers_a_message_and_the_project_is_gone(studio: StudioApp, admin: Client) -> None:
    created, _ = _create_as_printed(studio, admin)
    answer = admin.delete(created.headers["Location"])
    assert answer.json() == {"success": True, "message": "Project deleted successfully"}
    assert admin.get(created.headers["Location"]).status_code == 404


def test_put_replaces_and_patch_changes(studio: StudioApp, admin: Client) -> None:
    created, _ = _create_as_printed(studio, admin)
    path = created.headers["Location"]
    studio.clock.advance(60)
    patched = admin.patch(path, json={"status": "inactive"}).json()["data"]
    assert (patched["status"], patched["description"]) == ("inactive", "ISO 27001 certification project")
    assert patched["updated_at"] > patched["created_at"]
    replaced = admin.put(path, json={"name": "Renamed"}).json()["data"]
    assert (replaced["name"], replaced["description"], replaced["status"]) == ("Renamed", "", "inactive")
    assert schemas.Project().validate(replaced) == {}


def test_a_change_under_an_old_etag_is_refused(studio: StudioApp, admin: Client) -> None:
    created, _ = _create_as_printed(studio, admin)
    path = created.headers["Location"]
    etag = admin.get(path).headers["ETag"]
    assert admin.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert admin.patch(path, json={"name": "First"}, headers={"If-Match": etag}).status_code == 200
    assert admin.patch(path, json={"name": "Second"}, headers={"If-Match": etag}).status_code == 412


def test_wrong_bodies_are_refused_by_the_field(studio: StudioApp, admin: Client) -> None:
    person = studio.client("viewer").user_id
    member = {"user_id": person, "role": "viewer"}
    good = {"name": "Assessment", "framework": "sample"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"framework": "sample"}, "name"),
        ({**good, "name": "  "}, "name"),
        ({**good, "framework": "nothing"}, "framework"),
        ({**good, "frameworks": ["nothing"]}, "frameworks.0"),
        ({**good, "framwork": "sample"}, "framwork"),
        ({**good, "team_members": [{**member, "role": "king"}]}, "team_members.0.role"),
        ({**good, "team_members": [{"user_id": "user_0", "role": "viewer"}]}, "team_members.0.user_id"),
        ({**good, "team_members": [member, member]}, "team_members.1.user_id"),
        ({**good, "team_members": [{"user_id": admin.user_id, "role": "viewer"}]}, "team_members"),
        ({**good, "milestones": [{"name": "No date"}]}, "milestones.0.due_date"),
        ({**good, "milestones": [{"name": "Bad", "due_date": "2024-02-01"}]}, "milestones.0.due_date"),
    ]
    for body, field in wrong:
        answer = admin.post("/api/v1/projects", json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, "VALIDATION_ERROR"), body
        assert error["details"]["field"] == field, error
    assert admin.get("/api/v1/projects").json()["data"]["pagination"]["total"] == 0


def test_an_unknown_framework_is_answered_with_the_installed_ones(admin: Client) -> None:
    answer = admin.post("/api/v1/projects", json={"name": "Assessment", "framework": "nothing"})
    assert "sample, second" in answer.json()["error"]["details"]["error"]
