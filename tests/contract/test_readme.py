"""What the README and ``make run`` promise, done as written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.server import free_port, wait_until

ROOT = Path(__file__).parents[2]
BASH, CURL = shutil.which("bash"), shutil.which("curl")


@pytest.fixture
def demonstration(tmp_path):
    """What ``make run`` starts, with its state below a folder that looks like a checkout."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    environment["STUDIO_HOME"] = str(tmp_path / ".demo")
    port = free_port()
    command = [sys.executable, str(ROOT / "tools" / "demo.py"), "--port", str(port)]
    with (tmp_path / "output.txt").open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.DEVNULL)
    wait_until(lambda: "Studio Platform runs" in (tmp_path / "output.txt").read_text(), 60)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


def test_the_demonstration_prints_address_and_login_and_has_a_living_project(demonstration, tmp_path):
    printed = (tmp_path / "output.txt").read_text()
    login = dict(line.split() for line in printed.splitlines() if line.startswith("  "))
    assert demonstration in printed
    with httpx.Client(base_url=demonstration) as client:
        body = {"email": login["login"], "password": login["password"]}
        tokens = client.post("/api/v1/auth/login", json=body).json()["data"]["tokens"]
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        project = client.get(f"/api/v1/projects/{login['project']}").json()["data"]
    assert project["compliance_score"] > 0
    assert {"complete", "in_progress", "not_started"} == {control["status"] for control in project["controls"]}


@pytest.mark.skipif(not BASH, reason="there is no bash")
@pytest.mark.parametrize("page", ["README.md", "docs/how-to/install.md"])
def test_after_the_install_the_shell_finds_the_command(page, tmp_path):
    command = tmp_path / ".venv" / "bin" / "studio"
    command.parent.mkdir(parents=True)
    command.touch(0o755)
    line = re.search(r"^export STUDIO_HOME=.*$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE).group(0)
    done = subprocess.run(
        [BASH, "-eu", "-c", f"{line}\ncommand -v studio"], cwd=tmp_path, capture_output=True, text=True, timeout=10
    )
    assert done.stdout.strip() == str(command), done.stderr


@pytest.mark.skipif(not (BASH and CURL), reason="the tour is pasted into a shell with curl; one of them isn't here")
def test_the_tour_works_when_pasted(demonstration, tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tour = re.search(r"<!-- tour -->\n```sh\n(.*?)```", readme, re.DOTALL).group(1)
    tour = tour.replace("http://127.0.0.1:8000", demonstration)
    done = subprocess.run([BASH, "-eu", "-c", tour], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"overall_score":0' not in done.stdout
    for promise in (
        "signed in as user_",
        "uploaded ev_",
        '"status":"approved"',
        '"overall_score":',
        "1. ",
        "identical",
    ):
        assert promise in done.stdout


def test_every_file_that_a_document_points_to_is_there():
    pages = [
        ROOT / "README.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("plugins/*/README.md"),
        *ROOT.glob("benchmarks/*.md"),
    ]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} points to {target}"
