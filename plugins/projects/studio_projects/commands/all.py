"""``studio projects`` with every command in it."""

from __future__ import annotations

import studio_projects.commands.controls  # noqa: F401 - adds its commands to the group
from studio_projects.commands.projects import projects

__all__ = ["projects"]
