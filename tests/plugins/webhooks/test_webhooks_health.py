"""Receivers that fail: how often they are asked, when they are given up, and that others don't notice."""

from __future__ import annotations

import threading
import time

from studio_kernel.app import make_worker
from studio_webhooks.testing import Receiver, Reply

from .conftest import MakeStage, Stage


def shown(stage: Stage, webhook_id: str) -> dict[str, object]:
    answer: dict[str, object] = stage.admin.get(f"/api/v1/webhooks/{webhook_id}").json()["data"]
    return answer


def test_a_webhook_that_only_fails_is_switched_off_with_notice(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(disable_after_failures=4, disable_after_hours=1, retry_seconds=[1000.0] * 8)
    created = stage.create(receiver.url + "/bad")
    watcher = stage.create(receiver.url + "/watch", ["webhook.disabled"])
    receiver.always(503)
    stage.publish()
    stage.work()
    assert shown(stage, created["id"])["failing_since"] is not None
    for _ in range(2):
        stage.work(after=1201)
    assert shown(stage, created["id"])["active"] is True, "three failures are not enough, whatever their time"
    stage.work(after=1201)
    after = shown(stage, created["id"])
    assert after["active"] is False
    assert after["disabled_reason"] == "4 attempts in a row failed, and none succeeded for 1 hours"
    stage.work()
    assert [each["event"] for each in stage.deliveries(watcher["id"])] == ["webhook.disabled"]
    stage.work(after=100_000)
    assert stage.deliveries(created["id"])[0]["error"] == "The webhook is not active"


def test_many_failures_within_a_short_time_switch_nothing_off(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(disable_after_failures=4, disable_after_hours=1)
    created = stage.create(receiver.url)
    receiver.always(503)
    for number in range(12):
        stage.publish(resource_id=f"par_{number}")
    stage.work()
    stage.work(after=10)
    assert shown(stage, created["id"])["active"] is True


def test_a_success_ends_the_count(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(disable_after_failures=2, disable_after_hours=0, retry_seconds=[5.0] * 3)
    created = stage.create(receiver.url)
    for number in range(4):
        receiver.answer(500)
        stage.publish(resource_id=f"par_{number}")
        stage.work()
        stage.work(after=7)
        assert shown(stage, created["id"])["failing_since"] is None
    assert shown(stage, created["id"])["active"] is True


def test_activating_again_begins_a_new_count(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(disable_after_failures=1, disable_after_hours=0)
    created = stage.create(receiver.url)
    receiver.answer(500)
    stage.publish()
    stage.work()
    assert shown(stage, created["id"])["active"] is False
    again = stage.admin.patch(f"/api/v1/webhooks/{created['id']}", json={"active": True}).json()["data"]
    assert (again["active"], again["disabled_reason"], again["failing_since"]) == (True, None, None)


def test_a_hanging_receiver_delays_no_other(make_stage: MakeStage, receiver: Receiver) -> None:
    stage = make_stage(timeout_seconds=20, concurrency=16, endpoint_concurrency=4)
    with Receiver() as stuck:
        stuck.always(Reply(hang=True))
        stage.create(stuck.url)
        well = stage.create(receiver.url)
        worker = make_worker(stage.platform)
        worker.start()
        for number in range(60):
            stage.publish(resource_id=f"par_{number}")
        deadline = time.monotonic() + 15
        while len(receiver.received) < 60 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(receiver.received) == 60
        assert len(stuck.received) <= 4, "no more at once than one webhook may have"
    worker.stop()
    stage.platform.jobs.send = None
    assert len(stage.deliveries(well["id"], limit=100)) == 60


def test_a_connection_serves_several_deliveries_and_one_that_was_closed_is_no_failure(
    make_stage: MakeStage,
) -> None:
    """The receiver closes each connection after a few answers, as servers do."""
    import http.server

    class Closing(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            connections.setdefault(self.client_address, 0)
            connections[self.client_address] += 1
            self.send_response(204)
            self.end_headers()
            # NOTE: without saying so: the sender finds out at its next delivery.
            self.close_connection = connections[self.client_address] == 3

        def log_message(self, *_: object) -> None:
            return

    connections: dict[object, int] = {}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Closing)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    stage = make_stage(endpoint_concurrency=1)
    created = stage.create(f"http://127.0.0.1:{server.server_port}/")
    worker = make_worker(stage.platform)
    worker.start()
    for number in range(9):
        stage.publish(resource_id=f"par_{number}")
    deadline = time.monotonic() + 15
    while len(stage.deliveries(created["id"], state="succeeded")) < 9 and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.stop()
    stage.platform.jobs.send = None
    server.shutdown()
    server.server_close()
    assert {each["attempts"] for each in stage.deliveries(created["id"])} == {1}
    assert sum(connections.values()) == 9
    assert len(connections) == 3
