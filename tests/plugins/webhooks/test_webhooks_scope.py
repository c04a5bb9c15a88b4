"""A receiver gets what its owner may see, of the project that it is for, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from studio_kernel.testing.app import StudioApp
from studio_webhooks.testing import Receiver

from .conftest import Stage

OWNER = "user_boss"


def test_what_the_owner_may_not_see_is_not_sent(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    stage.sample.hidden = {(OWNER, "proj_secret")}
    stage.publish(resource_id="par_1", project_id="proj_secret")
    stage.publish(resource_id="par_2", project_id="proj_open")
    stage.work()
    assert [b"par_2" in each.body for each in receiver.received] == [True]
    assert [each["project_id"] for each in stage.deliveries(created["id"])] == ["proj_open"]


def test_an_owner_who_left_meanwhile_gets_nothing_more_not_even_a_retry(stage: Stage, receiver: Receiver) -> None:
    receiver.answer(500)
    created = stage.create(receiver.url)
    stage.publish(project_id="proj_1")
    stage.work()
    stage.sample.hidden = {(OWNER, "proj_1")}
    stage.work(after=10)
    (made,) = stage.deliveries(created["id"])
    assert len(receiver.received) == 1
    assert (made["state"], made["attempts"]) == ("failed", 1)
    assert made["error"] == "The webhook's owner may not see this event any more"


def test_a_webhook_of_one_project_hears_of_no_other(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url, ["*"], project_id="proj_1")
    assert created["project_id"] == "proj_1"
    for project in ("proj_1", "proj_2", ""):
        stage.publish(resource_id=f"par_{project}", project_id=project)
    stage.work()
    assert [each["resource_id"] for each in stage.deliveries(created["id"])] == ["par_proj_1"]
    listed = stage.admin.get("/api/v1/webhooks", params={"project": "proj_1"}).json()["data"]["webhooks"]
    assert [each["id"] for each in listed] == [created["id"]]


def test_a_project_that_the_owner_does_not_see_is_refused(stage: Stage) -> None:
    stage.sample.hidden = {(OWNER, "proj_secret")}
    body = {"url": "https://a.example.org/", "events": ["*"], "project_id": "proj_secret"}
    answer = stage.admin.post("/api/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "project_id")
    created = stage.create("https://a.example.org/")
    answer = stage.admin.patch(f"/api/v1/webhooks/{created['id']}", json={"project_id": "proj_secret"})
    assert answer.status_code == 400


def test_members_and_administrators_see_events_and_nobody_else(make_studio: Callable[..., StudioApp]) -> None:
    """What `studio_event_visibility` answers with every plugin installed."""
    studio = make_studio()
    root, member, stranger = studio.client("admin"), studio.client("customer"), studio.client("customer")
    body = {"name": "Audit", "description": "One", "framework": "soc2"}
    project = root.post("/api/v1/projects", json=body).json()["data"]["id"]
    path = f"/api/v1/projects/{project}/members"
    added = root.post(path, json={"user_id": member.user_id, "role": "viewer"})
    assert added.status_code == 201, added.text

    def seen() -> set[tuple[str, str]]:
        pairs = [(each.user_id, place) for each in (root, member, stranger) for place in (project, "", "proj_other")]
        return studio.platform.hooks.event_visibility(studio.platform, pairs)

    everywhere = {(root.user_id, project), (root.user_id, ""), (root.user_id, "proj_other")}
    assert seen() == {*everywhere, (member.user_id, project)}
    assert root.delete(f"{path}/{member.user_id}").status_code == 200
    assert seen() == everywhere
    studio.client("super_admin").delete(f"/api/v1/users/{root.user_id}")
    assert seen() == set()
