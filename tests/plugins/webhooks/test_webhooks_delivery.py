"""Deliveries: what receivers get, when they get it again, and when no more."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from support.collector import collector

import studio_webhooks.delivery as delivery
from studio_kernel.clock import to_text
from studio_kernel.events import Event
from studio_webhooks import queries
from studio_webhooks.history import extended
from studio_webhooks.models import Delivery
from studio_webhooks.sender import Outcome
from studio_webhooks.testing import Receiver, Reply

from .conftest import PARCEL_LOST, MakeStage, Stage

DELAYS = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)


def test_an_event_arrives_as_the_reference_prints_it(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    event = stage.publish()
    stage.work()
    (received,) = receiver.received
    assert (received.method, received.path) == ("POST", "/hook")
    assert json.loads(received.body) == {
        "event": "parcel.sent",
        "timestamp": event.occurred_at,
        "data": {"parcel": {"id": "par_1"}},
    }
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"].startswith("Studio-Platform/")
    assert received.headers["x-studio-event"] == "parcel.sent"
    (made,) = stage.deliveries(created["id"])
    assert made["state"] == "succeeded"
    assert (made["attempts"], made["response_status"], made["error"]) == (1, 204, None)
    assert received.headers["x-studio-delivery"] == made["id"]
    assert received.headers["webhook-id"] == made["message_id"]
    assert made["message_id"].startswith("msg_")


def test_a_delivery_carries_the_trace_that_it_belongs_to(make_stage: MakeStage, receiver: Receiver) -> None:
    with collector() as spans:
        stage = make_stage(kernel={"tracing_url": spans.url})
        stage.create(receiver.url)
        stage.publish()
        stage.work()
        span = spans.wait_for(delivery.DELIVER)
    (received,) = receiver.received
    assert received.headers["traceparent"] == f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"


@pytest.mark.parametrize("chosen", [None, "your_webhook_secret", "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"])
def test_the_standard_library_accepts_a_delivery_and_rejects_it_altered(
    stage: Stage, receiver: Receiver, chosen: str | None
) -> None:
    created = stage.create(receiver.url, **({"secret": chosen} if chosen else {}))
    stage.publish()
    stage.work()
    (received,) = receiver.received
    secret = created["secret"]
    assert chosen is None or secret == chosen
    webhook = Webhook(secret if secret.startswith("whsec_") else secret.encode())
    assert webhook.verify(received.body, dict(received.headers))["event"] == "parcel.sent"
    with pytest.raises(WebhookVerificationError):
        webhook.verify(received.body.replace(b"par_1", b"par_2"), dict(received.headers))
    with pytest.raises(WebhookVerificationError):
        webhook.verify(received.body, {**received.headers, "webhook-id": "msg_other"})
    with pytest.raises(WebhookVerificationError):
        Webhook(b"another secret").verify(received.body, dict(received.headers))


def test_the_plain_signature_is_the_hmac_of_the_body(stage: Stage, receiver: Receiver) -> None:
    stage.create(receiver.url, secret="your_webhook_secret")
    stage.publish()
    stage.work()
    (received,) = receiver.received
    expected = hmac.new(b"your_webhook_secret", received.body, hashlib.sha256).hexdigest()
    assert received.headers["x-studio-signature"] == f"sha256={expected}"


def test_a_retry_carries_the_same_id_and_the_same_bytes(stage: Stage, receiver: Receiver) -> None:
    receiver.answer(500, 503)
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    assert stage.deliveries(created["id"])[0]["state"] == "pending"
    stage.work(after=6.1)
    stage.work(after=361)
    first, second, third = receiver.received
    assert first.body == second.body == third.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == third.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != third.headers["webhook-timestamp"]
    (made,) = stage.deliveries(created["id"])
    assert (made["state"], made["attempts"], made["next_attempt_at"]) == ("succeeded", 3, None)


def test_retries_follow_the_schedule_and_then_end_as_exhausted(stage: Stage, receiver: Receiver) -> None:
    receiver.always(500)
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    for number, delay in enumerate(DELAYS, start=1):
        stage.work(after=delay * 0.99)
        assert len(receiver.received) == number, "no retry before its time"
        stage.work(after=delay * 0.22)
        assert len(receiver.received) == number + 1
    (made,) = stage.deliveries(created["id"])
    assert (made["state"], made["attempts"], made["next_attempt_at"]) == ("exhausted", 8, None)
    assert made["error"] == "The receiver answered 500"
    stage.work(after=100_000)
    assert len(receiver.received) == 8


def detail(stage: Stage, delivery_id: str) -> dict[str, Any]:
    answer = stage.admin.get(f"/api/v1/webhooks/deliveries/{delivery_id}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()["data"]
    return shown


def test_a_delivery_tells_what_became_of_each_attempt(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(timeout_seconds=0.3)
    receiver.answer(500, Reply(hang=True))
    created = stage.create(receiver.url)
    stage.publish()
    moments = []
    for wait in (0, 6.1, 361):
        stage.app.clock.advance(wait)
        moments.append(to_text(stage.app.clock()))
        stage.work()
    (made,) = stage.deliveries(created["id"])
    assert "history" not in made, "lists stay short"
    shown = detail(stage, made["id"])
    first, second, third = shown["history"]
    assert {**shown, "history": None} == {**made, "history": None}
    assert all(begun <= each["at"] for begun, each in zip(moments, shown["history"], strict=True))
    assert first["at"] < moments[1] < second["at"] < moments[2]
    assert (first["number"], first["status"], first["error"]) == (1, 500, "The receiver answered 500")
    assert (second["status"], second["error"]) == (None, "No answer within 0.3 s")
    assert second["milliseconds"] >= 300
    assert (third["number"], third["status"], third["error"]) == (3, 204, None)
    stage.admin.post(f"/api/v1/webhooks/deliveries/{made['id']}/replay")
    stage.work()
    assert [each["number"] for each in detail(stage, made["id"])["history"]] == [1, 2, 3, 4]
    assert stage.admin.get("/api/v1/webhooks/deliveries/whd_0").status_code == 404


def test_what_was_never_sent_is_no_attempt_and_only_the_latest_are_kept(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    (made,) = stage.deliveries(created["id"])
    many = "[]"
    for number in range(40):
        many = extended(many, number, Outcome("", 204), to_text(stage.app.clock()))
    stage.platform.database.update(Delivery, {"history": many, "attempts": 40}, where={"id": made["id"]})
    stage.admin.post(f"/api/v1/webhooks/deliveries/{made['id']}/replay")
    stage.work()
    shown = detail(stage, made["id"])
    assert [each["number"] for each in shown["history"]] == [*range(16, 40), 41]
    stage.admin.post(f"/api/v1/webhooks/deliveries/{made['id']}/replay")
    stage.admin.patch(f"/api/v1/webhooks/{created['id']}", json={"active": False})
    stage.work()
    after = detail(stage, made["id"])
    assert (after["state"], after["attempts"], after["history"]) == ("failed", 41, shown["history"])


def test_the_jitter_stays_within_a_fifth_and_differs_between_messages() -> None:
    delays = [delivery.retry_delay(f"msg_{number}", 1, 100.0) for number in range(200)]
    assert all(100 <= delay <= 120 for delay in delays)
    assert len(set(delays)) == 200
    assert delays[0] == delivery.retry_delay("msg_0", 1, 100.0)


def test_a_receiver_may_ask_for_a_longer_wait_up_to_a_limit(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(retry_after_limit=600)
    receiver.answer(Reply(429, headers={"Retry-After": "60"}), Reply(429, headers={"Retry-After": "999999"}))
    stage.create(receiver.url)
    stage.publish()
    stage.work()
    stage.work(after=55)
    assert len(receiver.received) == 1
    stage.work(after=6)
    assert len(receiver.received) == 2
    stage.work(after=590)
    assert len(receiver.received) == 2
    stage.work(after=11)
    assert len(receiver.received) == 3


def test_the_events_of_one_resource_arrive_in_order_and_others_do_not_wait(stage: Stage, receiver: Receiver) -> None:
    receiver.answer(500)
    stage.create(receiver.url, ["parcel.*"])
    stage.publish(resource_id="par_1", data={"parcel": {"id": "par_1", "step": 1}})
    stage.work()
    stage.publish(PARCEL_LOST, resource_id="par_1", data={"parcel": {"id": "par_1", "step": 2}})
    stage.publish(resource_id="par_2")
    stage.work()
    assert [json.loads(each.body)["data"]["parcel"]["id"] for each in receiver.received] == ["par_1", "par_2"]
    stage.work(after=6.1)
    bodies = [json.loads(each.body)["data"]["parcel"] for each in receiver.received[2:]]
    assert [body["step"] for body in bodies] == [1, 2]


def test_410_ends_the_delivery_and_switches_the_webhook_off(stage: Stage, receiver: Receiver) -> None:
    receiver.always(410)
    created = stage.create(receiver.url)
    watcher = stage.create(receiver.url + "/watch", ["webhook.disabled"])
    stage.publish()
    stage.work()
    shown = stage.admin.get(f"/api/v1/webhooks/{created['id']}").json()["data"]
    assert shown["active"] is False
    assert "410" in shown["disabled_reason"]
    assert stage.deliveries(created["id"])[0]["state"] == "failed"
    assert stage.deliveries(watcher["id"])[0]["event"] == "webhook.disabled"
    stage.publish()
    stage.work(after=100_000)
    assert len([each for each in receiver.received if each.path == "/hook"]) == 1
    again = stage.admin.patch(f"/api/v1/webhooks/{created['id']}", json={"active": True}).json()["data"]
    assert (again["active"], again["disabled_reason"]) == (True, None)


def test_redirects_are_not_followed(stage: Stage, receiver: Receiver) -> None:
    receiver.answer(Reply(307, headers={"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}))
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    assert [each.path for each in receiver.received] == ["/hook"]
    (made,) = stage.deliveries(created["id"])
    assert (made["state"], made["response_status"]) == ("pending", 307)


@pytest.mark.parametrize("reply", [Reply(hang=True), Reply(drip=True)], ids=["silent", "dripping"])
def test_a_slow_receiver_costs_no_more_than_the_time_limit(
    make_stage: MakeStage, receiver: Receiver, reply: Reply
) -> None:
    stage = make_stage(timeout_seconds=0.5)
    receiver.answer(reply)
    created = stage.create(receiver.url)
    stage.publish()
    started = time.monotonic()
    stage.work()
    assert time.monotonic() - started < 5
    (made,) = stage.deliveries(created["id"])
    assert (made["state"], made["error"]) == ("pending", "No answer within 0.5 s")


def test_a_receiver_that_is_not_there_is_tried_again(stage: Stage, receiver: Receiver) -> None:
    created = stage.create("http://127.0.0.1:1/hook")
    stage.publish()
    stage.work()
    (made,) = stage.deliveries(created["id"])
    assert (made["state"], made["error"]) == ("pending", "The receiver can't be connected to")
    assert made["next_attempt_at"] is not None


def test_of_an_answer_only_the_beginning_is_kept(stage: Stage, receiver: Receiver) -> None:
    receiver.answer(Reply(200, body=b"a\0" + "ü".encode() * 100_000))
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    (made,) = stage.deliveries(created["id"])
    assert made["state"] == "succeeded"
    assert made["response_body"].startswith("a\ufffdü")
    assert 2000 < len(made["response_body"].encode()) <= 2048


def test_an_event_handed_over_twice_is_delivered_once(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    event = stage.publish()
    stage.work()
    fanout = next(each for _, each in stage.platform.events.subscribers() if each.name == "webhooks.fanout")
    fanout.handler(event)
    stage.work()
    assert len(stage.deliveries(created["id"])) == 1
    assert len(receiver.received) == 1


def test_only_subscribed_and_active_webhooks_get_an_event(stage: Stage, receiver: Receiver) -> None:
    paths = {"exact": ["parcel.sent"], "group": ["parcel.*"], "all": ["*"], "other": ["parcel.lost"]}
    for path, events in paths.items():
        stage.create(f"{receiver.url}/{path}", events)
    stage.create(f"{receiver.url}/idle", ["*"], active=False)
    stage.work()
    receiver.received.clear()
    stage.publish()
    stage.work()
    assert sorted(each.path for each in receiver.received) == ["/hook/all", "/hook/exact", "/hook/group"]


def test_what_happened_before_a_webhook_was_created_is_not_sent_to_it(stage: Stage, receiver: Receiver) -> None:
    stage.publish()
    stage.create(receiver.url, ["*"])
    stage.work()
    assert [each.headers["x-studio-event"] for each in receiver.received] == ["webhook.created"]


def test_a_test_event_goes_to_one_webhook_even_when_it_is_idle(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url, active=False)
    stage.create(receiver.url + "/other", ["webhook.test"])
    answer = stage.admin.post(f"/api/v1/webhooks/{created['id']}/test")
    assert answer.status_code == 202
    shown = answer.json()["data"]
    assert (shown["event"], shown["state"]) == ("webhook.test", "pending")
    stage.work()
    (received,) = receiver.received
    assert received.path == "/hook"
    assert json.loads(received.body)["data"]["webhook_id"] == created["id"]
    assert stage.deliveries(created["id"], state="succeeded")[0]["id"] == shown["id"]


def test_a_test_waits_for_no_earlier_one_that_failed(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url, ["webhook.updated"])
    receiver.answer(500)
    stage.admin.post(f"/api/v1/webhooks/{created['id']}/test")
    stage.work()
    again = stage.admin.post(f"/api/v1/webhooks/{created['id']}/test").json()["data"]["id"]
    stage.work()
    assert stage.deliveries(created["id"], state="succeeded")[0]["id"] == again
    receiver.answer(500)
    stage.admin.post(f"/api/v1/webhooks/deliveries/{again}/replay")
    stage.admin.patch(f"/api/v1/webhooks/{created['id']}", json={"description": "x"})
    stage.work()
    assert [each["event"] for each in stage.deliveries(created["id"], state="succeeded")] == ["webhook.updated"]


def test_a_replay_sends_the_same_message_with_all_retries(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    (made,) = stage.deliveries(created["id"])
    receiver.answer(500)
    answer = stage.admin.post(f"/api/v1/webhooks/deliveries/{made['id']}/replay")
    assert answer.status_code == 202
    assert answer.json()["data"]["state"] == "pending"
    refused = stage.admin.post(f"/api/v1/webhooks/deliveries/{made['id']}/replay")
    assert refused.status_code == 409
    stage.work()
    stage.work(after=6.1)
    first, second, third = receiver.received
    assert first.body == second.body == third.body
    assert first.headers["webhook-id"] == third.headers["webhook-id"]
    (made,) = stage.deliveries(created["id"])
    assert (made["state"], made["attempts"]) == ("succeeded", 3)


def test_what_waits_for_a_webhook_that_was_switched_off_is_given_up(stage: Stage, receiver: Receiver) -> None:
    receiver.answer(500)
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    stage.admin.patch(f"/api/v1/webhooks/{created['id']}", json={"active": False})
    stage.work(after=10)
    (made,) = stage.deliveries(created["id"])
    assert (made["state"], made["error"], made["attempts"]) == ("failed", "The webhook is not active", 1)
    refused = stage.admin.post(f"/api/v1/webhooks/deliveries/{made['id']}/replay")
    assert refused.status_code == 409
    assert stage.deliveries(created["id"])[0]["state"] == "failed"


def test_what_waits_for_a_deleted_webhook_is_not_sent(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    stage.publish()
    answer = stage.admin.delete(f"/api/v1/webhooks/{created['id']}")
    assert answer.json() == {"success": True, "message": "Webhook deleted successfully"}
    stage.work()
    assert receiver.received == []
    assert stage.admin.get(f"/api/v1/webhooks/{created['id']}").status_code == 404


def test_finished_deliveries_are_forgotten_after_their_time(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    stage.publish()
    stage.work()
    stage.platform.jobs.enqueue("kernel.prune")
    stage.work()
    assert len(stage.deliveries(created["id"])) == 1
    receiver.always(500)
    stage.publish()
    stage.work()
    waiting = stage.deliveries(created["id"])[-1]
    orphan = {"id": "whd_1", "webhook_id": "wh_gone", "message_id": "msg_1"}
    more = {"event_version": 1, "replayed_at_attempt": 0, "history": [], "body": ""}
    stage.platform.database.insert(Delivery, {**waiting, **orphan, **more})
    stage.platform.jobs.enqueue("kernel.prune", delay=31 * 86_400)
    stage.platform.jobs.cancel_kind("webhooks.deliver")
    stage.work(after=31 * 86_400 + 1)
    assert [each["id"] for each in stage.deliveries(created["id"])] == [waiting["id"]], "what is pending stays"
    assert stage.platform.database.row(queries.FIND_DELIVERY, id="whd_1") is None, "unless its webhook is gone"


def test_an_event_that_nobody_wants_costs_one_read(stage: Stage) -> None:
    stage.create("https://example.org/hook", ["parcel.lost"])
    stage.work()
    fanout = next(each for _, each in stage.platform.events.subscribers() if each.name == "webhooks.fanout")
    event = Event("evt_1", "parcel.sent", 1, "par_1", "", "", "", "2099-01-15T14:30:00.000000Z", {})
    with stage.app.count_queries() as queries:
        fanout.handler(event)
    assert len(queries) == 1
