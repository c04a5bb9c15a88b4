"""The guide for receivers says what is so: its code is run on deliveries, and is the code that it shows."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from standardwebhooks import WebhookVerificationError

from studio_webhooks.testing import Received, Receiver

from .conftest import Stage

ROOT = Path(__file__).parents[3]
SECRETS = (None, "your_webhook_secret")


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / "webhooks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def delivered(stage: Stage, receiver: Receiver, secret: str | None) -> tuple[str, Received]:
    created = stage.create(receiver.url, **({"secret": secret} if secret else {}))
    stage.publish()
    stage.work()
    (received,) = receiver.received
    return created["secret"], received


def test_the_guide_shows_the_code_that_is_tested() -> None:
    guide = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    shown = re.findall(r"`(examples/webhooks/\w+\.py)`\n\n```python\n(.*?)```", guide, re.DOTALL)
    assert len(shown) == 2
    for place, code in shown:
        assert code in (ROOT / place).read_text(encoding="utf-8"), place


@pytest.mark.parametrize("secret", SECRETS)
def test_a_receiver_without_a_library_takes_what_is_genuine_and_nothing_else(
    stage: Stage, receiver: Receiver, secret: str | None
) -> None:
    is_genuine = example("verify").is_genuine
    key, received = delivered(stage, receiver, secret)
    assert is_genuine(key, received.headers, received.body)
    assert not is_genuine(key, received.headers, received.body + b" ")
    assert not is_genuine("another secret", received.headers, received.body)
    assert not is_genuine(key, {**received.headers, "webhook-timestamp": "1"}, received.body)
    assert not is_genuine(key, {}, received.body)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_receiver_with_the_library_takes_what_is_genuine_and_nothing_else(
    stage: Stage, receiver: Receiver, secret: str | None
) -> None:
    event_of = example("verify_with_library").event_of
    key, received = delivered(stage, receiver, secret)
    assert event_of(key, received.headers, received.body)["event"] == "parcel.sent"
    with pytest.raises(WebhookVerificationError):
        event_of(key, received.headers, received.body.replace(b"parcel", b"parcer"))


def test_the_guide_and_the_defaults_agree(stage: Stage) -> None:
    from studio_webhooks.settings import WebhookSettings

    defaults = WebhookSettings()
    assert defaults.retry_seconds == (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
    assert (defaults.timeout_seconds, defaults.retry_after_limit) == (15, 3600)
    assert (defaults.disable_after_failures, defaults.disable_after_hours) == (20, 72)
