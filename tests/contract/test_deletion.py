"""A deleted project leaves nothing behind: in no table of any built-in plugin, and no file."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.plugins import BUILT_IN
from studio_kernel.storage.database import table_name
from studio_kernel.storage.sql import Statement

# What happened stays known: the log, and the events and work that are on their way to receivers.
HISTORY = {"audit_log", "audit_seals", "events", "jobs", "idempotency_keys"}


def _rows_that_name(platform: Any, project_id: str) -> dict[str, int]:
    """How many rows of each table hold the project's id in any column."""
    found = {}
    for model in (model for record in platform.plugins.active for model in platform.hooks.models(record)):
        columns = " OR ".join(f'CAST("{column}" AS TEXT) LIKE :pattern' for column in model._meta.columns)
        count = Statement(f'SELECT COUNT(*) FROM "{table_name(model)}" WHERE {columns}')
        found[table_name(model)] = platform.database.value(count, pattern=f"%{project_id}%")
    # NOTE: tables without a model.
    scoped = Statement("SELECT COUNT(*) FROM fulltext_passages WHERE scope = :it OR document = :it")
    found["fulltext_passages"] = platform.database.value(scoped, it=project_id)
    return {table: count for table, count in found.items() if count and table not in HISTORY}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_deleted_project_leaves_no_row_and_no_file(
    make_studio: Any, request: pytest.FixtureRequest, engine: str
) -> None:
    url = request.getfixturevalue("postgres_url") if engine == "postgresql" else ""
    studio = make_studio(plugins=BUILT_IN, database_url=url, overrides={"auth.argon2_memory_kib": 8192})
    admin, reviewer = studio.client("admin"), studio.client("admin")
    milestone = {"name": "First", "due_date": "2030-01-01T00:00:00Z"}
    body = {"name": "Short", "framework": "soc2", "frameworks": ["iso27001"], "milestones": [milestone]}
    project = admin.post("/api/v1/projects", json=body).json()["data"]["id"]
    path = f"/api/v1/projects/{project}"
    first, second = (each["id"] for each in admin.get(f"{path}/controls?limit=2").json()["data"]["controls"])
    admin.patch(f"{path}/controls/{second}", json={"applicable": False, "reason": "No such system"})
    fields = {"title": "Policy", "project_id": project, "control_id": first, "tags": "a,b"}
    files = {"file": ("policy.md", b"# Policy\n\nEverybody locks their screen.\n")}
    piece = admin.post("/api/v1/evidence", data=fields, files=files).json()["data"]["id"]
    admin.post(f"/api/v1/evidence/{piece}/versions/notes", json={"text": "Seen"})
    assert reviewer.post(f"/api/v1/evidence/{piece}/reviews", json={"decision": "approve"}).status_code == 201
    assert admin.get(f"/api/v1/compliance/score?project_id={project}").status_code == 200
    studio.run_jobs()
    before = _rows_that_name(studio.platform, project)
    assert {"projects", "project_controls", "milestones", "evidence", "evidence_versions", "evidence_texts"} <= set(
        before
    )
    assert before["fulltext_passages"] >= 3
    studio.clock.advance(2 * 3600)
    admin = studio.client("admin")
    assert admin.delete(path).status_code == 200
    studio.run_jobs()
    assert _rows_that_name(studio.platform, project) == {}
    assert [table for table, count in _rows_that_name(studio.platform, piece).items() if count] == []
    assert list(studio.platform.files.digests(studio.clock())) == []
