"""The same on PostgreSQL: a tour through everything that runs SQL."""

from __future__ import annotations

import threading

from studio_kernel.security.principal import SYSTEM
from studio_kernel.testing.app import MakeStudio
from studio_projects.api import Projects

from .conftest import PLUGINS, NewProject, SampleFrameworks


def test_a_project_lives_on_postgresql_as_on_sqlite(
    make_studio: MakeStudio, postgres_url: str, new_project: NewProject
) -> None:
    studio = make_studio(plugins=PLUGINS, extra=[SampleFrameworks()], database_url=postgres_url)
    person, other = studio.client("customer"), studio.client("customer")
    milestone = {"name": "First", "due_date": "2020-01-01T00:00:00Z"}
    project = new_project(person, frameworks=["second"], milestones=[milestone])
    path = f"/api/v1/projects/{project['id']}"
    shown = person.get(path).json()["data"]
    assert (len(shown["controls"]), shown["milestones"][0]["overdue"]) == (9, True)
    control = f"{path}/controls/{shown['controls'][0]['id']}"
    with studio.platform.database.transaction():
        Projects(studio.platform).set_control_evidence(
            project["id"], shown["controls"][1]["id"], evidence_count=1, derived_status="complete"
        )
    out = person.patch(control, json={"applicable": False, "reason": "No such system"})
    assert out.json()["data"]["status"] == "not_applicable"
    for status, count in (("not_applicable", 1), ("complete", 1), ("not_started", 7)):
        listed = person.get(f"{path}/controls", params={"status": status}).json()["data"]
        assert listed["pagination"]["total"] == count
    assert person.patch(path, json={"framework": "second"}).json()["data"]["framework"] == "second"
    assert person.delete(f"{path}/frameworks/sample?discard=true").status_code == 409
    assert person.post(f"{path}/members", json={"user_id": other.user_id, "role": "viewer"}).status_code == 201
    for part in ("", f"{path}/members", f"{path}/milestones", f"{path}/activity"):
        for params in ({}, {"cursor": "", "limit": 1}):
            assert other.get(part or "/api/v1/projects", params=params).status_code == 200
    assert other.get("/api/v1/projects", params={"search": "ASSESS", "status": "active"}).json()["data"]["projects"]
    assert other.delete(path).status_code == 403
    assert person.delete(path).status_code == 200
    assert studio.client("admin").get("/api/v1/projects").json()["data"]["projects"] == []


def test_two_managers_who_leave_at_once_leave_one_manager(
    make_studio: MakeStudio, postgres_url: str, new_project: NewProject
) -> None:
    studio = make_studio(plugins=PLUGINS, extra=[SampleFrameworks()], database_url=postgres_url)
    admin, other = studio.client("admin"), studio.client("customer")
    for _ in range(5):
        project = new_project(admin, team_members=[{"user_id": other.user_id, "role": "manager"}])
        path = f"/api/v1/projects/{project['id']}/members"
        answers: list[int] = []

        def leave(user_id: str, path: str = path, answers: list[int] = answers) -> None:
            answers.append(admin.delete(f"{path}/{user_id}").status_code)

        threads = [threading.Thread(target=leave, args=(each,)) for each in (admin.user_id, other.user_id)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 409]


def test_a_project_is_not_deleted_under_a_change_inside_it(
    make_studio: MakeStudio, postgres_url: str, new_project: NewProject
) -> None:
    studio = make_studio(plugins=PLUGINS, extra=[SampleFrameworks()], database_url=postgres_url)
    admin = studio.client("admin")
    project_id = new_project(admin)["id"]
    projects = Projects(studio.platform)
    answers: list[int] = []
    deletion = threading.Thread(
        target=lambda: answers.append(admin.delete(f"/api/v1/projects/{project_id}").status_code)
    )
    with studio.platform.database.transaction():
        projects.require(SYSTEM, project_id, "projects:controls", writable=True)
        deletion.start()
        deletion.join(0.5)
        assert answers == []
        projects.set_score(project_id, 50)
    deletion.join()
    assert answers == [200]
