"""``studio audit``: what operators and auditors run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio_kernel.audit import AuditRow
from studio_kernel.cli import studio as command
from studio_kernel.context import CallContext
from studio_kernel.security.principal import SYSTEM
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import StudioApp


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED", "auth,projects,evidence,compliance,ai,webhooks")
    return tmp_path / "home"


@pytest.fixture
def filled(home: Path) -> StudioApp:
    """A platform in that home with three entries."""
    app = StudioApp(home, plugins=[])
    rows = [app.platform.audit.entry(CallContext(SYSTEM, "things.change", f"req_{each}"), 200) for each in range(3)]
    app.platform.database.insert_many(AuditRow, rows)
    yield app
    app.close()


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(command, ["audit", *arguments])
    assert result.exit_code == status, (result.output, result.exception)
    return result.stdout


def test_a_log_is_sealed_verified_and_found_out(filled: StudioApp) -> None:
    assert "Sealed 3 entries." in run("seal")
    assert "The audit log is as it was written." in run("verify")
    told = json.loads(run("verify", "--json"))
    assert (told["sound"], told["head"]["total"], told["broken"]) == (True, 3, 0)
    filled.platform.database.execute(Statement("UPDATE audit_log SET status = 500 WHERE request_id = 'req_1'"))
    text = run("verify", status=1)
    assert "position 2" in text
    assert "THE AUDIT LOG WAS CHANGED." in text


def test_anchors_are_printed_and_held_against_the_log(filled: StudioApp, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    printed = json.loads(run("anchor", "--out", str(file)))
    assert printed == json.loads(file.read_text())
    lines = tmp_path / "mailed.jsonl"
    lines.write_text(run("anchor") + run("anchor"))
    assert "anchors" in run("verify", "--anchor", str(lines))
    assert "1 anchors" in run("verify", "--anchor", str(file))
    filled.platform.database.execute(Statement("DELETE FROM audit_seals"))
    filled.platform.database.execute(Statement("DELETE FROM audit_log"))
    assert "cut off" in run("verify", "--anchor", str(file), status=1)
    assert CliRunner().invoke(command, ["audit", "anchor", "--url", "ftp://x"]).exit_code == 1


def test_an_export_is_verified_elsewhere(filled: StudioApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "export.jsonl"
    run("export", "--out", str(file))
    assert run("export").count("\n") >= 5
    assert run("export", "--format", "csv").count("things.change") == 3
    assert run("export", "--since", "2999-01-01T00:00:00Z", "--format", "csv").count("\n") == 1
    run("export", "--since", "yesterday", status=2)
    run("export", "--until", "2999-01-01T00:00:00Z", "--out", str(tmp_path / "early.jsonl"))
    assert "the moment of its anchor" in run("verify", "--file", str(tmp_path / "early.jsonl"))
    (key,) = json.loads(run("keys", "--json"))
    monkeypatch.setenv("STUDIO_DATABASE_URL", "nothing://")
    text = run("verify", "--file", str(file), "--public-key", key["public_key"])
    assert "The export holds." in text
    assert f"from the beginning to {json.loads(file.read_text().splitlines()[0])['until']}" in text
    assert "not whose it is" in run("verify", "--file", str(file))
    file.write_text(file.read_text().replace("things.change", "things.chance", 1))
    assert "The export doesn't hold." in run("verify", "--file", str(file), status=1)


def test_a_key_is_rotated_and_shown(filled: StudioApp, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``studio audit rotate-key`` and ``studio audit keys``."""
    run("seal")
    newest = json.loads(run("rotate-key", "--json"))
    assert (home / "audit-anchors.jsonl").exists()
    keys = json.loads(run("keys", "--reveal", "--json"))
    assert [key["id"] for key in keys][-1] == newest["id"]
    assert keys[-1]["secret"] in (home / "audit.keys").read_text()
    assert keys[-1]["secret"] not in run("keys")
    assert "is as it was written" in run("verify")
    monkeypatch.setenv("STUDIO_AUDIT_KEYS", ",".join(key["secret"] for key in keys))
    assert "is as it was written" in run("verify")
    run("rotate-key", status=1)


def test_entries_from_before_the_seal_are_adopted_when_asked(filled: StudioApp) -> None:
    filled.platform.database.execute(Statement("UPDATE audit_log SET mac = ''"))
    assert "studio audit adopt" in run("verify", status=1)
    assert json.loads(run("adopt", "--yes", "--json"))["adopted"] == 3
    run("seal", "--json")
    assert "is as it was written" in run("verify")


def test_entries_are_deleted_after_audit_kept_days(home: Path) -> None:
    app = StudioApp(home, plugins=[], overrides={"audit_kept_days": 30})
    app.platform.database.insert(AuditRow, app.platform.audit.entry(CallContext(SYSTEM, "things.change"), 200))
    app.platform.sealer.seal()
    app.clock.advance(31 * 86_400)
    app.platform.jobs.enqueue("kernel.prune")
    app.run_jobs()
    counted: Any = app.platform.database.value(Statement("SELECT COUNT(*) FROM audit_log"))
    app.close()
    assert counted == 0
    assert "1 seals are without entries" in run("verify")
