"""Providers of other packages: asked under a deadline, replaced when they fail, never trusted with more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from studio_ai.api import Provider
from studio_kernel.hookspecs import hookimpl
from studio_kernel.testing.app import StudioApp

from .conftest import (
    ACCESS,
    Echo,
    Hanging,
    MakeAssistant,
    Raising,
    SamplePlugin,
    Speechless,
    chat,
    new_project,
)


def test_the_list_shows_every_provider_and_the_default(make_assistant: MakeAssistant) -> None:
    client = make_assistant(Echo(), provider="echo").client("viewer")
    providers = client.get("/api/v1/ai/providers").json()["data"]["providers"]
    assert [(each["id"], each["needs_network"], each["default"]) for each in providers] == [
        ("offline", False, False),
        ("echo", True, True),
    ]


def test_the_provider_of_the_setting_answers(make_assistant: MakeAssistant) -> None:
    data = chat(make_assistant(Echo(), provider="echo").client("admin"), "X1.2?")
    assert (data["message"], data["provider"], data["fallback"]) == ("Echo: X1.2?", "echo", False)


def test_the_provider_of_the_request_wins(make_assistant: MakeAssistant) -> None:
    client = make_assistant(Echo(), provider="echo").client("admin")
    assert chat(client, "X1.2?", "offline")["provider"] == "offline"


def test_providers_get_the_sources_and_can_cite_nothing_else(make_assistant: MakeAssistant) -> None:
    echo = Echo()
    client = make_assistant(echo).client("admin")
    project_id = new_project(client)
    data = chat(client, "X1.1?", "echo", project_id=project_id)
    assert [each["id"] for each in data["citations"]] == [project_id, ACCESS.id]
    (facts,) = echo.asked[0].controls
    assert (facts.status, facts.missing) == ("not_started", ("Access Control Policy", "Access Reviews"))


def test_a_raising_provider_is_replaced_and_its_words_stay_inside(make_assistant: MakeAssistant) -> None:
    answer = (
        make_assistant(Raising())
        .client("admin")
        .post("/api/v1/ai/chat", json={"message": "X1.1?", "provider": "raising"})
    )
    data = answer.json()["data"]
    assert (data["provider"], data["fallback"]) == ("offline", True)
    assert data["fallback_reason"] == "the provider failed"
    assert "1. Access Control Policy" in data["message"]
    assert "secret" not in answer.text


def test_a_hanging_provider_is_replaced_in_time(make_assistant: MakeAssistant) -> None:
    hanging = Hanging()
    client = make_assistant(hanging, timeout_seconds=0.2).client("admin")
    data = chat(client, "X1.1?", "hanging")
    hanging.release.set()
    assert (data["provider"], data["fallback_reason"]) == ("offline", "no answer within 0.2 seconds")
    assert "1. Access Control Policy" in data["message"]


def test_only_so_many_calls_hang_at_once(make_assistant: MakeAssistant) -> None:
    hanging, echo = Hanging(), Echo()
    client = make_assistant(hanging, echo, timeout_seconds=0.05, concurrent_calls=2).client("admin")
    reasons = [chat(client, "X1.1?", "hanging")["fallback_reason"] for _ in range(2)]
    assert reasons == ["no answer within 0.05 seconds"] * 2
    assert chat(client, "X1.1?", "echo")["fallback_reason"] == "too many calls of providers are under way"
    assert hanging.asked == 2
    hanging.release.set()


def test_a_provider_that_keeps_failing_is_given_a_rest(make_assistant: MakeAssistant) -> None:
    raising = Raising()
    client = make_assistant(raising).client("admin")
    reasons = [chat(client, "X1.1?", "raising")["fallback_reason"] for _ in range(5)]
    assert raising.asked == 3
    assert reasons[-1] == "the provider failed repeatedly and is not asked for a while"


def test_an_answer_that_is_no_reply_is_replaced(make_assistant: MakeAssistant) -> None:
    data = chat(make_assistant(Speechless()).client("admin"), "X1.1?", "speechless")
    assert data["fallback_reason"] == "the provider gave no usable answer"


def test_a_default_that_is_not_installed_falls_back(make_assistant: MakeAssistant) -> None:
    client = make_assistant(provider="oracle").client("admin")
    data = chat(client, "X1.1?")
    assert (data["provider"], data["fallback_reason"]) == ("offline", "the provider oracle is not installed")
    (shown,) = client.get("/api/v1/ai/providers").json()["data"]["providers"]
    assert shown["default"] is True


def _records(app: StudioApp) -> dict[str, tuple[str, str]]:
    return {record.name: (record.state, record.reason) for record in app.platform.plugins.records}


def test_a_taken_id_leaves_the_later_plugin_out(make_assistant: MakeAssistant) -> None:
    app = make_assistant(Echo(), more=[SamplePlugin((Echo(),), "thief")])
    state, reason = _records(app)["thief"]
    assert state == "left out"
    assert reason == "the AI provider 'echo' is claimed by both 'samples' and 'thief'"
    assert chat(app.client("admin"), "X1.2?", "echo")["provider"] == "echo"


@pytest.mark.parametrize("provider", [Echo(id="Not good"), object()])
def test_a_provider_that_is_none_leaves_its_plugin_out(make_assistant: MakeAssistant, provider: object) -> None:
    app = make_assistant(more=[SamplePlugin((provider,), "odd")])  # type: ignore[arg-type]
    assert _records(app)["odd"][0] == "left out"
    assert chat(app.client("admin"), "X1.1?")["provider"] == "offline"


def test_a_plugin_that_fails_while_it_declares_is_left_out(make_assistant: MakeAssistant) -> None:
    class Failing(SamplePlugin):
        @hookimpl
        def studio_ai_providers(self, platform: Any) -> Sequence[Provider]:
            raise RuntimeError("no key is configured")

    app = make_assistant(more=[Failing((), "failing")])
    state, reason = _records(app)["failing"]
    assert state == "left out"
    assert "failed while it declared AI providers" in reason
