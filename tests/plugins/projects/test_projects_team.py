"""The team of a project."""

from __future__ import annotations

import pytest

from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client, StudioApp
from studio_projects import schemas

from .conftest import NewProject


@pytest.fixture
def members(admin: Client, new_project: NewProject) -> str:
    """The path of a new project's team, whose only member is the administrator."""
    return f"/api/v1/projects/{new_project(admin)['id']}/members"


def test_a_member_is_added_shown_changed_and_removed(studio: StudioApp, admin: Client, members: str) -> None:
    person = studio.client("customer")
    added = admin.post(members, json={"user_id": person.user_id, "role": "viewer"})
    assert added.status_code == 201
    assert schemas.NamedMember().validate(added.json()["data"]) == {}
    where = added.headers["Location"]
    assert person.get(where).json()["data"]["role"] == "viewer"
    assert admin.put(where, json={"role": "auditor"}).json()["data"]["role"] == "auditor"
    assert admin.delete(where).json() == {"success": True, "message": "Member removed successfully"}
    assert admin.get(where).status_code == 404
    assert person.get(members).status_code == 404


def test_whoever_sees_a_project_reads_the_names_of_its_team_and_of_who_did_what(
    studio: StudioApp, admin: Client, members: str
) -> None:
    person = studio.client("customer")
    added = admin.post(members, json={"user_id": person.user_id, "role": "viewer"}).json()["data"]
    names = {each.user_id: each.get("/api/v1/users/me").json()["data"]["name"] for each in (admin, person)}
    assert added["name"] == names[person.user_id]
    shown = person.get(members).json()["data"]["members"]
    assert {each["user_id"]: each["name"] for each in shown} == names
    one = f"{members}/{person.user_id}"
    assert person.get(one).json()["data"]["name"] == names[person.user_id]
    assert admin.put(one, json={"role": "auditor"}).json()["data"]["name"] == names[person.user_id]
    (entry, *_) = person.get(members.replace("members", "activity")).json()["data"]["activity"]
    assert (entry["actor_id"], entry["actor_name"]) == (admin.user_id, names[admin.user_id])


def test_nobody_is_added_twice(studio: StudioApp, admin: Client, members: str) -> None:
    person = studio.client("customer").user_id
    assert admin.post(members, json={"user_id": person, "role": "viewer"}).status_code == 201
    again = admin.post(members, json={"user_id": person, "role": "manager"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CONFLICT")


def test_only_active_accounts_are_added(admin: Client, members: str) -> None:
    answer = admin.post(members, json={"user_id": "user_0", "role": "viewer"})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "user_id")


def test_the_last_manager_stays(studio: StudioApp, admin: Client, members: str) -> None:
    mine = f"{members}/{admin.user_id}"
    assert admin.delete(mine).status_code == 409
    assert admin.put(mine, json={"role": "viewer"}).status_code == 409
    other = studio.client("customer").user_id
    admin.post(members, json={"user_id": other, "role": "manager"})
    assert admin.put(mine, json={"role": "viewer"}).status_code == 200
    assert admin.delete(f"{members}/{other}").status_code == 409
    assert admin.delete(mine).status_code == 200


def test_the_team_is_a_list_by_role(studio: StudioApp, admin: Client, members: str) -> None:
    for role in ("viewer", "auditor"):
        admin.post(members, json={"user_id": studio.client("customer").user_id, "role": role})
    everybody = admin.get(members).json()["data"]
    assert [each["role"] for each in everybody["members"]] == ["manager", "viewer", "auditor"]
    assert everybody["pagination"]["total"] == 3
    auditors = admin.get(members, params={"role": "auditor"}).json()["data"]["members"]
    assert [each["role"] for each in auditors] == ["auditor"]


def test_a_removed_member_owns_no_controls(studio: StudioApp, admin: Client, members: str) -> None:
    person = studio.client("customer").user_id
    admin.post(members, json={"user_id": person, "role": "team_member"})
    controls = members.replace("members", "controls")
    control = admin.get(controls).json()["data"]["controls"][0]["id"]
    owned = admin.patch(f"{controls}/{control}", json={"owner_id": person})
    assert owned.json()["data"]["owner_id"] == person
    admin.delete(f"{members}/{person}")
    assert admin.get(f"{controls}/{control}").json()["data"]["owner_id"] is None


def test_a_deleted_account_leaves_its_teams_soon(studio: StudioApp, admin: Client, members: str) -> None:
    person = studio.client("customer").user_id
    admin.post(members, json={"user_id": person, "role": "viewer"})
    assert admin.delete(f"/api/v1/users/{person}").status_code == 200
    studio.run_jobs()
    assert [each["user_id"] for each in admin.get(members).json()["data"]["members"]] == [admin.user_id]
    activity = admin.get(members.replace("members", "activity")).json()["data"]["activity"]
    assert activity[0]["event"] == "member.removed"


def test_a_deleted_account_is_not_taken_into_a_team(studio: StudioApp, admin: Client, members: str) -> None:
    person = studio.client("customer").user_id
    assert admin.delete(f"/api/v1/users/{person}").status_code == 200
    answer = admin.post(members, json={"user_id": person, "role": "viewer"})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "user_id")


def test_what_happens_to_a_project_is_told_as_events(studio: StudioApp, admin: Client, members: str) -> None:
    project = members.removesuffix("/members")
    colleague = studio.client("customer")
    admin.post(members, json={"user_id": colleague.user_id, "role": "viewer"})
    admin.put(f"{members}/{colleague.user_id}", json={"role": "auditor"})
    admin.delete(f"{members}/{colleague.user_id}")
    admin.post(f"{project}/milestones", json={"name": "Kick-off", "due_date": "2030-01-01T00:00:00Z"})
    admin.patch(project, json={"status": "archived"})
    admin.patch(project, json={"status": "active"})
    admin.delete(project)
    names = [row[0] for row in studio.platform.database.rows(Statement("SELECT name FROM events ORDER BY position"))]
    told = [
        "member.added",
        "member.changed",
        "member.removed",
        "milestone.changed",
        "project.archived",
        "project.deleted",
    ]
    assert [name for name in names if name in told] == told
