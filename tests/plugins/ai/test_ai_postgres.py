"""The same on PostgreSQL, with embeddings in pgvector: ask, go on, search, count, propose, delete."""

from __future__ import annotations

from typing import Any

from studio_ai.retrieval.index import COLLECTION

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
