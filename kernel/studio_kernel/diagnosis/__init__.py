"""What `studio doctor` looks for: misconfigurations and troubles, each with a name, what is wrong and what to do.

The list is in docs/operations.md; plugins add to it by ``studio_diagnoses``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, and what to do; a ``serious`` one keeps the platform from working."""

    what: str
    to_do: str
    serious: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One look at the install. ``look`` answers None where all is well; what it raises is a serious trouble."""

    name: str
    look: Callable[[], Trouble | None]
    to_do: str = "look at the log"
    serious: bool = True
    """Whether an exception of ``look`` is serious; the advice for it is ``to_do``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one look."""

    check: str
    ok: bool = True
    needed: bool = False
    reason: str = ""
    to_do: str = ""


def examine(diagnosis: Diagnosis) -> Finding:
    """Take one look."""
    from studio_kernel.errors import StudioError, reason_of

    try:
        trouble = diagnosis.look()
        if not isinstance(trouble, Trouble | None):
            raise TypeError(f"the look answered {str(trouble)[:80]!r}, neither a Trouble nor None")
    except (Exception, SystemExit) as error:
        reason = reason_of(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
        trouble = Trouble(" ".join(reason.split()), diagnosis.to_do, diagnosis.serious)
    if trouble is None:
        return Finding(diagnosis.name, needed=diagnosis.serious)
    return Finding(diagnosis.name, False, trouble.serious, trouble.what, trouble.to_do)
