"""Conversations: remembered for the account alone, streamed where wanted, gone when they should be."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from studio_ai import streaming
from studio_ai.api import ModelRequest, ModelTurn, ProviderError
from studio_ai.models import MessageRow, MessageSourceRow
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS, MakeAssistant, Raising, chat, new_project, upload_text
from .scripted import Scripted

_STREAM = {"Accept": "text/event-stream"}


def say(client: Client, message: str, conversation_id: str, **context: Any) -> Any:
    body = {"message": message, "conversation_id": conversation_id, "context": context}
    return client.post("/api/v1/ai/chat", json=body)


def events(text: str) -> list[tuple[str, Any]]:
    blocks = [block.split("\n", 1) for block in text.strip().split("\n\n") if not block.startswith(":")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_a_conversation_remembers_what_it_is_about(client: Client) -> None:
    first = chat(client, "X1.1 of the Acme Standard?")
    second = say(client, "And what is still missing?", first["conversation_id"]).json()["data"]
    assert second["context"]["control"] == "X1.1"
    assert second["conversation_id"] == first["conversation_id"]
    shown = client.get(f"/api/v1/ai/conversations/{first['conversation_id']}").json()["data"]
    assert (shown["title"], shown["messages"]) == ("X1.1 of the Acme Standard?", 4)
    assert [each["role"] for each in shown["history"]] == ["user", "assistant", "user", "assistant"]
    assert shown["history"][1]["citations"][0]["id"] == ACCESS.id


def test_conversations_are_listed_and_deleted(client: Client) -> None:
    ids = [chat(client, f"Question {number}?")["conversation_id"] for number in range(3)]
    listed = client.get("/api/v1/ai/conversations").json()["data"]["conversations"]
    assert [each["id"] for each in listed] == ids[::-1]
    assert client.delete(f"/api/v1/ai/conversations/{ids[0]}").status_code == 200
    assert client.get(f"/api/v1/ai/conversations/{ids[0]}").status_code == 404
    assert say(client, "Still there?", ids[0]).status_code == 404


def test_nobody_sees_anothers_conversation(app: StudioApp, client: Client) -> None:
    own = chat(client, "X1.1?")["conversation_id"]
    other = app.client("super_admin")
    assert other.get(f"/api/v1/ai/conversations/{own}").status_code == 404
    assert other.delete(f"/api/v1/ai/conversations/{own}").status_code == 404
    assert say(other, "Tell me more", own).status_code == 404
    assert other.get("/api/v1/ai/conversations").json()["data"]["conversations"] == []


def test_who_leaves_a_project_leaves_its_conversations(app: StudioApp, client: Client) -> None:
    member = app.client("customer")
    project_id = new_project(client, team_members=[{"user_id": member.user_id, "role": "viewer"}])
    own = chat(member, "X1.1?", project_id=project_id)["conversation_id"]
    assert client.delete(f"/api/v1/projects/{project_id}/members/{member.user_id}").status_code == 200
    assert member.get("/api/v1/ai/conversations").json()["data"]["conversations"] == []
    assert member.get(f"/api/v1/ai/conversations/{own}").status_code == 404
    assert say(member, "And now?", own).status_code == 404


def test_a_conversation_stays_with_its_project(client: Client) -> None:
    first, second = new_project(client), new_project(client)
    own = chat(client, "X1.1?", project_id=first)["conversation_id"]
    answer = say(client, "And there?", own, project_id=second)
    assert answer.json()["error"]["details"]["field"] == "context.project_id"


def test_old_conversations_are_deleted(make_assistant: MakeAssistant) -> None:
    """``ai.conversation_days``"""
    app = make_assistant(conversation_days=30)
    client = app.client("admin")
    chat(client, "X1.1?")
    app.clock.advance(31 * 86_400)
    app.platform.jobs.enqueue("kernel.prune")
    app.run_jobs()
    listed = app.client("admin").get("/api/v1/ai/conversations").json()["data"]["conversations"]
    assert listed == []
    assert app.platform.database.value(Statement("SELECT COUNT(*) FROM ai_messages")) == 0


def interrupt(model: Scripted, act: Callable[[], Any]) -> None:
    """Do something else while the model is answering."""
    reply = model.reply

    def replying(shown: dict[str, Any]) -> str:
        act()
        return reply(shown)

    model.reply = replying


def kept(app: StudioApp) -> list[Any]:
    return app.platform.database.rows(Statement("SELECT role, body, facts FROM ai_messages ORDER BY position"))


@pytest.mark.parametrize("gone", ["conversations", "projects"])
def test_an_answer_to_what_was_deleted_meanwhile_is_not_kept(make_assistant: MakeAssistant, gone: str) -> None:
    model = Scripted()
    app = make_assistant(model, tool_calls=0)
    client = app.client("admin")
    project_id = new_project(client)

    def delete() -> None:
        listed = client.get("/api/v1/ai/conversations").json()["data"]["conversations"]
        name = listed[0]["id"] if gone == "conversations" else project_id
        path = f"/api/v1/ai/conversations/{name}" if gone == "conversations" else f"/api/v1/projects/{name}"
        assert client.delete(path).status_code == 200

    interrupt(model, delete)
    body = {"message": "X1.1?", "provider": "scripted", "context": {"project_id": project_id}}
    assert client.post("/api/v1/ai/chat", json=body).status_code == 404
    assert kept(app) == []
    if gone == "conversations":
        streamed = events(client.post("/api/v1/ai/chat", json=body, headers=_STREAM).text)
        assert (streamed[-1][0], streamed[-1][1]["code"]) == ("error", "NOT_FOUND")
        assert kept(app) == []


def test_an_answer_about_evidence_that_was_deleted_meanwhile_is_not_kept(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    app = make_assistant(model, tool_calls=0)
    client = app.client("admin")
    project_id = new_project(client)
    piece = upload_text(client, project_id, "Rules", "A password has 14 characters.")
    app.run_jobs()
    interrupt(model, lambda: client.delete(f"/api/v1/evidence/{piece}"))
    said = chat(client, "X1.1?", "scripted", project_id=project_id)
    assert piece in {each["evidence_id"] for each in said["citations"]}
    (_, _, _), (role, body, facts) = kept(app)
    assert (role, facts) == ("assistant", "{}")
    assert body.startswith("This answer rested on evidence that was deleted")
    assert app.platform.database.rows(Statement("SELECT message_id FROM ai_message_sources")) == []


def test_messages_that_were_left_behind_are_swept(app: StudioApp, client: Client) -> None:
    chat(client, "X1.1?")
    left = {"role": "assistant", "body": "Left.", "facts": {}, "created_at": "2026-01-01T00:00:00Z"}
    (own,) = app.platform.database.rows(Statement("SELECT id FROM ai_conversations"))
    database = app.platform.database
    database.insert(MessageRow, {"id": "cmsg_a", "conversation_id": "conv_gone", **left})
    database.insert(MessageRow, {"id": "cmsg_b", "conversation_id": own[0], **left})
    sources = [{"message_id": f"cmsg_{each}", "evidence_id": "ev_gone"} for each in "ab"]
    database.insert_many(MessageSourceRow, sources)
    app.platform.jobs.enqueue("ai.upkeep")
    app.run_jobs()
    assert [role for role, _, _ in kept(app)] == ["user", "assistant", "assistant"]
    assert "Left." not in str(kept(app))
    assert database.rows(Statement("SELECT message_id FROM ai_message_sources")) == []


def test_an_answer_comes_as_events(client: Client) -> None:
    answer = client.post("/api/v1/ai/chat", json={"message": "X1.1 of Acme Standard?"}, headers=_STREAM)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    named = events(answer.text)
    assert [named[0][0], named[-1][0]] == ["start", "done"]
    assert named[0][1]["context"]["control"] == "X1.1"
    done = named[-1][1]
    assert "".join(data["text"] for name, data in named if name == "delta") == done["message"]
    shown = client.get(f"/api/v1/ai/conversations/{done['conversation_id']}").json()["data"]
    assert shown["history"][1]["message"] == done["message"]


def test_a_models_words_come_as_they_are_said(make_assistant: MakeAssistant) -> None:
    client = make_assistant(Scripted(), provider="scripted", tool_calls=0).client("admin")
    named = events(client.post("/api/v1/ai/chat", json={"message": "X1.1?"}, headers=_STREAM).text)
    assert [data["text"] for name, data in named if name == "delta"][:3] == ["It ", "is ", "so "]
    assert named[-1][1]["provider"] == "scripted"


def test_a_stream_says_when_another_provider_takes_over(make_assistant: MakeAssistant) -> None:
    app = make_assistant(Scripted(reply=lambda shown: "No sources here."), Raising(), tool_calls=0)
    client = app.client("admin")
    body = {"message": "X1.1?", "provider": "scripted"}
    named = events(client.post("/api/v1/ai/chat", json=body, headers=_STREAM).text)
    assert ("restart", {"reason": "the provider's answer names none of its sources"}) in named
    assert named[-1][1]["fallback"] is True
    after = named[[name for name, _ in named].index("restart") + 1 : -1]
    assert "".join(data["text"] for _, data in after) == named[-1][1]["message"]


def test_a_stream_says_when_the_provider_is_asked_again(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    answer, failures = model.turn, [True]

    def turn(request: ModelRequest) -> ModelTurn:
        if failures:
            failures.pop()
            assert request.on_text is not None
            request.on_text("It was ")
            raise ProviderError("the provider's answer was cut off", again=True)
        return answer(request)

    model.turn = turn  # type: ignore[method-assign]
    client = make_assistant(model, provider="scripted", tool_calls=0).client("admin")
    named = events(client.post("/api/v1/ai/chat", json={"message": "X1.1?"}, headers=_STREAM).text)
    place = [name for name, _ in named].index("restart")
    assert named[place][1] == {"reason": "the provider's answer was cut off"}
    assert [data["text"] for _, data in named[1:place]] == ["It was "]
    assert "".join(data["text"] for _, data in named[place + 1 : -1]) == named[-1][1]["message"]
    assert named[-1][1]["fallback"] is False


def test_a_stream_is_as_harmless_as_the_whole_answer(make_assistant: MakeAssistant) -> None:
    said = f"See ![x](https://evil.example/p.png?q=secret) <b>now</b> [{ACCESS.id}]"
    client = make_assistant(Scripted(reply=lambda shown: said), provider="scripted", tool_calls=0).client("admin")
    named = events(client.post("/api/v1/ai/chat", json={"message": "X1.1?"}, headers=_STREAM).text)
    heard = "".join(data["text"] for name, data in named if name == "delta")
    assert "evil" not in heard
    assert "<b>" not in heard
    assert ACCESS.id in heard


def test_a_question_whose_asker_goes_away_at_once_is_answered_all_the_same() -> None:
    answered = threading.Event()
    stream = streaming.events({}, lambda sink: answered.set() or {}, lambda: None)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert answered.wait(20)


def test_refusals_come_before_a_stream_begins(client: Client) -> None:
    body = {"message": "X1.1?", "context": {"project_id": "proj_nothere"}}
    answer = client.post("/api/v1/ai/chat", json=body, headers=_STREAM)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_a_repeated_question_is_asked_once(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    client = make_assistant(model, tool_calls=0).client("admin")
    body = {"message": "X1.1?", "provider": "scripted"}
    headers = {"Idempotency-Key": "one"}
    first, second = (client.post("/api/v1/ai/chat", json=body, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    streamed = [client.post("/api/v1/ai/chat", json=body, headers={**headers, **_STREAM}) for _ in range(2)]
    assert streamed[0].text == streamed[1].text
    assert events(streamed[0].text)[-1][0] == "done"
    assert len(model.requests) == 2
    other = {**body, "message": "X1.2?"}
    assert client.post("/api/v1/ai/chat", json=other, headers=headers).status_code == 409


def test_the_audit_log_tells_how_a_repeatable_question_ended(make_assistant: MakeAssistant) -> None:
    """What is kept for a repeat is no change by the caller, and so no entry."""
    studio = make_assistant(Scripted(), tool_calls=0)
    client = studio.client("admin")
    body = {"message": "X1.1?", "provider": "scripted", "context": {"project_id": "proj_nothere"}}
    assert client.post("/api/v1/ai/chat", json=body, headers={"Idempotency-Key": "one"}).status_code == 404
    studio.platform.audit.flush()
    entries = Statement("SELECT status, user_id FROM audit_log WHERE action = 'ai.chat'")
    assert studio.platform.database.rows(entries) == [(404, client.user_id)]


def test_a_question_under_way_is_not_asked_a_second_time(make_assistant: MakeAssistant) -> None:
    model = Scripted()
    client = make_assistant(model, tool_calls=0).client("admin")
    body = {"message": "X1.1?", "provider": "scripted"}
    headers = {"Idempotency-Key": "two"}
    inner: list[int] = []
    answer = model.turn

    def turn(request: Any) -> Any:
        inner.append(client.post("/api/v1/ai/chat", json=body, headers=headers).status_code)
        return answer(request)

    model.turn = turn  # type: ignore[method-assign]
    assert client.post("/api/v1/ai/chat", json=body, headers=headers).status_code == 200
    assert inner == [409]


def test_other_answers_than_json_and_events_are_refused(client: Client) -> None:
    answer = client.post("/api/v1/ai/chat", json={"message": "x"}, headers={"Accept": "text/html"})
    assert answer.status_code == 406
    both = {"Accept": "application/json, text/event-stream;q=0.5"}
    answer = client.post("/api/v1/ai/chat", json={"message": "x"}, headers=both)
    assert answer.headers["content-type"] == "application/json"
