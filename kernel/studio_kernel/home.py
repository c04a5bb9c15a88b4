"""Where an install is. Imports nothing that takes time: ``studio --help`` asks."""

from __future__ import annotations

import os
from collections.abc import Mapping


def home(environment: Mapping[str, str] | None = None) -> str:
    """``STUDIO_HOME``, or ``~/.studio``; still with its ``~`` where nobody knows whose home that is."""
    named = (os.environ if environment is None else environment).get("STUDIO_HOME", "")
    found = os.path.expanduser(named or "~/.studio")
    return found if found.startswith("~") else os.path.join(os.getcwd(), found)


def config_file(environment: Mapping[str, str] | None = None, folder: str = "") -> str:
    """The ``studio.toml`` that is read: the one that ``STUDIO_CONFIG`` names, or the one in home or in ``folder``."""
    named = (os.environ if environment is None else environment).get("STUDIO_CONFIG", "")
    return named or os.path.join(folder or home(environment), "studio.toml")
