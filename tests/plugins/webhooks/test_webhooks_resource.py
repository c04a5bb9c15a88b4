"""The HTTP side of webhooks: as printed, checked, and closed to all but administrators."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from standardwebhooks import Webhook

from studio_kernel.clock import to_text
from studio_kernel.security.secrets import SecretBox
from studio_kernel.storage.sql import Statement
from studio_webhooks import models, service
from studio_webhooks.service import Webhooks
from studio_webhooks.targets import check_target
from studio_webhooks.testing import Receiver

from .conftest import ACCOUNT_CHANGED, MakeStage, Stage

PRINTED = {
    "url": "https://your-app.com/webhook",
    "events": ["parcel.sent", "parcel.lost"],
    "secret": "your_webhook_secret",
    "active": True,
}


def refusal(answer: Any, field: str) -> str:
    """The text of a validation error about ``field``."""
    assert answer.status_code == 400, answer.text
    details = answer.json()["error"]["details"]
    assert details["field"] == field
    text: str = details["error"]
    return text


def test_creation_answers_as_the_reference_prints_it(stage: Stage) -> None:
    answer = stage.admin.post("/api/v1/webhooks", json=PRINTED)
    assert answer.status_code == 201
    created = answer.json()["data"]
    assert answer.json()["success"] is True
    assert {name: created[name] for name in PRINTED} == PRINTED
    assert created["id"].startswith("wh_")
    assert created["created_at"].endswith("Z")
    assert answer.headers["Location"] == f"/api/v1/webhooks/{created['id']}"


def test_a_secret_is_made_when_none_is_given(stage: Stage) -> None:
    first, second = stage.create("https://a.example.org/"), stage.create("https://b.example.org/")
    assert first["secret"].startswith("whsec_")
    assert len(first["secret"]) == 50
    assert first["secret"] != second["secret"]


@pytest.mark.parametrize("secret", ["short", "", " padded secret ", "whsec_not base64!!", "whsec_QUJD", "a\nb" * 9, 7])
def test_a_secret_that_cannot_sign_is_refused(stage: Stage, secret: Any) -> None:
    answer = stage.admin.post("/api/v1/webhooks", json={**PRINTED, "secret": secret})
    refusal(answer, "secret")
    assert "whsec_QUJD" not in answer.text


def test_an_unknown_event_is_refused_with_the_closest_one(stage: Stage) -> None:
    answer = stage.admin.post("/api/v1/webhooks", json={**PRINTED, "events": ["parcel.sent", "parcel.snet"]})
    assert refusal(answer, "events.1") == "Unknown event; did you mean 'parcel.sent'?"
    assert "parcel.*" in refusal(
        stage.admin.post("/api/v1/webhooks", json={**PRINTED, "events": ["parcels.*"]}), "events.0"
    )


@pytest.mark.parametrize("events", [[], "parcel.sent", ["par*"], ["*.sent"], ["parcel.**"], [""], [7], ["[a-z]*"]])
def test_odd_event_lists_are_refused(stage: Stage, events: Any) -> None:
    answer = stage.admin.post("/api/v1/webhooks", json={**PRINTED, "events": events})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"].startswith("events")


@pytest.mark.parametrize("events", [["*"], ["parcel.*"], ["webhook.*", "parcel.sent"]])
def test_wildcards_are_taken(stage: Stage, events: list[str]) -> None:
    assert stage.create("https://a.example.org/", events)["events"] == events


def test_an_unknown_field_is_refused_by_name(stage: Stage) -> None:
    text = refusal(stage.admin.post("/api/v1/webhooks", json={**PRINTED, "secert": "x" * 20}), "secert")
    assert "secret" in text


def test_the_secret_is_never_readable_again(stage: Stage, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "a-very-particular-secret"
    receiver.answer(500)
    created = stage.create(receiver.url, ["*"], secret=secret)
    one = f"/api/v1/webhooks/{created['id']}"
    stage.publish()
    stage.work()
    stage.work(after=10)
    rotated = stage.admin.post(f"{one}/rotate-secret").json()["data"]["secret"]
    changed = stage.admin.patch(one, json={"secret": secret + "2"})
    shown = [changed, stage.admin.get(one), stage.admin.get("/api/v1/webhooks")]
    shown += [stage.admin.get(f"{one}/deliveries"), stage.admin.put(one, json=PRINTED)]
    for each in shown:
        assert each.status_code == 200
        assert "whsec_" not in each.text
        assert secret not in each.text
    stage.platform.audit.flush()
    tables = [
        row[0] for row in stage.platform.database.rows(Statement("SELECT name FROM sqlite_master WHERE type = 'table'"))
    ]
    kept = "".join(repr(stage.platform.database.rows(Statement(f'SELECT * FROM "{name}"'))) for name in tables)
    for hidden in (secret, rotated, rotated.removeprefix("whsec_")):
        assert hidden not in caplog.text
        assert hidden not in kept
        assert hidden not in repr(vars(Webhooks(stage.platform)))
    assert all(secret.encode() not in each.body for each in receiver.received)


def test_rotation_shows_the_new_secret_once_and_signs_with_both_for_a_day(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    answer = stage.admin.post(f"/api/v1/webhooks/{created['id']}/rotate-secret")
    assert answer.status_code == 200
    rotated = answer.json()["data"]
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != created["secret"]
    stage.publish()
    stage.work()
    stage.work(after=86_401)
    stage.publish()
    stage.work()
    during, after = receiver.received
    for secret in (created["secret"], rotated["secret"]):
        Webhook(secret).verify(during.body, dict(during.headers))
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    assert len(after.headers["webhook-signature"].split(" ")) == 1


@pytest.mark.parametrize("by", ["rotate-secret", "change"])
def test_a_secret_whose_key_is_lost_can_be_replaced(stage: Stage, receiver: Receiver, by: str) -> None:
    created = stage.create(receiver.url)
    one = f"/api/v1/webhooks/{created['id']}"
    sealed = SecretBox("a key that is gone for good", "webhooks").seal(b"an older secret")
    stage.platform.database.update(models.Webhook, {"secret": sealed}, where={"id": created["id"]})
    if by == "change":
        answer = stage.admin.patch(one, json={"secret": "chosen by hand"})
        secret: str | bytes = b"chosen by hand"
    else:
        answer = stage.admin.post(f"{one}/rotate-secret")
        secret = answer.json()["data"]["secret"]
        assert answer.json()["data"]["previous_secret_until"] <= to_text(stage.app.clock())
    assert answer.status_code == 200, answer.text
    stage.publish()
    stage.work()
    (received,) = receiver.received
    Webhook(secret).verify(received.body, dict(received.headers))


def test_a_secret_given_in_a_change_replaces_the_old_one(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    answer = stage.admin.patch(f"/api/v1/webhooks/{created['id']}", json={"secret": "chosen by hand"})
    assert "secret" not in answer.json()["data"]
    stage.publish()
    stage.work()
    (received,) = receiver.received
    Webhook(b"chosen by hand").verify(received.body, dict(received.headers))
    Webhook(created["secret"]).verify(received.body, dict(received.headers))


def test_a_webhook_is_read_listed_changed_replaced_and_deleted(stage: Stage) -> None:
    created = stage.create("https://a.example.org/hook", ["parcel.*"], description="Parcels")
    del created["secret"]
    one = f"/api/v1/webhooks/{created['id']}"
    assert stage.admin.get(one).json()["data"] == created
    listed = stage.admin.get("/api/v1/webhooks").json()["data"]
    assert listed["webhooks"] == [created]
    assert listed["pagination"]["total"] == 1
    changed = stage.admin.patch(one, json={"active": False}).json()["data"]
    assert changed == {**created, "active": False, "updated_at": changed["updated_at"]}
    replaced = stage.admin.put(one, json={"url": "https://b.example.org/", "events": ["*"]}).json()["data"]
    assert (replaced["url"], replaced["events"], replaced["active"]) == ("https://b.example.org/", ["*"], True)
    assert replaced["description"] == ""
    assert stage.admin.delete(one).json() == {"success": True, "message": "Webhook deleted successfully"}
    for answer in (stage.admin.get(one), stage.admin.delete(one), stage.admin.patch(one, json={"active": True})):
        assert answer.status_code == 404
    for path in ("test", "rotate-secret"):
        assert stage.admin.post(f"{one}/{path}").status_code == 404
    assert stage.admin.get(f"{one}/deliveries").status_code == 404
    assert stage.admin.post("/api/v1/webhooks/deliveries/whd_none/replay").status_code == 404


def test_a_stale_change_is_refused(stage: Stage) -> None:
    one = f"/api/v1/webhooks/{stage.create('https://a.example.org/')['id']}"
    etag = stage.admin.get(one).headers["ETag"]
    assert stage.admin.get(one, headers={"If-None-Match": etag}).status_code == 304
    assert stage.admin.patch(one, json={"active": False}, headers={"If-Match": etag}).status_code == 200
    assert stage.admin.patch(one, json={"active": True}, headers={"If-Match": etag}).status_code == 412


def test_lists_are_filtered_and_walked(stage: Stage) -> None:
    ids = [stage.create(f"https://h{number}.example.org/", active=number % 2 == 0)["id"] for number in range(5)]

    def listed(**params: Any) -> list[str]:
        return [each["id"] for each in stage.admin.get("/api/v1/webhooks", params=params).json()["data"]["webhooks"]]

    assert listed(order="asc") == ids
    assert listed(order="asc", active="true") == ids[0::2]
    assert listed(active="false", order="asc") == ids[1::2]
    assert listed(search="h3.example") == [ids[3]]
    assert refusal(stage.admin.get("/api/v1/webhooks", params={"active": "maybe"}), "active")
    first = stage.admin.get("/api/v1/webhooks", params={"cursor": "", "limit": 2, "order": "asc"}).json()["data"]
    cursor = first["pagination"]["next_cursor"]
    assert listed(cursor=cursor, limit=2, order="asc") == ids[2:4]


def test_lists_cost_the_same_whatever_their_length(stage: Stage, receiver: Receiver) -> None:
    created = stage.create(receiver.url)
    paths = ("/api/v1/webhooks", f"/api/v1/webhooks/{created['id']}/deliveries")

    def counts() -> list[int]:
        found = []
        for path in paths:
            with stage.app.count_queries() as queries:
                stage.admin.get(path)
            found.append(len(queries))
        return found

    before = counts()
    for number in range(8):
        stage.create(f"https://h{number}.example.org/", ["parcel.lost"])
        stage.publish(resource_id=f"par_{number}")
    stage.work()
    assert len(stage.deliveries(created["id"])) == 8
    assert counts() == before


def test_deliveries_are_filtered_by_state_and_event(stage: Stage, receiver: Receiver) -> None:
    receiver.answer(500)
    created = stage.create(receiver.url)
    stage.publish(resource_id="par_1")
    stage.work()
    stage.publish(resource_id="par_2")
    stage.work()
    assert [each["state"] for each in stage.deliveries(created["id"], state="pending")] == ["pending"]
    assert len(stage.deliveries(created["id"], event="parcel.sent")) == 2
    assert stage.deliveries(created["id"], event="parcel.lost") == []
    answer = stage.admin.get(f"/api/v1/webhooks/{created['id']}/deliveries", params={"state": "lost"})
    refusal(answer, "state")


@pytest.mark.parametrize("role", ["manager", "auditor", "customer", "viewer"])
def test_only_administrators_reach_webhooks(stage: Stage, role: str) -> None:
    created = stage.create("https://a.example.org/")
    one = f"/api/v1/webhooks/{created['id']}"
    other = stage.client(role)
    answers = [
        other.get("/api/v1/webhooks"), other.get(one), other.get(f"{one}/deliveries"),
        other.get("/api/v1/webhooks/events"), other.post("/api/v1/webhooks", json=PRINTED),
        other.patch(one, json={"active": False}), other.put(one, json=PRINTED), other.delete(one),
        other.post(f"{one}/test"), other.post(f"{one}/rotate-secret"),
        other.post("/api/v1/webhooks/deliveries/whd_1/replay"),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {403}
    assert stage.app.anonymous.get("/api/v1/webhooks").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [("read", 200, 403), ("read write", 200, 403), ("webhooks:admin", 403, 201), ("admin", 403, 201)],
)
def test_scopes_narrow_an_administrator(stage: Stage, scopes: str, reads: int, writes: int) -> None:
    narrow = stage.client("admin", **{"X-Test-Scopes": scopes})
    assert narrow.get("/api/v1/webhooks").status_code == reads
    assert narrow.post("/api/v1/webhooks", json=PRINTED).status_code == writes


def test_changes_are_announced_and_audited_without_url_or_secret(stage: Stage) -> None:
    created = stage.create("https://a.example.org/token-in-path")
    one = f"/api/v1/webhooks/{created['id']}"
    stage.admin.patch(one, json={"active": False})
    stage.admin.delete(one)
    database = stage.platform.database
    rows = database.rows(Statement("SELECT name, data FROM events ORDER BY position"))
    assert [row[0] for row in rows] == ["webhook.created", "webhook.updated", "webhook.deleted"]
    assert not any("token-in-path" in row[1] for row in rows)
    audited = database.rows(
        Statement("SELECT action, resource_id FROM audit_log WHERE method <> 'GET' ORDER BY position")
    )
    assert audited == [(f"webhooks.{action}", created["id"]) for action in ("create", "update", "delete")]


@pytest.mark.parametrize("change", [{"status": "disabled", "role": "admin"}, {"status": "active", "role": "viewer"}])
def test_an_owner_who_may_no_longer_administer_loses_their_receivers(
    stage: Stage, receiver: Receiver, change: dict[str, str]
) -> None:
    created = stage.create(receiver.url)
    kept = stage.client("admin", **{"X-Test-User": "user_other"}).post(
        "/api/v1/webhooks", json={"url": receiver.url + "/kept", "events": ["parcel.*"]}
    )
    stage.publish(ACCOUNT_CHANGED, resource_id="user_boss", data=change)
    shown = stage.admin.get(f"/api/v1/webhooks/{created['id']}").json()["data"]
    assert shown["active"] is False
    assert "owner" in shown["disabled_reason"]
    stage.publish()
    stage.work()
    assert [each.path for each in receiver.received] == ["/hook/kept"]
    assert kept.status_code == 201


def test_who_activates_a_webhook_becomes_its_owner(stage: Stage) -> None:
    created = stage.create("https://a.example.org/", active=False)
    other = stage.client("super_admin", **{"X-Test-User": "user_other"})
    shown = other.patch(f"/api/v1/webhooks/{created['id']}", json={"active": True}).json()["data"]
    assert (created["owner_id"], shown["owner_id"]) == ("user_boss", "user_other")


def test_the_same_idempotency_key_creates_one_webhook(stage: Stage) -> None:
    headers = {"Idempotency-Key": "once"}
    first = stage.admin.post("/api/v1/webhooks", json=PRINTED, headers=headers)
    second = stage.admin.post("/api/v1/webhooks", json=PRINTED, headers=headers)
    assert first.json() == second.json()
    assert stage.admin.get("/api/v1/webhooks").json()["data"]["pagination"]["total"] == 1


def test_a_host_is_looked_up_while_others_may_write(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[tuple[str, bool]] = []

    def look_up(url: str, guard: Any) -> None:
        looked_up.append((url, stage.platform.database.current is not None))
        check_target(url, guard)

    monkeypatch.setattr(service, "check_target", look_up)
    answer = stage.admin.post("/api/v1/webhooks", json=PRINTED, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 201
    path = f"/api/v1/webhooks/{answer.json()['data']['id']}"
    for method, body in (("PATCH", {}), ("PUT", PRINTED)):
        match = {"If-Match": stage.admin.get(path).headers["ETag"]}
        sent = {**body, "url": f"https://{method.lower()}.example.org/"}
        assert stage.admin.request(method, path, json=sent, headers=match).status_code == 200
        refused = stage.admin.request(method, path, json={**body, "url": "https://10.0.0.1/"}, headers=match)
        assert refused.json()["error"]["details"]["field"] == "url"
    assert [url for url, _ in looked_up if "example.org" in url][-2:] == [
        "https://patch.example.org/",
        "https://put.example.org/",
    ]
    assert not any(locked for _, locked in looked_up)


def test_it_all_works_on_postgresql(make_stage: MakeStage, receiver: Receiver, postgres_url: str) -> None:
    stage = make_stage(database_url=postgres_url)
    receiver.answer(500)
    created = stage.create(receiver.url, ["parcel.*"])
    stage.create("https://idle.example.org/", active=False)
    stage.publish()
    stage.work()
    stage.work(after=10)
    assert stage.deliveries(created["id"], state="succeeded")[0]["attempts"] == 2
    found = stage.admin.get("/api/v1/webhooks", params={"active": "true", "search": "hook"}).json()["data"]
    assert [each["id"] for each in found["webhooks"]] == [created["id"]]
    made = stage.deliveries(created["id"])[0]
    assert stage.admin.post(f"/api/v1/webhooks/deliveries/{made['id']}/replay").status_code == 202
    receiver.always(410)
    stage.work()
    assert stage.admin.get(f"/api/v1/webhooks/{created['id']}").json()["data"]["active"] is False
    assert stage.admin.post(f"/api/v1/webhooks/{created['id']}/rotate-secret").status_code == 200
    assert stage.admin.delete(f"/api/v1/webhooks/{created['id']}").status_code == 200
