"""Answers by models: two turns, tools with the caller's rights, sources or nothing, limits."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from studio_ai.api import Ending, ModelRequest, ModelTurn, ProviderError, Tool, ToolCall, ToolResult, Usage
from studio_ai.tools import Nothing
from studio_kernel.hookspecs import hookimpl
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS, PLUGINS, Echo, MakeAssistant, SamplePlugin, chat, new_project, upload_text
from .scripted import Scripted, cite_everything

_AUDIT = Statement("SELECT action, status, user_id, project_id FROM audit_log WHERE action LIKE 'ai.tool.%'")


def audited(app: StudioApp) -> list[tuple[Any, ...]]:
    app.platform.audit.flush()
    return app.platform.database.rows(_AUDIT)


def test_a_model_answers_from_sources_and_is_cited(make_assistant: MakeAssistant) -> None:
    model = Scripted(reply=lambda shown: f"You need a policy [{ACCESS.id}] and a moon [ctrl_moon].")
    client = make_assistant(model, provider="scripted").client("viewer")
    data = chat(client, "What does X1.1 of the Acme Standard need?")
    assert data["message"] == f"You need a policy [{ACCESS.id}] and a moon."
    assert [each["id"] for each in data["citations"]] == [ACCESS.id]
    assert (data["provider"], data["fallback"]) == ("scripted", False)
    (source,) = [each for each in model.answered["sources"] if each["id"] == ACCESS.id]
    assert "Access Control Policy: Rules for granting and removing access" in source["text"]


def test_what_is_missing_is_told_however_long_a_definition_is(
    make_assistant: MakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source is cut at its end."""
    monkeypatch.setattr("studio_ai.prompts._LONGEST_SOURCE", 80)
    model = Scripted()
    client = make_assistant(model, tool_calls=0).client("admin")
    chat(client, "X1.1?", "scripted", project_id=new_project(client))
    (source,) = [each for each in model.answered["sources"] if each["id"] == ACCESS.id]
    assert source["text"].startswith("In the project: not_started. Missing: Access Control Policy; Access Reviews.")


def test_an_answer_without_sources_is_replaced(make_assistant: MakeAssistant) -> None:
    client = make_assistant(Scripted(reply=lambda shown: "Trust me.")).client("admin")
    data = chat(client, "X1.2?", "scripted")
    assert (data["provider"], data["fallback_reason"]) == (
        "offline",
        "the provider's answer names none of its sources",
    )


