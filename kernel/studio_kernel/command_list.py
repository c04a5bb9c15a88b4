"""What ``studio --help`` shows of the plugins, kept in STUDIO_HOME.

PERF: finding and importing the plugins costs more than twice what all the rest of ``studio --help`` does. The list is
only shown: a command that is called is always looked for among the plugins themselves.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

from studio_kernel.home import config_file, home

_FILE = "commands.list"
_FORM = "studio commands 1"

Shown = tuple[str, str]
"""A command's name and summary."""
Watched = str
"""A file or folder that decides which commands there are."""


def kept(find: Callable[[], tuple[Iterable[Shown], Iterable[Watched]]]) -> list[Shown]:
    """The list, as kept if nothing that it depends on has changed, else as ``find`` finds it, and kept if possible.

    ``find`` also tells which files it depends on, beside the places where distributions are and the settings; none
    at all when it is not worth keeping.
    """
    path = os.path.join(home(), _FILE)
    found = _read(path)
    if found is None:
        commands, watched = find()
        found, files = list(commands), list(watched)
        if files:
            _write(path, found, files)
    return found


def _read(path: str) -> list[Shown] | None:
    try:
        with open(path, encoding="utf-8") as file:
            head, places, *lines = file.read().split("\n")
    except (OSError, ValueError):
        return None
    if head != _head() or places != _state(_places()):
        return None
    files, _, shown = "\n".join(lines).partition("\n\n")
    if any(line != _state([line.rpartition("\t")[0]]) for line in files.split("\n")):
        return None
    pairs = (line.partition("\t") for line in shown.split("\n"))
    return [(name, summary) for name, tab, summary in pairs if tab]


def _write(path: str, commands: Iterable[Shown], files: Iterable[Watched]) -> None:
    """In one go, so that nobody reads half of it; not at all where there is no STUDIO_HOME or no right to write."""
    lines = [_head(), _state(_places()), *(_state([each]) for each in files), ""]
    lines += [f"{name}\t{' '.join(summary.split())}" for name, summary in commands]
    try:
        with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        os.replace(file.name, path)
    except OSError:
        return


def _head() -> str:
    return "\t".join([_FORM, sys.version.split()[0], os.environ.get("STUDIO_PLUGINS_DISABLED", "unset")])


def _places() -> list[str]:
    """Where distributions are, and what says which plugins stay out."""
    return [*sys.path, config_file(), os.environ.get("STUDIO_PLUGINS_DISABLED_FILE", "")]


def _state(paths: Iterable[str]) -> str:
    """Paths, each with when it was changed."""
    parts = []
    for path in paths:
        try:
            moment = os.stat(path).st_mtime_ns
        except OSError:
            moment = 0
        parts.append(f"{path}\t{moment}")
    return "\t".join(parts)
