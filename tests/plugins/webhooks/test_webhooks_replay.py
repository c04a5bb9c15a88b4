"""Replaying a span of time: in order, in the background, and what was missed if wanted."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.clock import to_text
from studio_webhooks.testing import Receiver

from .conftest import MakeStage, Stage


def now(stage: Stage) -> str:
    return to_text(stage.app.clock())


def replay(stage: Stage, webhook_id: str, **body: Any) -> dict[str, Any]:
    """Start it, do it, and give back the job."""
    answer = stage.admin.post(f"/api/v1/webhooks/{webhook_id}/replay", json=body)
    assert answer.status_code == 202, answer.text
    stage.work()
    job: dict[str, Any] = stage.admin.get(answer.headers["Location"]).json()["data"]
    assert (job["id"], job["state"]) == (answer.json()["data"]["job_id"], "succeeded")
    return job


@pytest.fixture
def sent(make_stage: MakeStage, receiver: Receiver) -> tuple[Stage, dict[str, Any], list[str]]:
    """Four events, of which the second and third ended without success; and the moments before each."""
    stage = make_stage(retry_seconds=[])
    created = stage.create(receiver.url)
    moments = []
    for number, status in enumerate((204, 500, 500, 204)):
        stage.app.clock.advance(60)
        moments.append(now(stage))
        receiver.answer(status)
        stage.publish(resource_id=f"par_{number}")
        stage.work()
    receiver.received.clear()
    return stage, created, moments


def test_what_failed_in_a_span_is_sent_again_with_its_id(
    sent: tuple[Stage, dict[str, Any], list[str]], receiver: Receiver
) -> None:
    stage, created, moments = sent
    failed = stage.deliveries(created["id"], state="exhausted")
    job = replay(stage, created["id"], since=moments[0])
    assert job["result"] == {"replayed": 2, "missed": 0}
    # Of different resources, so in any order.
    came = sorted(each.headers["webhook-id"] for each in receiver.received)
    assert came == sorted(each["message_id"] for each in failed)
    assert stage.deliveries(created["id"], state="exhausted") == []


def test_only_the_span_and_the_wanted_states_are_sent(
    sent: tuple[Stage, dict[str, Any], list[str]], receiver: Receiver
) -> None:
    stage, created, moments = sent
    assert replay(stage, created["id"], since=moments[1], until=moments[2])["result"]["replayed"] == 1
    job = replay(stage, created["id"], since=moments[1], states=["succeeded"])
    assert job["result"]["replayed"] == 2
    assert sorted(each.body[-10:] for each in receiver.received[1:]) == [b'"par_1"}}}', b'"par_3"}}}']


def test_events_that_a_webhook_missed_while_it_was_off_can_be_caught_up_with(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    one = f"/api/v1/webhooks/{created['id']}"
    since = now(stage)
    stage.publish(resource_id="par_0")
    stage.work()
    stage.admin.patch(one, json={"active": False})
    stage.publish(resource_id="par_1", project_id="proj_1")
    stage.publish(resource_id="par_2", project_id="proj_secret")
    stage.work()
    assert stage.admin.post(f"{one}/replay", json={"since": since}).status_code == 409
    stage.admin.patch(one, json={"active": True})
    stage.sample.hidden = {("user_boss", "proj_secret")}
    assert replay(stage, created["id"], since=since, missed=True)["result"] == {"replayed": 0, "missed": 1}
    assert replay(stage, created["id"], since=since, missed=True)["result"]["missed"] == 0
    assert [b"par_1" in each.body for each in receiver.received] == [False, True]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_somebody_cancelled_the_jobs_of_can_be_sent_again(
    make_stage: MakeStage, receiver: Receiver, request: pytest.FixtureRequest, database: str
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    stage = make_stage(database_url=url)
    created, since = stage.create(receiver.url), now(stage)
    for number in range(3):
        stage.publish(resource_id=f"par_{number}")
    receiver.always(500)
    stage.work()
    (first, *_) = stage.deliveries(created["id"], state="pending")
    replay_first = f"/api/v1/webhooks/deliveries/{first['id']}/replay"
    assert stage.admin.post(replay_first).status_code == 409, "it waits for its retry"
    stage.platform.jobs.cancel_kind("webhooks.deliver")
    receiver.always(204)
    assert stage.admin.post(replay_first).status_code == 202
    assert stage.admin.post(replay_first).status_code == 409
    assert replay(stage, created["id"], since=since)["result"] == {"replayed": 2, "missed": 0}
    assert [each["state"] for each in stage.deliveries(created["id"])] == ["succeeded"] * 3
    assert len(receiver.received) == 6


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2024-01-15T10:30:00Z", "until": "2024-01-15T10:30:00Z"}, "since"),
        ({"since": "2024-01-15T10:30:00Z", "states": ["pending"]}, "states.0"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(stage: Stage, body: dict[str, Any], field: str) -> None:
    created = stage.create("https://a.example.org/")
    answer = stage.admin.post(f"/api/v1/webhooks/{created['id']}/replay", json=body)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)


def test_a_span_is_replayed_on_postgresql_too(make_stage: MakeStage, receiver: Receiver, postgres_url: str) -> None:
    stage = make_stage(database_url=postgres_url, retry_seconds=[])
    since = now(stage)
    created = stage.create(receiver.url)
    receiver.answer(500)
    stage.publish(project_id="proj_1")
    stage.work()
    assert replay(stage, created["id"], since=since, missed=True)["result"] == {"replayed": 1, "missed": 0}
    assert stage.deliveries(created["id"])[0]["state"] == "succeeded"
