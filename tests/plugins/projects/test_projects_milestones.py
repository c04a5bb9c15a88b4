"""Milestones, and when they are overdue."""

from __future__ import annotations

import pytest

from studio_kernel.clock import later
from studio_kernel.testing.app import Client, StudioApp
from studio_projects import schemas

from .conftest import NewProject


@pytest.fixture
def milestones(admin: Client, new_project: NewProject) -> str:
    """The path of a new project's milestones, of which there are none."""
    return f"/api/v1/projects/{new_project(admin)['id']}/milestones"


def test_a_milestone_is_created_changed_replaced_and_deleted(admin: Client, milestones: str) -> None:
    created = admin.post(milestones, json={"name": "First", "due_date": "2030-01-01T02:00:00+02:00"})
    data = created.json()["data"]
    assert created.status_code == 201
    assert schemas.Milestone().validate(data) == {}
    assert (data["status"], data["due_date"]) == ("pending", "2030-01-01T00:00:00.000000Z")
    where = created.headers["Location"]
    assert admin.patch(where, json={"status": "in_progress"}).json()["data"]["name"] == "First"
    replaced = admin.put(where, json={"name": "Second", "due_date": "2031-01-01T00:00:00Z"}).json()["data"]
    assert (replaced["name"], replaced["status"]) == ("Second", "pending")
    assert admin.delete(where).json() == {"success": True, "message": "Milestone deleted successfully"}
    assert admin.get(where).status_code == 404


def test_a_milestone_is_overdue_once_its_date_has_passed_until_it_is_completed(
    studio: StudioApp, admin: Client, milestones: str
) -> None:
    due = later(studio.clock(), 3600)
    where = admin.post(milestones, json={"name": "Soon", "due_date": due}).headers["Location"]
    assert admin.get(where).json()["data"]["overdue"] is False
    studio.clock.advance(3601)
    assert admin.get(where).json()["data"]["overdue"] is True
    assert admin.get(milestones.removesuffix("/milestones")).json()["data"]["milestones"][0]["overdue"] is True
    assert admin.patch(where, json={"status": "completed"}).json()["data"]["overdue"] is False


def test_milestones_are_listed_by_date(admin: Client, milestones: str) -> None:
    for year in (2032, 2030, 2031):
        admin.post(milestones, json={"name": f"In {year}", "due_date": f"{year}-01-01T00:00:00Z"})
    names = [each["name"] for each in admin.get(milestones).json()["data"]["milestones"]]
    assert names == ["In 2030", "In 2031", "In 2032"]
    late = admin.get(milestones, params={"due_after": "2030-06-01T00:00:00Z", "search": "2031"}).json()["data"]
    assert [each["name"] for each in late["milestones"]] == ["In 2031"]


def test_a_milestone_belongs_to_one_project(admin: Client, milestones: str, new_project: NewProject) -> None:
    created = admin.post(milestones, json={"name": "First", "due_date": "2030-01-01T00:00:00Z"}).json()["data"]
    elsewhere = f"/api/v1/projects/{new_project(admin)['id']}/milestones/{created['id']}"
    assert admin.get(elsewhere).status_code == 404
    assert admin.patch(elsewhere, json={"name": "Stolen"}).status_code == 404
    assert admin.delete(elsewhere).status_code == 404
    assert admin.get(f"{milestones}/{created['id']}").json()["data"]["name"] == "First"
