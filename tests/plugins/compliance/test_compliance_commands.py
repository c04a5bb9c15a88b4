"""``studio compliance``: where projects stand, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from studio_compliance.score_commands import compliance
from studio_kernel.cli import run as run_studio
from studio_kernel.testing.app import StudioApp


@pytest.fixture
def home(make_studio: Any, tmp_path: Path) -> tuple[StudioApp, Path, str]:
    """A project with one approved piece of evidence, in a home that commands open too."""
    app = make_studio(home=tmp_path / "home")
    admin, reviewer = app.client("admin"), app.client("admin")
    body = {"name": "Assessment", "framework": "soc2"}
    project = admin.post("/api/v1/projects", json=body).json()["data"]["id"]
    control = next(each.id for each in app.platform.frameworks.get("soc2").controls if each.number == "CC6.1")
    fields = {"title": "Access policy", "project_id": project, "control_id": control}
    files = {"file": ("policy.md", b"# Policy\n\nEverybody must.\n", "text/markdown")}
    piece = admin.post("/api/v1/evidence", data=fields, files=files).json()["data"]["id"]
    body = {"decision": "approve", "score": 90}
    assert reviewer.post(f"/api/v1/evidence/{piece}/reviews", json=body).status_code == 201
    return app, tmp_path / "home", project


def run(home: Path, *words: str) -> Result:
    done = CliRunner().invoke(compliance, list(words), env={"STUDIO_HOME": str(home)})
    assert done.exit_code == 0, done.output
    return done


def test_studio_compliance_score_tells_what_the_api_tells(home: tuple[StudioApp, Path, str]) -> None:
    app, folder, project = home
    path = "/api/v1/compliance/score"
    shown = app.client("admin").get(path, params={"project_id": project, "explain": "true"}).json()["data"]
    assert json.loads(run(folder, "score", project, "--explain", "--json").output) == shown
    text = run(folder, "score", project, "--explain").output
    assert "of 100, critical" in text
    assert "provide_evidence" in text
    assert "1 of 61 controls" in run(folder, "score", project).output


def test_studio_compliance_gaps_trends_and_projection(home: tuple[StudioApp, Path, str]) -> None:
    """`studio compliance gaps`, `studio compliance trends`, `studio compliance projection`."""
    _, folder, project = home
    gaps = json.loads(run(folder, "gaps", project, "--severity", "critical", "--json").output)
    assert {gap["severity"] for gap in gaps["gaps"]} == {"critical"}
    assert "CC1.1" in run(folder, "gaps", project).output
    assert len(json.loads(run(folder, "trends", project, "--days", "7", "--json").output)["points"]) == 1
    assert "SCORE" in run(folder, "trends", project).output
    assert "of 100 in iso27001" in run(folder, "projection", project, "iso27001").output


def test_studio_compliance_recompute_leaves_what_was_right(home: tuple[StudioApp, Path, str]) -> None:
    app, folder, project = home
    before = app.client("admin").get("/api/v1/compliance/score", params={"project_id": project}).json()["data"]
    assert json.loads(run(folder, "recompute", "--json").output) == {"recomputed": 1}
    assert "1 recomputed" in run(folder, "recompute", project).output
    after = app.client("admin").get("/api/v1/compliance/score", params={"project_id": project}).json()["data"]
    assert after == before


def test_a_project_that_is_not_there_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        run_studio(lambda: compliance(["recompute", "proj_none"], standalone_mode=False))
    assert ended.value.code == 1
    assert "There is no project proj_none" in capsys.readouterr().err
