"""With every plugin installed: a signed-in administrator's webhook hears of what others do."""

from __future__ import annotations

from collections.abc import Callable

from standardwebhooks import Webhook

from studio_kernel.testing.app import StudioApp
from studio_webhooks.testing import Receiver


def test_a_signed_in_administrator_hears_of_a_new_account(
    make_studio: Callable[..., StudioApp], receiver: Receiver
) -> None:
    studio = make_studio(overrides={"webhooks.allowed_networks": ["127.0.0.0/8"]})
    admin = studio.client("admin")
    body = {"url": receiver.url, "events": ["user.created", "project.created"], "secret": "your_webhook_secret"}
    created = admin.post("/api/v1/webhooks", json={**body, "active": True})
    assert created.status_code == 201, created.text
    user_id = studio.client("viewer").user_id
    studio.run_jobs()
    (received,) = receiver.received
    told = Webhook(b"your_webhook_secret").verify(received.body, dict(received.headers))
    assert told["event"] == "user.created"
    assert user_id in received.body.decode()


def test_the_webhooks_of_a_disabled_administrator_fall_silent(
    make_studio: Callable[..., StudioApp], receiver: Receiver
) -> None:
    studio = make_studio(overrides={"webhooks.allowed_networks": ["127.0.0.0/8"]})
    root, admin = studio.client("super_admin"), studio.client("admin")
    created = admin.post("/api/v1/webhooks", json={"url": receiver.url, "events": ["project.*"]}).json()["data"]
    assert root.delete(f"/api/v1/users/{admin.user_id}").status_code == 200
    shown = root.get(f"/api/v1/webhooks/{created['id']}").json()["data"]
    assert shown["active"] is False
    assert "owner" in shown["disabled_reason"]
