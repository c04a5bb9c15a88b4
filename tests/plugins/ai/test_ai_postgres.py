"""The same on PostgreSQL, with embeddings in pgvector: ask, go on, search, count, propose, delete."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from studio_ai.conversations import Conversation, Conversations
from studio_ai.retrieval.embedding import Embedder
from studio_ai.retrieval.index import COLLECTION, PassageIndex
from studio_ai.retrieval.texts import EvidenceTexts
from studio_evidence.api import EvidenceLibrary
from studio_kernel.errors import NotFound
from studio_kernel.storage.sql import Statement

from .conftest import ACCESS, PLUGINS, SamplePlugin, chat, new_project, upload_text
from .scripted import Scripted


def test_everything_works_on_postgresql(make_studio: Any, postgres_url: str) -> None:
    app = make_studio(
        plugins=PLUGINS,
        extra=[SamplePlugin((Scripted(),))],
        database_url=postgres_url,
        overrides={"vectors_url": "pgvector:"},
    )
    admin, owner = app.client("admin"), app.client("manager")
    team = [{"user_id": owner.user_id, "role": "manager"}]
    project_id = new_project(admin, team_members=team)
    piece = upload_text(owner, project_id, "Rules", "Access is granted by need. A password has 14 characters.")
    app.run_jobs()

    first = chat(owner, "X1.1?", "scripted", project_id=project_id)
    assert first["provider"] == "scripted"
    assert piece in {each["evidence_id"] for each in first["citations"]}
    body = {"message": "And how long are passwords?", "conversation_id": first["conversation_id"]}
    assert "14 characters" in owner.post("/api/v1/ai/chat", json=body).json()["data"]["message"]
    for _ in range(2):
        chat(owner, "X1.1?", "scripted")
    assert owner.get("/api/v1/ai/usage").json()["data"]["providers"][0]["calls"] == 6

    found = owner.post("/api/v1/ai/search", json={"project_id": project_id, "query": "passwords"}).json()["data"]
    assert set(found["results"][0]["matched_by"]) == {"words", "meaning"}
    stranger = app.client("manager")
    assert stranger.post("/api/v1/ai/search", json={"project_id": project_id, "query": "x"}).status_code == 404
    gaps = owner.post("/api/v1/ai/analyze/gaps", json={"project_id": project_id}).json()["data"]
    assert gaps["total"] == 2
    assert owner.post(f"/api/v1/ai/analyze/evidence/{piece}", json={}).status_code == 200

    saved = {"title": "Rules", "content": "# Rules\n", "project_id": project_id, "control_id": ACCESS.id}
    kept = owner.post("/api/v1/ai/policies/save", json=saved).json()["data"]["id"]
    listed = owner.get(f"/api/v1/ai/conversations?project_id={project_id}&search=X1.1").json()["data"]
    assert [each["messages"] for each in listed["conversations"]] == [4]

    assert owner.delete(f"/api/v1/evidence/{piece}").status_code == 200
    shown = owner.get(f"/api/v1/ai/conversations/{first['conversation_id']}").json()["data"]
    assert "14 characters" not in str(shown["history"])
    app.run_jobs()
    # What is left is the policy that was saved as a Word file: evidence like any other, until it goes too.
    found = owner.post("/api/v1/ai/search", json={"project_id": project_id, "query": "rules"}).json()["data"]
    assert {each["evidence_id"] for each in found["results"]} == {kept}
    assert app.platform.vectors.count(COLLECTION) == 1
    assert owner.delete(f"/api/v1/evidence/{kept}").status_code == 200
    app.run_jobs()
    assert app.platform.vectors.count(COLLECTION) == 0
    headers = {"Idempotency-Key": "pg"}
    answers = [owner.post("/api/v1/ai/chat", json={"message": "X1.2?"}, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


class Stopped:
    """Stops whoever has just seen that evidence is there, until it may go on."""

    def __init__(self, monkeypatch: Any, owner: type, method: str) -> None:
        self.saw, self.go_on = threading.Event(), threading.Event()
        look = getattr(owner, method)

        def stopping(*arguments: Any) -> Any:
            found = look(*arguments)
            self.saw.set()
            assert self.go_on.wait(30)
            return found

        monkeypatch.setattr(owner, method, stopping)

    def while_stopped(self, work: Any, meanwhile: Any) -> None:
        """Run both; ``meanwhile`` begins when ``work`` has stopped, and has a second until that goes on."""
        first, second = threading.Thread(target=work), threading.Thread(target=meanwhile)
        first.start()
        assert self.saw.wait(30)
        second.start()
        second.join(1)
        self.go_on.set()
        for each in (first, second):
            each.join(30)
            assert not each.is_alive()


def test_nothing_is_written_about_what_is_being_deleted(make_studio: Any, postgres_url: str, monkeypatch: Any) -> None:
    app = make_studio(plugins=PLUGINS, extra=[SamplePlugin()], database_url=postgres_url)
    admin, database = app.client("admin"), app.platform.database

    def count(table: str) -> Any:
        return database.value(Statement(f"SELECT COUNT(*) FROM {table}"))

    # A project is deleted while its evidence is written into the index.
    project_id = new_project(admin)
    piece = upload_text(admin, project_id, "Rules", "A password has 14 characters.")
    app.run_jobs()
    index = PassageIndex(app.platform, Embedder())
    with monkeypatch.context() as patched:
        stopped = Stopped(patched, EvidenceTexts, "described")
        stopped.while_stopped(lambda: index.refresh(piece), lambda: admin.delete(f"/api/v1/projects/{project_id}"))
    app.run_jobs()
    assert [count(each) for each in ("projects", "ai_documents", "ai_passages")] == [0, 0, 0]
    assert app.platform.vectors.count(COLLECTION) == 0

    # Evidence is deleted while an answer that quotes it is noted.
    project_id = new_project(admin)
    piece = upload_text(admin, project_id, "Rules", "A password has 14 characters.")
    said = chat(admin, "X1.1?", project_id=project_id)
    conversation = Conversation(said["conversation_id"], project_id)
    conversations = Conversations(app.platform)
    with monkeypatch.context() as patched:
        stopped = Stopped(patched, EvidenceLibrary, "found")
        stopped.while_stopped(
            lambda: conversations.answered(conversation, "It has 14 characters.", {}, [piece]),
            lambda: admin.delete(f"/api/v1/evidence/{piece}"),
        )
    assert "14 characters" not in str(database.rows(Statement("SELECT body FROM ai_messages")))
    assert count("ai_message_sources") == 0

    # The conversation is deleted while an answer is noted in it.
    second = upload_text(admin, project_id, "Rules", "A password has 14 characters.")
    with monkeypatch.context() as patched:
        stopped = Stopped(patched, Conversations, "_write")
        stopped.while_stopped(
            lambda: conversations.answered(conversation, "Late.", {}, [second]),
            lambda: admin.delete(f"/api/v1/ai/conversations/{conversation.id}"),
        )
    assert [count(each) for each in ("ai_conversations", "ai_messages", "ai_message_sources")] == [0, 0, 0]
    with pytest.raises(NotFound):
        conversations.answered(conversation, "Too late.", {}, [second])
