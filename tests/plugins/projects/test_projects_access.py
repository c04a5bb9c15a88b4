"""Who sees and does what."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.testing.app import Client, StudioApp

from .conftest import NewProject

ROLES = ("manager", "compliance_lead", "team_member", "auditor", "viewer")
LEADS = ("manager", "compliance_lead")


def _requests(project: str, person: str, milestone: str, control: str) -> list[tuple[str, str, Any, tuple[str, ...]]]:
    """Method, path, body and the project roles that may."""
    path = f"/api/v1/projects/{project}"
    return [
        ("GET", path, None, ROLES),
        ("GET", f"{path}/members", None, ROLES),
        ("GET", f"{path}/members/{person}", None, ROLES),
        ("GET", f"{path}/milestones", None, ROLES),
        ("GET", f"{path}/milestones/{milestone}", None, ROLES),
        ("GET", f"{path}/controls", None, ROLES),
        ("GET", f"{path}/controls/{control}", None, ROLES),
        ("GET", f"{path}/activity", None, ROLES),
        ("PATCH", path, {"name": "Other"}, LEADS),
        ("PUT", path, {"name": "Other"}, LEADS),
        ("POST", f"{path}/milestones", {"name": "M", "due_date": "2030-01-01T00:00:00Z"}, LEADS),
        ("PATCH", f"{path}/milestones/{milestone}", {"status": "completed"}, LEADS),
        ("PUT", f"{path}/milestones/{milestone}", {"name": "M", "due_date": "2030-01-01T00:00:00Z"}, LEADS),
        ("PATCH", f"{path}/controls/{control}", {"due_date": None}, LEADS),
        ("DELETE", f"{path}/milestones/{milestone}", None, LEADS),
        ("PUT", f"{path}/members/{person}", {"role": "auditor"}, ("manager",)),
        ("POST", f"{path}/members", {"user_id": person, "role": "viewer"}, ("manager",)),
        ("DELETE", f"{path}/members/{person}", None, ("manager",)),
        ("DELETE", path, None, ("manager",)),
    ]


@pytest.fixture
def place(studio: StudioApp, admin: Client, new_project: NewProject) -> list[tuple[str, str, Any, tuple[str, ...]]]:
    """Every request that a project takes, with a member, a milestone and a control to work on."""
    person = studio.client("customer").user_id
    project = new_project(
        admin,
        team_members=[{"user_id": person, "role": "viewer"}],
        milestones=[{"name": "First", "due_date": "2030-01-01T00:00:00Z"}],
    )
    shown = admin.get(f"/api/v1/projects/{project['id']}").json()["data"]
    return _requests(project["id"], person, shown["milestones"][0]["id"], shown["controls"][0]["id"])


@pytest.mark.parametrize("role", ROLES)
def test_a_member_does_what_the_role_in_the_project_allows(
    studio: StudioApp, admin: Client, place: list[tuple[str, str, Any, tuple[str, ...]]], role: str
) -> None:
    member = studio.client("customer")
    path = place[0][1]
    assert admin.post(f"{path}/members", json={"user_id": member.user_id, "role": role}).status_code == 201
    for method, target, body, allowed in place:
        answer = member.request(method, target, **({} if body is None else {"json": body}))
        if role in allowed:
            # NOTE: somebody who is in the team already is a conflict, which only who may add hears about.
            assert answer.status_code in (200, 201, 409), (method, target, answer.text)
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN"), (method, target)


@pytest.mark.parametrize("account", ["manager", "auditor", "customer", "viewer"])
def test_a_project_does_not_exist_for_others(
    studio: StudioApp, place: list[tuple[str, str, Any, tuple[str, ...]]], account: str
) -> None:
    stranger = studio.client(account)
    missing = stranger.get("/api/v1/projects/proj_0").json()["error"]
    for method, target, body, _ in place:
        answer = stranger.request(method, target, **({} if body is None else {"json": body}))
        assert answer.status_code == 404, (method, target)
        project = target.split("/")[4]
        assert answer.json()["error"]["message"] == missing["message"].replace("proj_0", project)
    assert stranger.get("/api/v1/projects").json()["data"]["projects"] == []


@pytest.mark.parametrize("account", ["super_admin", "admin"])
def test_administrators_do_everything_without_being_members(
    studio: StudioApp, place: list[tuple[str, str, Any, tuple[str, ...]]], account: str
) -> None:
    caller = studio.client(account)
    for method, target, body, _ in place:
        answer = caller.request(method, target, **({} if body is None else {"json": body}))
        assert answer.status_code in (200, 201, 409), (method, target, answer.text)


def test_nobody_gets_in_without_a_credential(
    studio: StudioApp, place: list[tuple[str, str, Any, tuple[str, ...]]]
) -> None:
    for method, target, body, _ in place:
        answer = studio.anonymous.request(method, target, **({} if body is None else {"json": body}))
        assert answer.status_code == 401, (method, target)


@pytest.mark.parametrize(
    ("account", "status"),
    [("super_admin", 201), ("admin", 201), ("manager", 201), ("customer", 201), ("auditor", 403), ("viewer", 403)],
)
def test_account_roles_decide_who_creates_projects(studio: StudioApp, account: str, status: int) -> None:
    answer = studio.client(account).post("/api/v1/projects", json={"name": "Assessment", "framework": "sample"})
    assert answer.status_code == status


def test_whoever_creates_a_project_is_its_manager(studio: StudioApp, new_project: NewProject) -> None:
    creator = studio.client("customer")
    path = f"/api/v1/projects/{new_project(creator)['id']}"
    (member,) = creator.get(path).json()["data"]["team_members"]
    assert (member["user_id"], member["role"]) == (creator.user_id, "manager")
    assert creator.delete(path).status_code == 200


def test_a_creator_who_is_named_keeps_the_role_that_was_named(studio: StudioApp, new_project: NewProject) -> None:
    creator, boss = studio.client("customer"), studio.client("customer")
    team = [{"user_id": boss.user_id, "role": "manager"}, {"user_id": creator.user_id, "role": "viewer"}]
    project = new_project(creator, team_members=team)
    shown = creator.get(f"/api/v1/projects/{project['id']}").json()["data"]["team_members"]
    assert {each["user_id"]: each["role"] for each in shown} == {boss.user_id: "manager", creator.user_id: "viewer"}


def test_an_archived_project_is_read_only_until_its_status_changes(
    studio: StudioApp, admin: Client, place: list[tuple[str, str, Any, tuple[str, ...]]]
) -> None:
    path = place[0][1]
    assert admin.patch(path, json={"status": "archived"}).status_code == 200
    for method, target, body, _ in place:
        if (method, target) == ("DELETE", path):
            continue
        answer = admin.request(method, target, **({} if body is None else {"json": body}))
        expected = 200 if method == "GET" else 409
        assert answer.status_code == expected, (method, target, answer.text)
    assert admin.patch(path, json={"status": "active", "name": "Again"}).json()["data"]["name"] == "Again"
    assert admin.patch(path, json={"name": "Once more"}).status_code == 200