def test_without_any_source_no_model_is_asked_to_answer(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    data = chat(make_assistant(model).client("admin"), "Will it rain?", "scripted")
    assert data["message"].startswith("I have no source for that.")
    assert data["fallback_reason"] == "there is no source that the provider could rest an answer on"
    assert all(request.tools for request in model.requests)


def test_whatever_a_model_writes_is_kept_and_logged(make_assistant: MakeAssistant) -> None:
    """Characters that no database takes, in its text and in the name of a tool, cost neither answer nor audit log."""
    calls = (ToolCall("drop\0table\ud800", {}), ToolCall("x" * 200, {}))
    model = Scripted(plan=lambda request: calls, reply=lambda shown: f"So\0 it\ud800 is [{ACCESS.id}]")
    app = make_assistant(model)
    data = chat(app.client("admin"), "X1.1?", "scripted")
    assert (data["provider"], data["message"]) == ("scripted", f"So it is [{ACCESS.id}]")
    assert [row[0] for row in audited(app)] == ["ai.tool.drop_table_", f"ai.tool.{'x' * 60}"]


def test_tools_work_on_the_chats_project_with_the_callers_rights(make_assistant: MakeAssistant) -> None:
    calls = (
        ToolCall("project_state", {}),
        ToolCall("list_gaps", {"limit": 1}),
        ToolCall("control_state", {"control": "x1.1"}),
        ToolCall("search_evidence", {"query": "passwords"}),
    )
    model = Scripted(plan=lambda request: calls)
    app = make_assistant(model)
    client = app.client("manager")
    project_id = new_project(app.client("admin"), team_members=[{"user_id": client.user_id, "role": "manager"}])
    upload_text(client, project_id, "Rules", "A password has 14 characters.")
    app.run_jobs()
    data = chat(client, "How do we stand?", "scripted", project_id=project_id)
    assert [(each["name"], each["failed"]) for each in data["tools"]] == [
        ("project_state", False),
        ("list_gaps", False),
        ("control_state", False),
        ("search_evidence", False),
    ]
    found = {each["tool"]: each["result"] for each in model.answered["tool_results"]}
    assert found["project_state"]["id"] == project_id
    assert found["list_gaps"]["total"] == 2
    assert found["control_state"]["missing"] == ["Access Control Policy", "Access Reviews"]
    assert "passage" in {each["kind"] for each in data["citations"]}
    assert {(row[0], row[1]) for row in audited(app)} == {(f"ai.tool.{call.name}", 200) for call in calls}
    assert {(row[2], row[3]) for row in audited(app)} == {(client.user_id, project_id)}


NONSENSE = [
    (ToolCall("project_state", None), "Must be a JSON object", 400),
    (ToolCall("project_state", {"project_id": "proj_other"}), "Unknown field", 400),
    (ToolCall("list_gaps", {"limit": "many"}), "Not a valid integer.", 400),
    (ToolCall("control_state", {"control": "Z9"}), "The project has no control Z9", 404),
    (ToolCall("drop_table", {}), "there is no such tool here", 403),
    (ToolCall("propose_policy", {"type": "security_policy", "company_name": "A"}), "no such tool here", 403),
]


def test_a_chat_about_a_project_hears_nothing_of_others(make_assistant: MakeAssistant) -> None:
    model = Scripted(plan=lambda request: (ToolCall("list_projects", {}),))
    app = make_assistant(model)
    client = app.client("admin")
    project_id = new_project(client, name="Wombat")
    new_project(client, name="Quokka")
    chat(client, "How do we stand?", "scripted", project_id=project_id)
    assert "Wombat" in str(model.answered)
    assert "Quokka" not in str(model.answered)
    assert [row[:2] for row in audited(app)] == [("ai.tool.list_projects", 403)]
    assert "list_projects" not in {tool.name for tool in model.requests[0].tools}
    chat(client, "X1.1 in which projects?", "scripted")
    assert "Quokka" in str(model.answered)


def test_calls_that_make_no_sense_are_told_off(make_assistant: MakeAssistant) -> None:
    model = Scripted(plan=lambda request: tuple(call for call, _, _ in NONSENSE))
    app = make_assistant(model, tool_calls=len(NONSENSE))
    client = app.client("admin")
    chat(client, "How do we stand?", "scripted", project_id=new_project(client))
    outcomes = model.answered["tool_results"]
    assert len(outcomes) == len(NONSENSE)
    for outcome, (_, told, _) in zip(outcomes, NONSENSE, strict=True):
        assert told in outcome["result"]["error"]
    assert [row[1] for row in audited(app)] == [status for _, _, status in NONSENSE]


def test_tool_calls_are_logged_where_other_reads_are_not(make_studio: Any) -> None:
    model = Scripted(plan=lambda request: (ToolCall("list_projects", {}),))
    app = make_studio(plugins=PLUGINS, extra=[SamplePlugin((model,))], overrides={"audit_reads": False})
    chat(app.client("admin"), "X1.1?", "scripted")
    assert [row[:2] for row in audited(app)] == [("ai.tool.list_projects", 200)]


@pytest.mark.parametrize("ending", ["done", "length"])
def test_a_model_that_plans_nothing_answers_without_tools(make_assistant: MakeAssistant, ending: Ending) -> None:
    model = Scripted()
    answer = model.turn

    def turn(request: ModelRequest) -> ModelTurn:
        return ModelTurn(ending=ending) if request.tools else answer(request)

    model.turn = turn  # type: ignore[method-assign]
    data = chat(make_assistant(model).client("admin"), "X1.1?", "scripted")
    assert (data["provider"], data["tools"]) == ("scripted", [])


def test_steps_are_bounded(make_assistant: MakeAssistant) -> None:
    model = Scripted(plan=lambda request: (ToolCall("project_state", {}),) * 9)
    app = make_assistant(model, tool_calls=2)
    client = app.client("admin")
    chat(client, "State?", "scripted", project_id=new_project(client))
    assert [row[1] for row in audited(app)] == [200, 200] + [403] * 7
    assert len(model.requests) == 2


def test_without_tool_calls_no_tools_are_offered(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    client = make_assistant(model, tool_calls=0).client("admin")
    chat(client, "X1.1?", "scripted")
    assert [request.tools for request in model.requests] == [()]


def test_a_key_that_only_reads_gets_only_tools_that_read(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    app = make_assistant(model)
    admin = app.client("admin")
    project_id = new_project(admin)
    key = admin.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]}).json()["api_key"]
    chat(Client(app, {"X-API-Key": key}), "Please draft a policy", "scripted", project_id=project_id)
    assert "propose_policy" not in {tool.name for tool in model.requests[0].tools}
    chat(admin, "Please draft a policy", "scripted", project_id=project_id)
    assert "propose_policy" in {tool.name for tool in model.requests[-2].tools}


