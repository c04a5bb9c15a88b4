"""The list of plugins' commands is kept, and found anew as soon as anything that it depends on has changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_kernel import command_list

COMMANDS = [("users", "List  accounts,\nand more."), ("graph", "")]


@pytest.fixture
def finds() -> list[int]:
    """One for each time that the plugins were asked."""
    return []


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a plugin; STUDIO_HOME is a folder that exists."""
    (tmp_path / "home").mkdir()
    (tmp_path / "site").mkdir()
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_CONFIG", raising=False)
    monkeypatch.delenv("STUDIO_PLUGINS_DISABLED", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    file = tmp_path / "plugin.py"
    file.touch()
    return file


def ask(finds: list[int], *files: Path) -> list[tuple[str, str]]:
    def find() -> tuple[list[tuple[str, str]], list[str]]:
        finds.append(1)
        return COMMANDS, [str(file) for file in files]

    return command_list.kept(find)


def test_the_plugins_are_asked_once(finds: list[int], plugin: Path) -> None:
    assert ask(finds, plugin) == COMMANDS
    assert ask(finds, plugin) == [("users", "List accounts, and more."), ("graph", "")]
    assert len(finds) == 1


CHANGES: dict[str, Callable[[Path, pytest.MonkeyPatch], object]] = {
    "a plugin changes": lambda plugin, patch: os.utime(plugin, ns=(1, 1)),
    "a plugin's file is gone": lambda plugin, patch: plugin.unlink(),
    "a distribution is installed": lambda plugin, patch: (plugin.parent / "site" / "more.dist-info").mkdir(),
    "another place is searched": lambda plugin, patch: patch.setattr(sys, "path", [*sys.path, str(plugin.parent)]),
    "the settings appear": lambda plugin, patch: (plugin.parent / "home" / "studio.toml").touch(),
    "plugins are disabled by a file": lambda plugin, patch: patch.setenv("STUDIO_PLUGINS_DISABLED_FILE", str(plugin)),
    "plugins are disabled": lambda plugin, patch: patch.setenv("STUDIO_PLUGINS_DISABLED", "graph"),
    "the file is damaged": lambda plugin, patch: (plugin.parent / "home" / "commands.list").write_bytes(b"\xff\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_they_are_asked_again_when(
    change: str, finds: list[int], plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(finds, plugin)
    CHANGES[change](plugin, monkeypatch)
    assert ask(finds, plugin) == COMMANDS
    assert len(finds) == 2


def test_a_list_that_depends_on_no_file_is_not_kept(finds: list[int], plugin: Path) -> None:
    ask(finds)
    ask(finds)
    assert len(finds) == 2
    assert list((plugin.parent / "home").iterdir()) == []


def test_nothing_is_kept_without_an_install(finds: list[int], plugin: Path) -> None:
    (plugin.parent / "home").rmdir()
    assert ask(finds, plugin) == COMMANDS
    assert ask(finds, plugin) == COMMANDS
    assert not (plugin.parent / "home").exists()
