"""Where the texts are, and which files of the repository have a page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

# What is told to readers. APPSEC: pages are for everybody, so this names what may be shown: a checkout also holds what
# an operator put there. Other files have no page, and the name in a link to one stays plain text.
SHOWN = (
    "README.md",
    "CHANGELOG.md",
    "docs/**/*.md",
    "plugins/*/README.md",
    "sdk/*/README.md",
    "examples/**/*",
    "benchmarks/*.md",
)
_HIDDEN = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "build", "dist"}
_LARGEST = 200_000


class NoTexts(Exception):
    """There is neither a checkout around the package nor a copy of the texts in it."""


class Repository:
    """The texts of a checkout, or their copy in the installed package, under the same relative paths."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def files(self) -> dict[str, Path]:
        """Every file that has a page, by its path in the repository, in alphabetic order."""
        found = {file.relative_to(self.root).as_posix(): file for pattern in SHOWN for file in self.root.glob(pattern)}
        return {path: found[path] for path in sorted(found) if _is_shown(PurePosixPath(path), found[path])}

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds such a file, at any depth."""
        parents = (parent for path in self.files for parent in PurePosixPath(path).parents)
        return frozenset(parent.as_posix() for parent in parents) - {"."}

    def text(self, path: str) -> str:
        """What a file says; ``KeyError`` when it has no page."""
        return self.files[path].read_text(encoding="utf-8")

    def inside(self, folder: str) -> Iterator[str]:
        """Files and folders directly in a folder, folders first."""
        prefix = PurePosixPath(folder)
        yield from sorted(each for each in self.folders if PurePosixPath(each).parent == prefix)
        yield from (each for each in self.files if PurePosixPath(each).parent == prefix)


def installed() -> Repository:
    """The copy in the package, or the checkout that the package is run from."""
    package = Path(__file__).parents[1]
    for root in (package / "repository", package.parents[2]):
        if (root / "docs" / "navigation.yaml").is_file():
            return Repository(root)
    raise NoTexts("The documentation isn't in this install: neither studio_portal/repository nor a checkout around it")


def _is_shown(path: PurePosixPath, file: Path) -> bool:
    if any(part in _HIDDEN or part.startswith(".") or part.endswith(".egg-info") for part in path.parts):
        return False
    if not file.is_file() or not 0 < file.stat().st_size <= _LARGEST:
        return False
    return b"\0" not in file.read_bytes()
