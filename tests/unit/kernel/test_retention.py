"""What is too old is counted by a plan and deleted by one job, whichever plugin it is of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio_kernel.cli import studio as command
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.plugins import BUILT_IN
from studio_kernel.retention import Retention, Retentions
from studio_kernel.storage.sql import Statement

DAY = 86_400
KINDS = {
    "audit_log", "events", "jobs", "idempotency_keys", "auth.sessions", "auth.refresh_tokens", "auth.oauth_codes",
    "auth.password_resets", "auth.signing_keys", "auth.second_factors", "compliance.reports", "ai.conversations",
    "webhooks.deliveries",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def studio(request: pytest.FixtureRequest) -> Any:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return request.getfixturevalue("make_studio")(
        plugins=BUILT_IN,
        database_url=url,
        overrides={"audit_kept_days": 60, "events_kept_days": 50, "jobs_kept_days": 20, "ai.conversation_days": 40},
    )


def test_the_plan_counts_what_the_job_then_deletes(studio: Any) -> None:
    """The hook ``studio_retention``."""
    admin = studio.client("admin")
    note = {"message": "What is a control?"}
    assert admin.post("/api/v1/ai/chat", json=note, headers={"Idempotency-Key": "one"}).status_code == 200
    studio.run_jobs()
    studio.platform.audit.flush()
    studio.platform.sealer.seal()
    plan = {each.name: each for each in studio.platform.retentions().plan()}
    assert set(plan) == KINDS
    assert {name for name, each in plan.items() if each.due} == set()
    studio.clock.advance(100 * DAY)
    due = {each.name: each.due for each in studio.platform.retentions().plan() if each.due}
    assert {"audit_log", "events", "auth.sessions", "ai.conversations", "idempotency_keys"} <= set(due)
    studio.platform.jobs.enqueue("kernel.prune")
    studio.run_jobs()
    left = {each.name: each.due for each in studio.platform.retentions().plan() if each.due}
    assert left == {}
    assert studio.platform.database.value(Statement("SELECT COUNT(*) FROM audit_log WHERE seal = 1")) == 0


def test_what_is_kept_for_ever_is_never_due(make_studio: Any) -> None:
    studio = make_studio(plugins=[])
    studio.clock.advance(10_000 * DAY)
    (log,) = [each for each in studio.platform.retentions().plan() if each.name == "audit_log"]
    assert (log.days, log.due) == (0.0, 0)
    assert "audit_log" not in studio.platform.retentions().run()


def test_one_that_fails_does_not_keep_the_others(make_studio: Any) -> None:
    def broken(days: float) -> int:
        raise RuntimeError("no")

    platform = make_studio(plugins=[]).platform
    done = []
    kinds = [
        Retention("first", "", 1.0, "", broken, broken),
        Retention("second", "", 1.0, "", lambda days: 3, lambda days: done.append(days) or 3),
    ]
    with pytest.raises(ServiceUnavailable, match="could be deleted: first: RuntimeError: no"):
        Retentions(platform, kinds).run()
    assert done == [1.0]
    assert [(each.due, each.problem) for each in Retentions(platform, kinds).plan()] == [
        (0, "RuntimeError: no"),
        (3, ""),
    ]


def test_the_operator_plans_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``studio retention plan`` and ``studio retention run``."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED", "auth,projects,evidence,compliance,ai,webhooks")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(command, ["retention", *arguments])
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    told = {each["name"]: each for each in json.loads(run("plan", "--json"))}
    assert told["jobs"]["setting"] == "jobs_kept_days"
    assert "for ever" in run("plan")
    assert json.loads(run("run", "--json"))["jobs"] == 0
    assert run("run").strip() == "Nothing."
