"""Lists of projects: filters, order, paging, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.testing.app import Client, StudioApp

from .conftest import NewProject


@pytest.fixture
def three(studio: StudioApp, admin: Client, new_project: NewProject) -> list[str]:
    """Three projects, an hour apart: active, archived, and active on another framework."""
    ids = []
    for name, framework in (("Alpha", "sample"), ("Beta", "sample"), ("Gamma 50%", "second")):
        ids.append(new_project(admin, name=name, description=f"About {name}", framework=framework)["id"])
        studio.clock.advance(3600)
    admin.patch(f"/api/v1/projects/{ids[1]}", json={"status": "archived"})
    return ids


def _names(caller: Client, **params: Any) -> list[str]:
    answer = caller.get("/api/v1/projects", params=params)
    assert answer.status_code == 200, answer.text
    return [project["name"] for project in answer.json()["data"]["projects"]]


@pytest.mark.usefixtures("three")
def test_projects_are_filtered_sorted_and_searched(admin: Client) -> None:
    assert _names(admin) == ["Gamma 50%", "Beta", "Alpha"]
    assert _names(admin, status="active") == ["Gamma 50%", "Alpha"]
    assert _names(admin, framework="second") == ["Gamma 50%"]
    assert _names(admin, sort="name", order="asc") == ["Alpha", "Beta", "Gamma 50%"]
    assert _names(admin, sort="updated_at") == ["Beta", "Gamma 50%", "Alpha"]
    assert _names(admin, sort="status", order="asc")[-1] == "Beta"
    assert len(_names(admin, sort="compliance_score")) == 3
    assert _names(admin, search="ABOUT b") == ["Beta"]
    assert _names(admin, search="50%", search_fields="name") == ["Gamma 50%"]
    assert _names(admin, search="About", search_fields="name") == []


def test_projects_are_narrowed_by_time(admin: Client, three: list[str]) -> None:
    middle = admin.get(f"/api/v1/projects/{three[1]}").json()["data"]["created_at"]
    assert _names(admin, created_after=middle) == ["Gamma 50%"]
    assert _names(admin, created_before=middle) == ["Alpha"]


@pytest.mark.parametrize("sort", ["created_at", "updated_at", "name", "compliance_score", "status"])
@pytest.mark.usefixtures("three")
def test_a_cursor_walks_through_everything_once(admin: Client, sort: str) -> None:
    for order in ("asc", "desc"):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            params = {"cursor": cursor, "limit": 1, "sort": sort, "order": order}
            data = admin.get("/api/v1/projects", params=params).json()["data"]
            seen += [project["name"] for project in data["projects"]]
            cursor = data["pagination"]["next_cursor"]
        assert seen == _names(admin, sort=sort, order=order)


@pytest.mark.parametrize("params", [{"status": "gone"}, {"sort": "id"}, {"limit": 0}, {"owner": "me"}, {"page": 0}])
def test_wrong_parameters_are_refused_by_name(admin: Client, params: dict[str, Any]) -> None:
    answer = admin.get("/api/v1/projects", params=params)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, next(iter(params)))


@pytest.mark.usefixtures("three")
def test_members_see_their_own_projects_with_an_exact_total(studio: StudioApp, new_project: NewProject) -> None:
    person = studio.client("customer")
    assert _names(person) == []
    new_project(person, name="Mine")
    answer = person.get("/api/v1/projects", params={"status": "active"}).json()["data"]
    assert [project["name"] for project in answer["projects"]] == ["Mine"]
    assert answer["pagination"]["total"] == 1
    assert _names(person, cursor="") == ["Mine"]
    assert _names(person, search="alpha") == []


@pytest.mark.parametrize("account", ["admin", "customer"])
def test_a_list_costs_the_same_queries_for_one_project_and_for_fifty(
    studio: StudioApp, new_project: NewProject, account: str
) -> None:
    caller = studio.client(account)

    def cost(path: str) -> int:
        caller.get(path, params={"limit": 100})
        with studio.count_queries() as seen:
            assert caller.get(path, params={"limit": 100}).status_code == 200
        return len(seen)

    new_project(caller)
    few = cost("/api/v1/projects")
    for _ in range(49):
        new_project(caller)
    assert len(_names(caller, limit=100)) == 50
    assert cost("/api/v1/projects") == few <= 3


def test_a_view_costs_the_same_queries_whatever_is_in_it(
    studio: StudioApp, admin: Client, new_project: NewProject
) -> None:
    small = new_project(admin)
    large = new_project(
        admin,
        frameworks=["second"],
        team_members=[{"user_id": studio.client("viewer").user_id, "role": "viewer"} for _ in range(5)],
        milestones=[{"name": f"M{number}", "due_date": "2030-01-01T00:00:00Z"} for number in range(20)],
    )
    costs = []
    for project in (small, large):
        path = f"/api/v1/projects/{project['id']}"
        for part in ("", "/members", "/milestones", "/controls", "/activity"):
            admin.get(path)
            with studio.count_queries() as seen:
                assert admin.get(path + part).status_code == 200
            costs.append(len(seen))
    assert costs[:5] == costs[5:]


def test_activity_tells_who_did_what_the_latest_first(
    studio: StudioApp, admin: Client, new_project: NewProject
) -> None:
    path = f"/api/v1/projects/{new_project(admin)['id']}"
    person = studio.client("customer").user_id
    admin.post(f"{path}/members", json={"user_id": person, "role": "viewer"})
    admin.patch(path, json={"status": "archived"})
    entries = admin.get(f"{path}/activity").json()["data"]["activity"]
    names = ["project.archived", "project.updated", "member.added", "project.created"]
    assert [entry["event"] for entry in entries] == names
    assert {entry["actor_id"] for entry in entries} == {admin.user_id}
    assert entries[2]["data"]["member"]["user_id"] == person
    some = admin.get(f"{path}/activity", params={"event": "member.added"}).json()["data"]
    assert [entry["event"] for entry in some["activity"]] == ["member.added"]
