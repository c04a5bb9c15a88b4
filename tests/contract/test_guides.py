"""What the documentation shows is what works: snippets stand in files, files run, commands exist."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from support.server import PASSWORD, serve

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "examples" / "guides"
PAGES = sorted(ROOT.glob("docs/**/*.md"))
_SNIPPET = re.compile(r"^`(examples/\S+)`\n\n```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)
SNIPPETS = [(page, file, code) for page in PAGES for file, code in _SNIPPET.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_snippets_stand_in_the_files_that_they_name(page):
    for file, code in _SNIPPET.findall(page.read_text(encoding="utf-8")):
        assert code in (ROOT / file).read_text(encoding="utf-8"), file


def test_each_guide_is_shown_somewhere():
    shown = {file for _, file, _ in SNIPPETS}
    for guide in GUIDES.glob("*.*"):
        assert guide.relative_to(ROOT).as_posix() in shown, guide.name


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A platform with the demonstration's accounts, and what the guides take from their environment."""
    folder = tmp_path_factory.mktemp("guides")
    with serve(folder / "home", STUDIO_AI_EMBEDDINGS="false") as running, contextlib.closing(running.client()) as admin:
        for email, role in (("admin@example.org", "admin"), ("reviewer@example.org", "auditor")):
            body = {"email": email, "name": role.title(), "role": role, "password": PASSWORD}
            admin.post("/api/v1/users", json=body).raise_for_status()
        (folder / ".demo").mkdir()
        (folder / ".demo" / "demo-password").write_text(PASSWORD)
        key = admin.post("/api/v1/api-keys", json={"name": "Guides", "scopes": ["read", "write", "admin"]}).json()
        body = {"name": "Export", "grant_types": ["client_credentials"], "scopes": ["read"]}
        client = admin.post("/api/v1/oauth/clients", json=body).json()["data"]
        running.environment |= {
            "STUDIO": running.base,
            "STUDIO_KEY": key["api_key"],
            "CLIENT_ID": client["client_id"],
            "CLIENT_SECRET": client["client_secret"],
        }
        yield running


@pytest.mark.parametrize(
    ("guide", "promises"),
    [
        ("first_ten_minutes.py", ("score at the start: 0", "reviewed: approved", "next: CC", "you'll need")),
        ("connect_client.py", ("done",)),
        ("import_framework.py", ("imported house-rules 1", "HR-2 Suppliers")),
        ("draft_policy.py", ("of 100", "kept as ev_")),
    ],
)
def test_a_guide_runs_as_it_stands(studio, guide, promises):
    environment = os.environ | studio.environment
    command = [sys.executable, str(GUIDES / guide)]
    done = subprocess.run(
        command, env=environment, cwd=studio.home.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for promise in promises:
        assert promise in done.stdout
    moved = re.search(r"score now: (\d+)", done.stdout)
    assert moved is None or int(moved[1]) > 0


def test_signing_in_with_studio_goes_as_the_guide_says(studio, monkeypatch):
    monkeypatch.syspath_prepend(str(GUIDES))
    import sign_in_with_studio as guide

    back = "https://desk.example.org/callback"
    with contextlib.closing(studio.client()) as admin:
        body = {"name": "Audit desk", "redirect_uris": [back], "scopes": ["read"], "confidential": False}
        client = admin.post("/api/v1/oauth/clients", json=body).json()["data"]["client_id"]
    address, state, verifier = guide.begin(studio.base, client, back)
    with httpx.Client() as browser:
        page = browser.get(address).text
        hidden = dict(re.findall(r'<input type="?hidden"? name="?([a-z_]+)"? value="([^"]*)"', page))
        form = hidden | {"email": "admin@example.org", "password": PASSWORD, "decision": "allow"}
        sent = browser.post(f"{studio.base}/oauth/authorize", data=form)
    answer = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    assert answer["state"] == state
    assert guide.finish(studio.base, client, back, answer["code"], verifier)["token_type"] == "Bearer"


@pytest.fixture(scope="module")
def commands():
    """The whole command line as the reference has it: each command with its options."""
    text = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    parts = re.findall(r"^## `studio ([^`]+)`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: set(re.findall(r"(?<![\w-])--[a-z-]+", body)) for name, body in parts}


def test_commands_that_are_shown_exist_and_take_their_options(commands):
    for page in [ROOT / "README.md", *(each for each in PAGES if each.parent.name != "reference")]:
        for line in _command_lines(page.read_text(encoding="utf-8")):
            words = shlex.split(line, comments=True)
            words = words[next(at for at, each in enumerate(words) if each.endswith("studio")) + 1 :]
            name = max((" ".join(words[:count]) for count in (1, 2) if " ".join(words[:count]) in commands), default="")
            assert name, f"{page.name}: {line}"
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert options <= commands[name], f"{page.name}: {line}"


def _command_lines(text: str) -> list[str]:
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    return [line for line in blocks.splitlines() if re.match(r"\s*(?:[A-Z_]+=\S+ )*(?:\S*/)?studio [a-z]", line)]