def test_the_planning_turn_sees_only_the_persons_own_words(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    app = make_assistant(model)
    client = app.client("admin")
    project_id = new_project(client, name="Quokka project")
    upload_text(client, project_id, "Zebra rules", "Passwords have 14 characters, says the walrus.")
    app.run_jobs()
    first = chat(client, "How long are passwords?", "scripted", project_id=project_id)
    body = {"message": "And X1.1?", "provider": "scripted", "conversation_id": first["conversation_id"]}
    assert client.post("/api/v1/ai/chat", json=body).status_code == 200
    planning = [request for request in model.requests if request.tools]
    assert [message.text for message in planning[-1].messages] == ["How long are passwords?", "And X1.1?"]
    seen = str([(request.system, request.messages) for request in planning])
    assert not any(word in seen for word in ("Quokka", "Zebra", "walrus"))
    assert all(not request.tools for request in model.requests if "walrus" in str(request.messages))


def test_a_busy_provider_is_asked_again(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    answer, failures = model.turn, [True, True]

    def turn(request: ModelRequest) -> ModelTurn:
        if failures:
            failures.pop()
            raise ProviderError("the provider is busy", again=True)
        return answer(request)

    model.turn = turn  # type: ignore[method-assign]
    client = make_assistant(model, tool_calls=0, retries=2).client("admin")
    assert chat(client, "X1.1?", "scripted")["provider"] == "scripted"
    failures += [True] * 3
    data = chat(client, "X1.1?", "scripted")
    assert (data["provider"], data["fallback_reason"]) == ("offline", "the provider is busy")


def test_tokens_of_a_day_are_limited_by_account_and_project(make_assistant: MakeAssistant) -> None:
    model = Scripted(usage=Usage(300, 100, 2_000_000))
    app = make_assistant(model, tool_calls=0, daily_tokens_user=800, daily_tokens_project=1200)
    admin, other = app.client("admin"), app.client("admin")
    project_id = new_project(admin)
    asked = [chat(admin, "X1.1?", "scripted", project_id=project_id)["fallback_reason"] for _ in range(3)]
    assert asked == [None, None, "your tokens for today are used up"]
    used = admin.get("/api/v1/ai/usage").json()["data"]
    assert used["providers"] == [
        {"provider": "scripted", "calls": 2, "input_tokens": 600, "output_tokens": 200, "cost": 4.0}
    ]
    assert chat(other, "X1.1?", "scripted", project_id=project_id)["fallback"] is False
    reason = chat(other, "X1.1?", "scripted", project_id=project_id)["fallback_reason"]
    assert reason == "the project's tokens for today are used up"
    app.clock.advance(86_400)
    assert chat(app.client("admin"), "X1.1?", "scripted", project_id=project_id)["fallback"] is False


@pytest.mark.parametrize("setting", ["daily_cost_user", "daily_cost_project"])
def test_money_of_a_day_is_limited(make_assistant: MakeAssistant, setting: str) -> None:
    """``ai.daily_cost_user`` and ``ai.daily_cost_project``"""
    model = Scripted(usage=Usage(1, 1, 600_000))
    client = make_assistant(model, tool_calls=0, **{setting: 1.0}).client("admin")
    project_id = new_project(client)
    reasons = [chat(client, "X1.1?", "scripted", project_id=project_id)["fallback"] for _ in range(3)]
    assert reasons == [False, False, True]


def test_turns_that_come_to_nothing_count_too(make_assistant: MakeAssistant) -> None:
    model = Scripted(reply=lambda shown: " ", usage=Usage(300, 100, 0))
    client = make_assistant(model, tool_calls=0, daily_tokens_user=800).client("admin")
    reasons = [chat(client, "X1.1?", "scripted")["fallback_reason"] for _ in range(3)]
    assert reasons == ["the provider gave no usable answer"] * 2 + ["your tokens for today are used up"]


def test_a_turn_that_nobody_waits_for_ends(make_assistant: MakeAssistant) -> None:
    """It would go on to hold one of the few places for calls."""
    model, ended = Scripted(), threading.Event()

    def turn(request: ModelRequest) -> ModelTurn:
        assert request.on_text is not None
        try:
            while True:
                request.on_text("")
                time.sleep(0.01)
        finally:
            ended.set()

    model.turn = turn  # type: ignore[method-assign]
    client = make_assistant(model, tool_calls=0, timeout_seconds=0.1, retries=0).client("admin")
    assert chat(client, "X1.1?", "scripted")["fallback_reason"] == "no answer within 0.1 seconds"
    assert ended.wait(20)


def test_an_answer_has_at_most_the_configured_tokens(make_assistant: MakeAssistant) -> None:
    """``ai.answer_tokens``"""
    model = Scripted()
    chat(make_assistant(model, tool_calls=0, answer_tokens=123).client("admin"), "X1.1?", "scripted")
    assert model.requests[0].most_tokens == 123


def test_only_those_allowed_choose_another_provider(make_assistant: MakeAssistant) -> None:
    app = make_assistant(Scripted(), provider="offline")
    body = {"message": "X1.1?", "provider": "scripted"}
    statuses = {
        role: app.client(role).post("/api/v1/ai/chat", json=body).status_code
        for role in ("admin", "manager", "auditor", "customer", "viewer")
    }
    assert statuses == {"admin": 200, "manager": 200, "auditor": 403, "customer": 403, "viewer": 403}
    assert chat(app.client("viewer"), "X1.1?", "offline")["provider"] == "offline"


def test_plugins_bring_tools(make_assistant: MakeAssistant) -> None:
    class Weather(SamplePlugin):
        @hookimpl
        def studio_ai_tools(self, platform: Any) -> Sequence[Tool]:
            def run(caller: Any, given: Any) -> ToolResult:
                return ToolResult({"sky": "blue", "since": date(2026, 1, 2)})

            def storm(*arguments: Any) -> Any:
                raise RuntimeError("secret")

            def fog(caller: Any, given: Any) -> Any:
                return None

            return (
                Tool("weather", "Tell the weather.", Nothing, run, of_project=False),
                Tool("project_state", "Claims a taken name.", Nothing, run),
                Tool("sea level", "Has a name that models' servers refuse.", Nothing, run, of_project=False),
                Tool("storm", "Fails.", Nothing, storm, of_project=False),
                Tool("fog", "Gives no result.", Nothing, fog, of_project=False),
                Tool("ice", "Can't tell.", Nothing, run, of_project=False, changes=True, asked_for=storm),
            )

    class Broken(SamplePlugin):
        @hookimpl
        def studio_ai_tools(self, platform: Any) -> Sequence[Tool]:
            raise RuntimeError("no tools today")

    model = Scripted(plan=lambda request: tuple(ToolCall(name, {}) for name in ("weather", "storm", "fog")))
    app = make_assistant(model, more=[Weather((), "weather"), Broken((), "broken")])
    assert chat(app.client("admin"), "X1.1?", "scripted")["provider"] == "scripted"
    assert model.answered["tool_results"] == [
        {"tool": "weather", "result": {"sky": "blue", "since": "2026-01-02"}},
        {"tool": "storm", "result": {"error": "the tool failed"}},
        {"tool": "fog", "result": {"error": "the tool failed"}},
    ]
    told = [tool for tool in model.requests[0].tools if tool.name == "weather"]
    assert [tool.description for tool in told] == ["Tell the weather."]
    assert {"sea level", "ice"}.isdisjoint(tool.name for tool in model.requests[0].tools)
    assert [status for _, status, _, _ in audited(app)] == [200, 500, 500]


def test_a_model_words_a_policy_better_or_the_template_stays(make_assistant: MakeAssistant) -> None:
    def better(shown: dict[str, Any]) -> str:
        return str(shown["draft"]).replace("## 4. Policy statements", "## 4. Policy statements\n\nFor clinics.")

    client = make_assistant(Scripted(reply=better)).client("admin")
    body = {"type": "backup_policy", "company_name": "Acme", "industry": "health", "provider": "scripted"}
    data = client.post("/api/v1/ai/generate/policy", json=body).json()["data"]
    assert (data["provider"], data["fallback"]) == ("scripted", False)
    assert "For clinics." in data["content"]


SPOILT = [
    ("its headings are others", lambda text: "PWNED"),
    ("it has fewer statements", lambda text: text.replace("\n- ", "\n", 3)),
    ("it lacks figures", lambda text: text.replace("35 days", "3 days")),
    ("it has HTML or links", lambda text: text.replace("Acme", "[Acme](http://evil)")),
    ("it has HTML or links", lambda text: text.replace("Acme", "![Acme]") + "\n[Acme]: //evil.example/p.png\n"),
    ("it has HTML or links", lambda text: text.replace("Acme", "www.evil.example")),
]


def test_a_policy_that_lost_something_is_not_taken(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    client = make_assistant(model).client("admin")
    body = {"type": "backup_policy", "company_name": "Acme", "provider": "scripted"}
    for reason, spoil in SPOILT:
        model.reply = lambda shown, spoil=spoil: spoil(shown["draft"])
        data = client.post("/api/v1/ai/generate/policy", json=body).json()["data"]
        assert (data["provider"], data["fallback"]) == ("offline", True)
        assert data["fallback_reason"].endswith(reason)
        assert data["content"].startswith("# Backup Policy\n\n## 1. Purpose")


@pytest.mark.parametrize(
    ("provider", "reason"),
    [("oracle", "the provider oracle is not installed"), ("echo", "the provider echo only answers questions")],
)
def test_work_that_the_wanted_provider_does_not_do_says_so(
    make_assistant: MakeAssistant, provider: str, reason: str
) -> None:
    client = make_assistant(Echo(), provider=provider).client("admin")
    body = {"type": "backup_policy", "company_name": "Acme"}
    draft = client.post("/api/v1/ai/generate/policy", json=body).json()["data"]
    piece = upload_text(client, new_project(client), "Rules", "Access is granted by the owner.")
    judged = client.post(f"/api/v1/ai/analyze/evidence/{piece}", json={}).json()["data"]
    for data in (draft, judged):
        assert (data["provider"], data["fallback"], data["fallback_reason"]) == ("offline", True, reason)


def test_a_model_judges_evidence_by_passages_that_exist(make_assistant: MakeAssistant) -> None:
    def judge(shown: dict[str, Any]) -> str:
        first, second = shown["expected"]
        passage = shown["passages"][0]["id"]
        rows = [
            {"expectation": first["id"], "shown": True, "passages": [passage], "reason": "It sets rules."},
            {"expectation": second["id"], "shown": True, "passages": ["pas_invented"], "reason": "Surely."},
        ]
        return "Here you are: " + json.dumps({"judgements": rows})

    app = make_assistant(Scripted(reply=judge))
    client = app.client("admin")
    project_id = new_project(client)
    piece = upload_text(client, project_id, "Rules", "Access is granted by the owner and removed by the owner.")
    app.run_jobs()
    path = f"/api/v1/ai/analyze/evidence/{piece}"
    data = client.post(path, json={"provider": "scripted"}).json()["data"]
    assert [(each["shown"], each["reason"]) for each in data["expectations"]] == [
        (True, "It sets rules."),
        (False, "Surely."),
    ]
    assert data["provider"] == "scripted"


def test_a_judgement_that_cannot_be_read_is_replaced(make_assistant: MakeAssistant) -> None:
    app = make_assistant(Scripted(reply=cite_everything))
    client = app.client("admin")
    piece = upload_text(client, new_project(client), "Rules", "Access is granted by the owner.")
    app.run_jobs()
    data = client.post(f"/api/v1/ai/analyze/evidence/{piece}", json={"provider": "scripted"}).json()["data"]
    assert (data["provider"], data["fallback_reason"]) == ("offline", "the provider's judgement could not be read")
