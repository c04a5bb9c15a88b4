"""What other plugins use: rights, control state, hooks and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from studio_kernel.errors import Conflict, Forbidden, NotFound
from studio_kernel.events import Event, Subscriber
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.security.principal import SYSTEM, Principal
from studio_kernel.testing.app import Client, MakeStudio, StudioApp
from studio_projects.api import PROJECT_DELETED, Projects

from .conftest import PLUGINS, NewProject, SampleFrameworks


def _principal(client: Client, role: str) -> Principal:
    return Principal("user", client.user_id, client.user_id, role, frozenset(("read", "write")))


def test_require_answers_the_project_and_the_role(studio: StudioApp, admin: Client, new_project: NewProject) -> None:
    projects = Projects(studio.platform)
    person = studio.client("customer")
    project = new_project(admin, team_members=[{"user_id": person.user_id, "role": "auditor"}])
    ref = projects.require(_principal(person, "customer"), project["id"], "projects:read")
    assert (ref.id, ref.framework, ref.status, ref.role) == (project["id"], "sample", "active", "auditor")
    assert projects.require(SYSTEM, project["id"], "projects:read").role == ""
    with pytest.raises(Forbidden):
        projects.require(_principal(person, "customer"), project["id"], "projects:update")
    with pytest.raises(Forbidden):
        projects.require(_principal(person, "customer"), project["id"], "nobody:declared")
    with pytest.raises(NotFound):
        projects.require(_principal(studio.client("customer"), "customer"), project["id"], "projects:read")
    admin.patch(f"/api/v1/projects/{project['id']}", json={"status": "archived"})
    projects.require(SYSTEM, project["id"], "projects:read")
    with pytest.raises(Conflict):
        projects.require(SYSTEM, project["id"], "projects:read", writable=True)


def test_visible_narrows_to_the_callers_projects(studio: StudioApp, admin: Client, new_project: NewProject) -> None:
    projects = Projects(studio.platform)
    assert projects.visible(SYSTEM, "e.project_id") == ([], {})
    new_project(admin)
    person = studio.client("customer")
    mine = new_project(person)["id"]
    conditions, values = projects.visible(_principal(person, "customer"), "p.id")
    from studio_kernel.storage.sql import Statement

    found = Statement(f"SELECT p.id FROM projects p WHERE {' AND '.join(conditions)}")
    assert studio.platform.database.rows(found, **values) == [(mine,)]


def test_state_is_read_in_one_query_each(studio: StudioApp, admin: Client, new_project: NewProject) -> None:
    projects = Projects(studio.platform)
    milestone = {"name": "Past", "due_date": "2020-01-01T00:00:00Z"}
    project_id = new_project(admin, milestones=[milestone])["id"]
    with studio.count_queries() as seen:
        controls = projects.controls(project_id)
        (past,) = projects.milestones(project_id)
        (member,) = projects.members(project_id)
        assert projects.frameworks(project_id) == ["sample"]
    assert len(seen) == 4
    assert [control.number for control in controls] == ["001", "002", "003", "004", "005", "006"]
    assert (past.name, past.overdue, member.role) == ("Past", True, "manager")
    assert projects.ids() == [project_id]
    first = projects.control(project_id, controls[0].control_id)
    assert first == controls[0]
    assert (first.status, first.applicable, first.override_status) == ("not_started", True, None)
    with pytest.raises(NotFound):
        projects.control(project_id, "ctrl_0")


def test_the_score_is_kept_without_touching_the_project(
    studio: StudioApp, admin: Client, new_project: NewProject
) -> None:
    project = new_project(admin)
    studio.clock.advance(60)
    with studio.platform.database.transaction():
        Projects(studio.platform).set_score(project["id"], 78)
    shown = admin.get(f"/api/v1/projects/{project['id']}").json()["data"]
    assert (shown["compliance_score"], shown["updated_at"]) == (78, project["updated_at"])


class Neighbour:
    """A plugin to the right: adds fields, objects to a deletion, and hears of it."""

    info = PluginInfo(name="neighbour", version="1", requires=("projects",))

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.asked: list[tuple[list[str], bool]] = []
        self.heard: list[Event] = []
        self.added: Any = {"mood": "good", "name": "overwritten"}
        self.whole: Any = None

    @hookimpl
    def studio_project_fields(self, project_ids: Sequence[str], detail: bool) -> Mapping[str, Mapping[str, Any]]:
        self.asked.append((list(project_ids), detail))
        return dict.fromkeys(project_ids, self.added) if self.whole is None else self.whole

    @hookimpl
    def studio_project_deletion(self, project_id: str) -> Sequence[str]:
        return self.reasons

    @hookimpl
    def studio_subscribers(self, platform: Any) -> Sequence[Subscriber]:
        return (Subscriber("neighbour.deleted", (PROJECT_DELETED.name,), self.heard.append, mode="in_transaction"),)


@pytest.fixture
def neighbour() -> Neighbour:
    """A plugin to the right."""
    return Neighbour()


@pytest.fixture
def shared(make_studio: MakeStudio, neighbour: Neighbour) -> StudioApp:
    """Projects with a neighbour."""
    return make_studio(plugins=PLUGINS, extra=[SampleFrameworks(), neighbour])


def test_neighbours_add_fields_in_batch_and_replace_none(
    shared: StudioApp, neighbour: Neighbour, new_project: NewProject
) -> None:
    admin = shared.client("admin")
    ids = [new_project(admin)["id"] for _ in range(3)]
    listed = admin.get("/api/v1/projects").json()["data"]["projects"]
    assert [(each["mood"], each["name"]) for each in listed] == [("good", "Assessment")] * 3
    shown = admin.get(f"/api/v1/projects/{ids[0]}").json()["data"]
    assert (shown["mood"], shown["name"]) == ("good", "Assessment")
    assert neighbour.asked == [(ids[::-1], False), ([ids[0]], True)]


@pytest.mark.parametrize(
    ("added", "whole"), [({"mood": object()}, None), ("good", None), ({}, ["good"])], ids=["value", "fields", "answer"]
)
def test_fields_of_a_neighbour_that_can_not_be_shown_cost_no_answer(
    added: Any, whole: Any, shared: StudioApp, neighbour: Neighbour, new_project: NewProject, caplog: Any
) -> None:
    admin = shared.client("admin")
    project_id = new_project(admin)["id"]
    neighbour.added, neighbour.whole = added, whole
    for path in ("/api/v1/projects", f"/api/v1/projects/{project_id}"):
        answer = admin.get(path)
        assert answer.status_code == 200
        assert "mood" not in answer.text
    assert "the fields that plugin 'neighbour' adds to projects are left out" in caplog.text


def test_a_neighbours_objection_keeps_the_project(
    shared: StudioApp, neighbour: Neighbour, new_project: NewProject
) -> None:
    admin = shared.client("admin")
    project_id = new_project(admin)["id"]
    neighbour.reasons = ["2 pieces of evidence are under review"]
    answer = admin.delete(f"/api/v1/projects/{project_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert answer.json()["error"]["details"]["reasons"] == neighbour.reasons
    assert admin.get(f"/api/v1/projects/{project_id}").status_code == 200
    assert neighbour.heard == []
    neighbour.reasons = []
    assert admin.delete(f"/api/v1/projects/{project_id}").status_code == 200
    assert [event.data["project"]["id"] for event in neighbour.heard] == [project_id]


def test_nothing_of_a_deleted_project_stays(studio: StudioApp, admin: Client, new_project: NewProject) -> None:
    from studio_kernel.storage.sql import Statement

    milestone = {"name": "First", "due_date": "2030-01-01T00:00:00Z"}
    project_id = new_project(admin, milestones=[milestone])["id"]
    admin.delete(f"/api/v1/projects/{project_id}")
    for table in ("projects", "project_frameworks", "project_members", "milestones", "project_controls"):
        assert studio.platform.database.value(Statement(f"SELECT COUNT(*) FROM {table}")) == 0, table


def test_events_are_as_declared(studio: StudioApp, admin: Client, new_project: NewProject) -> None:
    from studio_kernel.storage.sql import Statement

    person = studio.client("customer").user_id
    path = f"/api/v1/projects/{new_project(admin)['id']}"
    control = Projects(studio.platform).controls(path.rpartition("/")[2])[0].control_id
    admin.post(f"{path}/members", json={"user_id": person, "role": "viewer"})
    admin.put(f"{path}/members/{person}", json={"role": "auditor"})
    admin.delete(f"{path}/members/{person}")
    admin.post(f"{path}/milestones", json={"name": "First", "due_date": "2030-01-01T00:00:00Z"})
    admin.patch(f"{path}/controls/{control}", json={"status": "complete", "reason": "Seen"})
    admin.post(f"{path}/frameworks", json={"framework": "second"})
    admin.delete(f"{path}/frameworks/second")
    sample = studio.platform.frameworks.get("sample")
    assert sample is not None
    with studio.platform.database.transaction():
        Projects(studio.platform).follow_framework(path.rpartition("/")[2], sample, predecessors={}, returning={})
    admin.patch(path, json={"status": "archived"})
    admin.delete(path)
    ids = studio.platform.database.rows(Statement("SELECT id FROM events ORDER BY position"))
    events = [event for (event_id,) in ids if (event := studio.platform.events.find(event_id))]
    names = {event.name for event in events}
    assert names >= {name for name, owner in _own_events(studio) if owner}
    for event in events:
        problems = studio.platform.events.types[event.name].schema().validate(dict(event.data))
        assert problems == {}, event.name


def _own_events(studio: StudioApp) -> list[tuple[str, bool]]:
    from studio_projects.events import EVENT_TYPES

    for kind in EVENT_TYPES:
        assert kind.schema().validate(dict(kind.example)) == {}, kind.name
    return [(kind.name, True) for kind in EVENT_TYPES]
