"""Puts the JavaScript client into what is built; an editable install reads it where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ClientHook(BuildHookInterface[Any]):
    """``studio_portal/sdk`` is the client's ``src``, from the repository or as the source archive carries it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build; ``version`` is ``editable`` or ``standard``."""
        client = Path(self.root).parents[1] / "sdk" / "javascript" / "src"
        if version != "editable" and client.is_dir():
            build_data["force_include"][str(client)] = "studio_portal/sdk"
