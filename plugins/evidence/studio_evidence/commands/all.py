"""``studio evidence`` with every command in it."""

from __future__ import annotations

import studio_evidence.commands.texts
import studio_evidence.commands.upkeep
import studio_evidence.commands.versions  # noqa: F401 - each adds its commands to the group
from studio_evidence.commands.evidence import evidence

__all__ = ["evidence"]
