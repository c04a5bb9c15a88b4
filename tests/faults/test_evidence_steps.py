"""A process that dies at any step of a change leaves the state before it or the state after it, never one between."""

from __future__ import annotations

import hashlib
import signal
from typing import Any

import pytest
from support import whole
from support.fleet import Fleet
from support.steps import CONTENT

BEFORE = b"# What was there before\n"
NEW = hashlib.sha256(CONTENT).hexdigest()


def _piece(scene: Any) -> dict[str, Any]:
    from studio_evidence.service.intake import Arrival
    from studio_evidence.service.pieces import Pieces
    from studio_kernel.security.principal import Principal

    person = Principal("user", scene.uploader, scene.uploader, "admin", frozenset(("read", "write")))
    with scene.platform.files.stage() as staged:
        staged.write(BEFORE)
        given = {"title": "Old", "description": "", "project_id": scene.project_id, "tags": ["x"]}
        dates = dict.fromkeys(("period_start", "period_end", "valid_until"))
        given |= {**dates, "control_id": scene.controls[0]}
        return Pieces(scene.platform).upload(person, Arrival("old.md", staged), given)


@pytest.mark.parametrize("change", ["upload", "version", "review", "delete"])
def test_a_change_that_dies_at_any_step_is_there_as_a_whole_or_not_at_all(make_scene: Any, change: str) -> None:
    scene = make_scene()
    step, code, unreferred = 0, -signal.SIGKILL, 0
    with Fleet(scene.settings) as fleet:
        while code:
            assert code == -signal.SIGKILL, fleet.complaints
            step += 1
            piece = _piece(scene) if change != "upload" else None
            arguments = [scene.project_id, scene.controls[1]] if piece is None else [piece["id"]]
            who = scene.reviewer if change == "review" else scene.uploader
            code = fleet.wait(fleet.start("step", change, step, who, *arguments))
            unreferred += bool(whole.kept(scene.platform) - whole.referred(scene.platform))
            assert whole.problems(scene.platform) == [], f"after step {step}"
    assert step > 15
    assert bool(unreferred) == (change in ("upload", "version")), "no step lies between file and row"
    assert (NEW in whole.referred(scene.platform)) == (change in ("upload", "version"))
    whole.sweep_later(scene.platform)
    assert whole.kept(scene.platform) == whole.referred(scene.platform)
    assert not list((scene.platform.home / "files" / ".staging").iterdir())
