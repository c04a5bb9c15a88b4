"""The page on working with evidence does what it says: its commands are run as they stand, on a server of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.server import serve
from support.warm_studio import warm_studio

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "evidence.md"
BASH, CURL = shutil.which("bash"), shutil.which("curl")


@pytest.mark.skipif(not (BASH and CURL), reason="the page is for a shell with curl; one of them isn't here")
def test_the_page_works_when_pasted(tmp_path: Path) -> None:
    blocks = dict(re.findall(r"<!-- run: (\w+) -->\n```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    assert list(blocks) == ["people", "cli", "curl"]
    (tmp_path / "bin").mkdir()
    with (
        serve(tmp_path / "home", STUDIO_PLUGINS_DISABLED="ai,webhooks") as server,
        warm_studio(tmp_path / "bin") as commands_folder,
    ):
        commands = f"{commands_folder}{os.pathsep}{os.environ['PATH']}"
        environment = {**server.environment, "PATH": commands}

        def paste(name: str) -> str:
            script = blocks[name].replace("http://127.0.0.1:8000", server.base)
            command = [str(BASH), "-euo", "pipefail", "-c", script]
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
            )
            assert done.returncode == 0, f"{name}: {done.stdout[-800:]}\n{done.stderr[-800:]}"
            return done.stdout

        paste("people")
        printed = paste("cli")
        found = ("iso27001", "not_applicable", "in_review", "approved", "Says who approves", "[Team] [leads]")
        for promise in (*found, "0 are missing"):
            assert promise in printed, promise
        assert (tmp_path / "first-version.md").read_text().endswith("of their own.\n")
        printed = paste("curl")
        found = ('"changed":1,"failed":1', "Say why", "identical", '"match":true', "\nname\n", "\n304\n", "\n409\n")
        for promise in (*found, "deleted"):
            assert promise in printed, promise
