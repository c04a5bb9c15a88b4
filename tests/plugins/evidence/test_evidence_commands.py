"""``studio projects`` and ``studio evidence``: the whole life of a project from the command line, as named people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio_kernel.cli import studio
from studio_kernel.errors import Forbidden, NotFound, StudioError, ValidationFailed
from studio_kernel.storage.files import key_of

MANAGER, MEMBER, AUDITOR = (f"{name}@example.org" for name in ("manager", "member", "auditor"))


class Terminal:
    """Runs commands against one home; ``as_`` is the account that acts."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str, as_: str = "", code: int = 0, stdin: str | None = None) -> str:
        """What a command prints."""
        arguments = [*words, *(["--as", as_] if as_ else [])]
        result = CliRunner().invoke(studio, arguments, input=stdin, catch_exceptions=True)
        if isinstance(result.exception, StudioError):
            raise result.exception
        assert result.exit_code == code, (result.output, result.exception)
        return result.stdout

    def json(self, *words: str, **options: Any) -> Any:
        """What a command prints with ``--json``."""
        return json.loads(self.run(*words, "--json", **options))


ENVIRONMENT = {
    "STUDIO_PLUGINS_DISABLED": "ai,webhooks",
    "STUDIO_AUTH_ARGON2_MEMORY_KIB": "8",
    "STUDIO_AUTH_ARGON2_TIME_COST": "1",
}


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with a project of a manager, a member and an auditor, made once, and the project's id."""
    home = tmp_path_factory.mktemp("furnished") / "home"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, "STUDIO_HOME": str(home)}.items():
            patch.setenv(name, value)
        shell = Terminal(home)
        shell.run("init", "--admin-email", "admin@example.org", "--admin-password", "choose a long one")
        for email in (MANAGER, MEMBER, AUDITOR):
            shell.run("users", "create", email, "--role", "customer")
        made = shell.json("projects", "create", "--name", "Yearly", "--framework", "soc2", as_=MANAGER)
        for email, role in ((MEMBER, "team_member"), (AUDITOR, "auditor")):
            shell.run("projects", "add-member", made["id"], email, "--role", role, as_=MANAGER)
    return home, made["id"]


