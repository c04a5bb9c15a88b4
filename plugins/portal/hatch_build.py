"""Puts the JavaScript client and the documentation into what is built; an editable install reads both in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# As `studio_portal.docs.repository` reads them.
_TEXTS = ("README.md", "CHANGELOG.md", "docs", "plugins/*/README.md", "sdk/*/README.md", "examples", "benchmarks/*.md")
_LEFT_OUT = {"__pycache__", ".pytest_cache", "build", "dist"}


class OutsideHook(BuildHookInterface[Any]):
    """``studio_portal/sdk`` is the client's ``src``, ``studio_portal/repository`` the texts under their own paths.

    Both come from the repository, or as the source archive carries them.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build; ``version`` is ``editable`` or ``standard``."""
        repository = Path(self.root).parents[1]
        client = repository / "sdk" / "javascript" / "src"
        if version == "editable" or not client.is_dir():
            return
        build_data["force_include"][str(client)] = "studio_portal/sdk"
        for text in _texts(repository):
            place = text.relative_to(repository).as_posix()
            build_data["force_include"][str(text)] = f"studio_portal/repository/{place}"


def _texts(repository: Path) -> Iterator[Path]:
    """Each file of the documentation."""
    for pattern in _TEXTS:
        for found in repository.glob(pattern):
            for file in found.rglob("*") if found.is_dir() else (found,):
                if file.is_file() and not _LEFT_OUT.intersection(file.parts):
                    yield file
