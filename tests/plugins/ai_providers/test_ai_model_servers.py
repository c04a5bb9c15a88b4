"""Providers over HTTP against servers that speak each API: good answers, errors, slowness, cut and odd streams."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from studio_ai.api import Message, ModelProvider, ModelRequest
from studio_ai.assembly import Assistant
from studio_ai_ollama.provider import OllamaProvider
from studio_ai_ollama.settings import OllamaSettings
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client, StudioApp

from .conftest import Behaviour, ModelServer

PLUGINS = ("auth", "projects", "evidence", "compliance", "ai")
BUSY = "the provider is busy or has a problem"


@pytest.fixture
def make(make_studio: Any, kind: str, server: ModelServer) -> Any:
    """A function that builds a platform whose provider is this one."""

    def build(**settings: Any) -> StudioApp:
        section = f"ai_{kind}"
        where = {f"{section}.host": server.address}
        if kind != "ollama":
            path = "/v1" if kind == "openai" else ""
            where = {f"{section}.base_url": server.address + path, f"{section}.api_key": "sk-test"}
            where |= {f"{section}.input_price": 2.0, f"{section}.output_price": 10.0}
        overrides = {"ai.provider": kind, "ai.retries": 0, f"{section}.model": "m", **where}
        overrides |= {f"ai.{name}": value for name, value in settings.items()}
        app: StudioApp = make_studio(plugins=[*PLUGINS, f"ai-{kind}"], overrides=overrides)
        return app

    return build


def control(app: StudioApp) -> str:
    found = app.platform.frameworks.get("soc2")
    assert found is not None
    return next(each.id for each in found.controls if each.number == "A1.1")


def ask(client: Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/ai/chat", json={"message": "What does SOC 2 A1.1 need?", **body})
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def test_an_answer_is_carried_over(make: Any, server: ModelServer, kind: str) -> None:
    app = make(tool_calls=0)
    server.behaviours = [Behaviour(f"A capacity report [{control(app)}]")]
    client = app.client("viewer")
    data = ask(client)
    assert (data["provider"], data["message"]) == (kind, f"A capacity report [{control(app)}]")
    assert data["citations"][0]["id"] == control(app)
    assert "capacity" in json.dumps(server.asked[0]).lower()
    used = client.get("/api/v1/ai/usage").json()["data"]["providers"]
    cost = 0.0 if kind == "ollama" else (11 * 2.0 + 7 * 10.0) / 1_000_000
    assert used == [{"provider": kind, "calls": 1, "input_tokens": 11, "output_tokens": 7, "cost": cost}]


def test_a_turn_names_the_model(make: Any, server: ModelServer, kind: str) -> None:
    server.behaviours = [Behaviour("Yes")]
    provider = Assistant(make().platform).providers.get(kind)
    assert isinstance(provider, ModelProvider)
    turn = provider.turn(ModelRequest("", (Message("user", "Well?"),)))
    assert (turn.text.strip(), turn.model) == ("Yes", server.asked[0]["model"])


def test_text_comes_as_it_is_said(make: Any, server: ModelServer) -> None:
    app = make(tool_calls=0)
    server.behaviours = [Behaviour(f"One two three [{control(app)}]")]
    body = {"message": "What does SOC 2 A1.1 need?"}
    answer = app.client("viewer").post("/api/v1/ai/chat", json=body, headers={"Accept": "text/event-stream"})
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    said = [json.loads(line).get("text") for line in lines]
    assert [text for text in said if text][:3] == ["One ", "two ", "three "]


def test_tools_are_called_and_their_results_shown(make: Any, server: ModelServer) -> None:
    app = make()
    client = app.client("admin")
    project = client.post("/api/v1/projects", json={"name": "P", "framework": "soc2"}).json()["data"]["id"]
    server.behaviours = [
        Behaviour(calls=(("list_gaps", '{"limit": 1}'), ("project_state", "{}"))),
        Behaviour(f"So it is [{project}]"),
    ]
    data = ask(client, context={"project_id": project})
    assert [(each["name"], each["failed"]) for each in data["tools"]] == [
        ("list_gaps", False),
        ("project_state", False),
    ]
    first, second = server.asked
    assert "search_evidence" in json.dumps(first["tools"])
    assert not second.get("tools")
    assert '\\"total\\": 61' in json.dumps(second)


def test_malformed_calls_are_told_off(make: Any, server: ModelServer, kind: str) -> None:
    app = make(rest_seconds=0)
    client = app.client("admin")
    project = client.post("/api/v1/projects", json={"name": "P", "framework": "soc2"}).json()["data"]["id"]
    for arguments in ('{"limit": ', '["limit"]', '{"limit": "x"}', '{"nonsense": 1}'):
        server.behaviours = [Behaviour(calls=(("list_gaps", arguments),)), Behaviour(f"It is [{project}]")]
        data = ask(client, context={"project_id": project})
        if data["fallback"]:
            # NOTE: the library of Ollama refuses arguments that are no object before the provider sees them.
            assert (kind, data["fallback_reason"]) == ("ollama", "the provider's answer could not be read")
        else:
            assert [(each["name"], each["failed"]) for each in data["tools"]] == [("list_gaps", True)]


def test_errors_fall_back_and_tell_nothing_of_the_inside(make: Any, server: ModelServer) -> None:
    client = make(tool_calls=0, rest_seconds=0).client("viewer")
    told = {
        500: BUSY,
        503: BUSY,
        429: BUSY,
        401: "the provider doesn't accept the configured key",
        404: "the provider doesn't have the configured model",
        422: "the provider refused the question with status 422",
    }
    for status, reason in told.items():
        server.behaviours = [Behaviour(status=status)]
        data = ask(client)
        assert (data["provider"], data["fallback_reason"]) == ("offline", reason)
        assert "secret" not in json.dumps(data)
    assert len(server.asked) == len(told)


ODD = {
    "cut": Behaviour("One two three four five six", cut=True),
    "no json": Behaviour(garbage=b"data: {not json}\n\n"),
    "wrong shape": Behaviour(garbage=b"event: message_start\ndata: []\n\n"),
    "a page": Behaviour(garbage=b"<html>It works!</html>"),
    "empty data": Behaviour(garbage=b"data: {}\n\n"),
    "empty line": Behaviour(garbage=b"{}\n"),
    "no text": Behaviour(garbage=b"\xff\xfe\x00"),
}


def test_odd_streams_fall_back(make: Any, server: ModelServer) -> None:
    client = make(tool_calls=0, rest_seconds=0).client("viewer")
    for name, behaviour in ODD.items():
        server.behaviours = [behaviour]
        data = ask(client)
        assert data["provider"] == "offline", name
        assert data["fallback_reason"] in (
            "the provider's answer was cut off",
            "the provider's answer could not be read",
            "the provider can't be reached",
            "the provider gave no usable answer",
        ), name


def test_a_busy_server_is_asked_again(make: Any, server: ModelServer, kind: str) -> None:
    app = make(tool_calls=0, retries=2)
    server.behaviours = [Behaviour(status=429), Behaviour("x y z", cut=True), Behaviour(f"Yes [{control(app)}]")]
    assert ask(app.client("viewer"))["provider"] == kind
    assert len(server.asked) == 3


def test_a_slow_server_is_not_waited_for(make: Any, server: ModelServer) -> None:
    app = make(tool_calls=0, timeout_seconds=0.3)
    server.behaviours = [Behaviour("Late.", wait=1.5)]
    client = app.client("viewer")
    started = time.monotonic()
    data = ask(client)
    assert time.monotonic() - started < 1.4
    assert data["fallback_reason"] in ("no answer within 0.3 seconds", "the provider took too long")


def test_a_server_that_is_away_falls_back(make: Any, kind: str, server: ModelServer) -> None:
    server.address = "http://127.0.0.1:9"
    data = ask(make(tool_calls=0).client("viewer"))
    assert (data["provider"], data["fallback_reason"]) == ("offline", "the provider can't be reached")


def test_a_key_is_sent_where_one_is_needed_and_shown_nowhere(make: Any, server: ModelServer, kind: str) -> None:
    app = make(tool_calls=0)
    server.behaviours = [Behaviour(f"Yes [{control(app)}]")]
    ask(app.client("viewer"))
    sent = server.headers[0].get("authorization", "") + server.headers[0].get("x-api-key", "")
    assert ("sk-test" in sent) == (kind != "ollama")
    assert "sk-test" not in repr(app.platform.settings)
    assert "sk-test" not in str(app.platform.settings.values())


def test_the_provider_says_whether_questions_leave_the_machine(make: Any, kind: str) -> None:
    app = make()
    shown = app.client("viewer").get("/api/v1/ai/providers").json()["data"]["providers"]
    found = {each["id"]: (each["needs_network"], each["default"]) for each in shown}
    assert found[kind] == (kind != "ollama", True)


# An error amid a stream, as each API sends it.
FAULTS: dict[str, dict[str, Any]] = {
    "openai": {"error": {"message": "https://inside:secret@host fell over", "type": "server_error", "code": None}},
    "anthropic": {"type": "error", "error": {"type": "overloaded_error", "message": "secret"}},
    "ollama": {"error": "an error was encountered while running the model: secret"},
}


def test_an_error_amid_a_stream_is_told_tried_again_and_counted(make: Any, server: ModelServer, kind: str) -> None:
    """Its provider charges what it said all the same."""
    app = make(tool_calls=0, retries=1)
    client = app.client("viewer")
    broken = Behaviour("One two three four", fault=FAULTS[kind])
    server.behaviours = [broken, Behaviour(f"Yes [{control(app)}]")]
    assert ask(client)["provider"] == kind
    other = app.client("viewer")
    server.behaviours = [broken]
    assert ask(other)["fallback_reason"] == BUSY
    (used,) = other.get("/api/v1/ai/usage").json()["data"]["providers"]
    assert used["calls"] == 2
    assert used["input_tokens"] > 0 < used["output_tokens"]
    assert (used["cost"] > 0) == (kind != "ollama")


def test_a_turn_that_comes_too_late_counts(make: Any, server: ModelServer, kind: str) -> None:
    app = make(tool_calls=0, timeout_seconds=0.5)
    server.behaviours = [Behaviour("Late.", pause=1.0)]
    client = app.client("viewer")
    assert ask(client)["fallback"] is True
    deadline = time.monotonic() + 20
    while not (used := client.get("/api/v1/ai/usage").json()["data"]["providers"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert used[0]["calls"] == 1
    app.platform.audit.flush()
    entries = Statement("SELECT COUNT(*) FROM audit_log WHERE action = 'ai.chat'")
    assert app.platform.database.value(entries) == 1


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_server_that_names_a_time_is_not_asked_before(make: Any, server: ModelServer, kind: str) -> None:
    client = make(tool_calls=0, retries=3, timeout_seconds=10).client("viewer")
    server.behaviours = [Behaviour(status=429, headers={"Retry-After": "3600"})]
    assert ask(client)["fallback_reason"] == BUSY
    assert len(server.asked) == 1


LENGTHS = {"openai": "length", "anthropic": "max_tokens", "ollama": "length"}


def test_an_answer_without_room_says_that_it_is_not_whole(make: Any, server: ModelServer, kind: str) -> None:
    app = make(tool_calls=0, rest_seconds=0)
    client = app.client("viewer")
    server.behaviours = [Behaviour(f"A capacity report [{control(app)}] and", end=LENGTHS[kind])]
    said = ask(client)
    assert said["provider"] == kind
    assert said["message"].endswith("(The answer ends here: it has reached the longest that one may have.)")
    server.behaviours = [Behaviour(end=LENGTHS[kind])]
    assert ask(client)["fallback_reason"] == "the provider's answer was cut off: it needs more than 1500 tokens"
    draft = {"type": "backup_policy", "company_name": "Acme"}
    server.behaviours = [Behaviour("# Backup Policy", end=LENGTHS[kind])]
    made = client.post("/api/v1/ai/generate/policy", json=draft).json()["data"]
    assert made["fallback_reason"] == "the provider's answer was cut off: it needs more than 8000 tokens"
    assert made["content"].rstrip().endswith("First draft |")


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_model_that_declines_is_told_and_given_no_rest(make: Any, server: ModelServer, kind: str) -> None:
    """What one person asks must not keep the provider from all others."""
    client = make(tool_calls=0).client("viewer")
    server.behaviours = [Behaviour("I am", end={"openai": "content_filter", "anthropic": "refusal"}[kind])]
    assert [ask(client)["fallback_reason"] for _ in range(4)] == ["the model declined to answer"] * 4


MONEY = {
    "openai": (429, {"error": {"message": "secret", "type": "insufficient_quota", "code": "insufficient_quota"}}),
    "anthropic": (402, {"type": "error", "error": {"type": "billing_error", "message": "secret"}}),
}


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_an_account_without_credit_is_told_and_not_asked_again(make: Any, server: ModelServer, kind: str) -> None:
    client = make(tool_calls=0, retries=2).client("viewer")
    status, body = MONEY[kind]
    server.behaviours = [Behaviour(status=status, refusal=body)]
    assert ask(client)["fallback_reason"] == "the provider's account has no credit left"
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", ["openai"])
def test_models_that_know_only_the_newer_limit_are_told_by_it(make: Any, server: ModelServer, kind: str) -> None:
    app = make(tool_calls=0)
    error = {"message": "Unsupported parameter", "param": "max_tokens", "code": "unsupported_parameter"}
    server.behaviours = [Behaviour(status=400, refusal={"error": error}), Behaviour(f"Yes [{control(app)}]")]
    client = app.client("viewer")
    assert [ask(client)["provider"] for _ in range(2)] == ["openai"] * 2
    limits = [{name for name in asked if name.startswith("max_")} for asked in server.asked]
    assert limits == [{"max_tokens"}, {"max_completion_tokens"}, {"max_completion_tokens"}]


@pytest.mark.parametrize("kind", ["openai"])
def test_a_server_that_tells_no_usage_is_charged_by_an_estimate(make: Any, server: ModelServer, kind: str) -> None:
    app = make(tool_calls=0)
    server.behaviours = [Behaviour(f"Yes [{control(app)}]", usage=False)]
    client = app.client("viewer")
    ask(client)
    (used,) = client.get("/api/v1/ai/usage").json()["data"]["providers"]
    assert used["cost"] == pytest.approx((used["input_tokens"] * 2.0 + used["output_tokens"] * 10.0) / 1_000_000)
    assert used["cost"] > 0


@pytest.mark.parametrize("kind", ["openai"])
def test_calls_are_told_apart_where_a_server_gives_all_the_same_index(
    make: Any, server: ModelServer, kind: str
) -> None:
    calls = [
        {"index": 0, "id": name, "type": "function", "function": {"name": name, "arguments": "{}"}}
        for name in ("list_gaps", "project_state")
    ]
    choices = [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None} for call in calls]
    choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
    chunks = [{"id": "c", "object": "chat.completion.chunk", "choices": [each]} for each in choices]
    said = "".join(f"data: {json.dumps(each)}\n\n" for each in chunks)
    server.behaviours = [Behaviour(garbage=said.encode())]
    provider = Assistant(make().platform).providers.get(kind)
    assert isinstance(provider, ModelProvider)
    turn = provider.turn(ModelRequest("", (Message("user", "Well?"), Message("user", "And now?"))))
    assert [(call.name, call.arguments) for call in turn.calls] == [("list_gaps", {}), ("project_state", {})]
    # Templates of many local models want messages by turns.
    assert [each["role"] for each in server.asked[0]["messages"]] == ["system", "user"]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_addresses_and_keys_of_the_libraries_own_variables_are_not_used(
    make_studio: Any, server: ModelServer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{kind.upper()}_BASE_URL", server.address)
    monkeypatch.setenv(f"{kind.upper()}_API_KEY", "sk-elsewhere")
    overrides: dict[str, Any] = {"ai.provider": kind, "ai.tool_calls": 0, "ai.timeout_seconds": 5}
    app = make_studio(plugins=[*PLUGINS, f"ai-{kind}"], overrides=overrides)
    expected = f"the provider has no key: set STUDIO_AI_{kind.upper()}_API_KEY"
    assert ask(app.client("viewer"))["fallback_reason"] == expected
    client = Assistant(app.platform).providers.get(kind)._client  # type: ignore[union-attr]
    assert server.address not in str(client.base_url)
    assert server.asked == []


@pytest.mark.parametrize("kind", ["ollama"])
def test_a_model_that_cannot_call_tools_is_told(make: Any, server: ModelServer, kind: str) -> None:
    server.behaviours = [Behaviour(status=400, refusal={"error": "library/gemma:latest does not support tools"})]
    assert "set ai.tool_calls to 0" in ask(make().client("viewer"))["fallback_reason"]


@pytest.mark.parametrize("kind", ["ollama"])
def test_a_model_in_the_cloud_leaves_the_machine(make_studio: Any, kind: str) -> None:
    overrides = {"ai_ollama.model": "gpt-oss:120b-cloud"}
    app = make_studio(plugins=[*PLUGINS, "ai-ollama"], overrides=overrides)
    shown = app.client("viewer").get("/api/v1/ai/providers").json()["data"]["providers"]
    assert [each["needs_network"] for each in shown] == [False, True]


@pytest.mark.parametrize("kind", ["ollama"])
def test_a_server_is_asked_for_room_for_the_sources(server: ModelServer, kind: str) -> None:
    """``ai_ollama.context_tokens``"""
    for settings, room in (({}, 16_384), ({"context_tokens": 0}, None)):
        provider = OllamaProvider(OllamaSettings(host=server.address, model="m", **settings))
        provider.turn(ModelRequest("", (Message("user", "Well?"),)))
        assert server.asked[-1]["options"].get("num_ctx") == room