@pytest.fixture
def terminal(furnished: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal at a copy of that home."""
    home = tmp_path / "home"
    shutil.copytree(furnished[0], home)
    for name, value in {**ENVIRONMENT, "STUDIO_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Terminal(home)


@pytest.fixture
def project(furnished: tuple[Path, str]) -> str:
    """The project's id."""
    return furnished[1]


def test_a_project_from_its_creation_to_its_end(terminal: Terminal, project: str) -> None:
    shown = terminal.run("projects", "show", project, as_=MEMBER)
    assert "Frameworks: soc2" in shown
    assert "team_member" in shown
    assert terminal.json("projects", "list", "--status", "active", as_=AUDITOR)[0]["id"] == project
    assert terminal.json("projects", "attach", project, "iso27001", as_=MANAGER)["id"] == "iso27001"
    assert (
        terminal.json("projects", "update", project, "--framework", "iso27001", as_=MANAGER)["framework"] == "iso27001"
    )
    terminal.run("projects", "detach", project, "soc2", as_=MANAGER)
    first, second = (each["id"] for each in terminal.json("projects", "controls", project, "--limit", "2", as_=MEMBER))
    due = ["--due", "2030-01-31T00:00:00Z", "--owner", ""]
    results = terminal.json("projects", "set-control", project, first, second, *due[:2], as_=MANAGER)
    assert [each["ok"] for each in results] == [True, True]
    out = ["--not-applicable", "--reason", "No such system"]
    assert "not_applicable" in terminal.run("projects", "set-control", project, first, *out, as_=MANAGER)
    refused = terminal.run("projects", "set-control", project, first, "--status", "complete", as_=MANAGER, code=1)
    assert "refused: Say why" in refused
    assert "control.changed" in terminal.run("projects", "activity", project, "--limit", "3", as_=MANAGER)
    terminal.run("projects", "remove-member", project, MEMBER, as_=MANAGER)
    with pytest.raises(NotFound):
        terminal.run("projects", "show", project, as_=MEMBER)
    terminal.run("projects", "update", project, "--status", "archived", as_=MANAGER)
    terminal.run("projects", "delete", project, "--yes", as_=MANAGER)
    assert terminal.json("projects", "list", as_="admin@example.org") == []


def test_evidence_from_its_upload_to_its_end(terminal: Terminal, project: str, tmp_path: Path) -> None:
    control, other = (each["id"] for each in terminal.json("projects", "controls", project, "--limit", "2", as_=MEMBER))
    file = tmp_path / "policy.md"
    file.write_bytes(b"# Policy\n")
    about = ["--project", project, "--title", "Policy"]
    made = terminal.json("evidence", "upload", str(file), *about, "--control", control, "--tag", "a", as_=MEMBER)
    name = made["id"]
    assert (made["file_name"], made["status"], made["tags"]) == ("policy.md", "pending", ["a"])
    terminal.run("evidence", "add-link", "https://example.org/policy", *about, as_=MEMBER)
    terminal.run("evidence", "add-note", "-", *about, as_=MEMBER, stdin="Seen on site\n")
    assert [each["kind"] for each in terminal.json("evidence", "list", "--project", project, as_=AUDITOR)] == [
        "note",
        "link",
        "file",
    ]
    assert "policy.md" in terminal.run("evidence", "list", "--kind", "file", as_=AUDITOR)
    file.write_bytes(b"# Policy 2\n")
    version = terminal.json("evidence", "add-version", name, str(file), "--comment", "Reviewed yearly", as_=MEMBER)
    assert (version["version"], version["comment"]) == (2, "Reviewed yearly")
    assert "Reviewed yearly" in terminal.run("evidence", "versions", name, as_=AUDITOR)
    assert "changed" in terminal.run("evidence", "tag", name, "--add", "b", "--remove", "a", as_=MEMBER)
    assert "changed" in terminal.run("evidence", "link", name, "--control", other, as_=MEMBER)
    assert "refused" in terminal.run("evidence", "link", name, "--control", "ctrl_elsewhere", as_=MEMBER, code=1)
    assert "in_review" in terminal.run("evidence", "submit", name, as_=MEMBER)
    assert "approved" in terminal.run("evidence", "review", name, "approve", "--score", "92", as_=AUDITOR)
    assert terminal.json("evidence", "reviews", name, as_=MEMBER)[0]["score"] == 92
    shown = terminal.json("evidence", "show", name, as_=MEMBER)
    assert (shown["status"], shown["tags"], shown["control_ids"]) == ("approved", ["b"], [control, other])
    assert terminal.run("evidence", "download", name, "--version", "1", "-o", "-", as_=AUDITOR) == "# Policy\n"
    printed = terminal.run("evidence", "download", name, "--output", "copy.md", as_=AUDITOR)
    assert shown["sha256"] in printed
    assert Path("copy.md").read_bytes() == b"# Policy 2\n"
    terminal.run("evidence", "delete", name, "--yes", as_=MANAGER)
    with pytest.raises(NotFound):
        terminal.run("evidence", "show", name, as_=MANAGER)


def test_the_services_decide_as_they_do_for_the_api(terminal: Terminal, project: str, tmp_path: Path) -> None:
    file = tmp_path / "setup.pdf"
    file.write_bytes(b"MZ" + bytes(100))
    about = ["--project", project, "--title", "Policy"]
    with pytest.raises(ValidationFailed) as refusal:
        terminal.run("evidence", "upload", str(file), *about, as_=MEMBER)
    assert "program for Windows" in refusal.value.details["error"]
    made = terminal.json("evidence", "add-note", "Seen", *about, as_=MANAGER)["id"]
    with pytest.raises(Forbidden):
        terminal.run("evidence", "add-note", "Seen", *about, as_=AUDITOR)
    with pytest.raises(Forbidden):
        terminal.run("evidence", "review", made, "approve", as_=MANAGER)
    with pytest.raises(NotFound):
        terminal.run("evidence", "show", made, as_="nobody@example.org")
    terminal.run("users", "disable", MEMBER)
    with pytest.raises(NotFound):
        terminal.run("evidence", "show", made, as_=MEMBER)
    terminal.run("users", "create", "guest@example.org", "--role", "viewer")
    with pytest.raises(Forbidden):
        terminal.run("projects", "create", "--name", "Mine", "--framework", "soc2", as_="guest@example.org")


def test_what_is_done_is_logged_with_the_name_of_who_did_it(terminal: Terminal, project: str) -> None:
    from studio_kernel.app import build_platform
    from studio_kernel.storage.sql import Statement

    terminal.run("evidence", "add-note", "Seen", "--project", project, "--title", "Visit", as_=MEMBER)
    platform = build_platform()
    member = platform.database.value(Statement("SELECT id FROM users WHERE email = :email"), email=MEMBER)
    entry = Statement("SELECT user_id, method FROM audit_log WHERE action = 'cli.evidence.add-note'")
    assert platform.database.rows(entry) == [(member, "CLI")]
    platform.close()


def test_the_operator_sweeps_expires_and_verifies(terminal: Terminal, project: str, tmp_path: Path) -> None:
    about = ["--project", project, "--title", "Visit"]
    made = terminal.json("evidence", "add-note", "Seen", *about, as_=MEMBER)
    assert terminal.json("evidence", "expire") == {"expired": 0}
    assert terminal.json("evidence", "sweep") == {"removed": 0}
    assert "1 files are checked, 0 are" in terminal.run("evidence", "verify")
    stored = terminal.home / "files" / key_of(made["sha256"])
    stored.write_bytes(b"Sean")
    answer = terminal.json("evidence", "verify", code=1)
    assert answer == {"checked": 1, "broken": [made["sha256"]], "evidence": [made["id"]]}
    assert made["id"] in terminal.run("evidence", "verify", code=1)
    with pytest.raises(StudioError):
        terminal.run("evidence", "download", made["id"], "-o", "note.md", as_=MEMBER)
    assert not (tmp_path / "note.md").exists()
    assert not list(tmp_path.glob(".studio-*"))


def test_evidence_is_searched_and_its_index_made_again(terminal: Terminal, project: str) -> None:
    about = ["--project", project, "--title", "Visit", "--tag", "site"]
    made = terminal.json("evidence", "add-note", "Saw the server room locked", *about, as_=MEMBER)
    [found] = terminal.json("evidence", "search", "servers", "lock", "--project", project, as_=AUDITOR)
    assert found["id"] == made["id"]
    printed = terminal.run("evidence", "search", '"server room"', "--kind", "note", as_=AUDITOR)
    assert "text: Saw the [server] [room] locked" in printed
    assert "1 of 1" in printed
    assert terminal.json("evidence", "search", "locked", "--status", "approved", as_=AUDITOR) == []
    assert terminal.json("evidence", "search", "locked", as_="admin@example.org")[0]["id"] == made["id"]
    terminal.run("users", "create", "guest@example.org", "--role", "viewer")
    assert terminal.json("evidence", "search", "locked", as_="guest@example.org") == []
    assert terminal.json("evidence", "reindex") == {"indexed": 1, "resumed": False}
    assert "Indexed 1 pieces" in terminal.run("evidence", "reindex", "--project", project, "--anew")
    assert terminal.json("evidence", "search", "site", "locked", as_=AUDITOR)[0]["id"] == made["id"]


def test_texts_are_read_from_the_command_line(terminal: Terminal, project: str) -> None:
    terminal.run("evidence", "add-note", "Seen", "--project", project, "--title", "Visit", as_=MEMBER)
    assert terminal.json("evidence", "extract") == {"read": 0}
    assert "0 files are read" in terminal.run("evidence", "extract", "--again", "unsupported", "--again", "failed")


def test_a_download_overwrites_nothing_by_accident(terminal: Terminal, project: str, tmp_path: Path) -> None:
    made = terminal.json("evidence", "add-note", "Seen", "--project", project, "--title", "Visit", as_=MEMBER)
    (tmp_path / "note.md").write_text("mine")
    assert terminal.run("evidence", "download", made["id"], as_=MEMBER, code=1) == ""
    assert (tmp_path / "note.md").read_text() == "mine"
    folder = tmp_path / "folder"
    folder.mkdir()
    terminal.run("evidence", "download", made["id"], "-o", str(folder), as_=MEMBER)
    assert (folder / "note.md").read_text() == "Seen"
