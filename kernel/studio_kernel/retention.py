"""How long things are kept: what plugins declare, counted for a plan and deleted by one job."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_kernel.clock import later
from studio_kernel.errors import ServiceUnavailable, StudioError
from studio_kernel.plugins import describe
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_log = logging.getLogger(__name__)

RETAIN = "kernel.prune"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Retention:
    """One kind of thing that is deleted at an age.

    ``days`` come from the setting of that full name, empty where the age is fixed; 0 keeps for ever. ``due`` counts
    what is older than ``:before``; ``delete`` deletes up to ``:limit`` of it, and is run until nothing is left. Where a
    statement can't do it, ``delete`` is a function that gets the days and tells how many it deleted.
    """

    name: str
    summary: str
    days: float
    setting: str
    due: Statement | Callable[[float], int]
    delete: Statement | Callable[[float], int]


@dataclass(frozen=True, slots=True)
class Due:
    """One line of a plan: how much of a kind is due. ``days`` 0 means that it is kept for ever.

    ``problem`` says why nobody can count it; a declaration that goes wrong doesn't hide the others.
    """

    name: str
    summary: str
    setting: str
    days: float
    due: int
    problem: str = ""


@dataclass(slots=True)
class Retentions:
    """The declarations of one application, at work."""

    platform: Platform
    declared: Sequence[Retention]

    def plan(self) -> Iterator[Due]:
        """What would be deleted now; nothing is."""
        for each in self.declared:
            due, problem = 0, ""
            try:
                due = self._count(each) if each.days > 0 else 0
            except StudioError:
                raise
            except Exception as error:
                problem = describe(error)
            yield Due(each.name, each.summary, each.setting, each.days, due, problem)

    def run(self) -> dict[str, int]:
        """Delete what is due, some rows a transaction; how many of each kind. One that fails doesn't stop the rest.

        :raises ServiceUnavailable: afterwards, naming those that failed.
        """
        deleted = {}
        failures: dict[str, Exception] = {}
        for each in self.declared:
            if each.days <= 0:
                continue
            try:
                deleted[each.name] = self._delete(each)
            except Exception as error:
                _log.warning("what is old of %s could not be deleted", each.name, exc_info=True)
                failures[each.name] = error
        if failures:
            told = "; ".join(f"{name}: {describe(error)}" for name, error in failures.items())
            raise ServiceUnavailable(f"Not all that is too old could be deleted: {told}")
        return deleted

    def _count(self, each: Retention) -> int:
        if not isinstance(each.due, Statement):
            return each.due(each.days)
        return int(self.platform.database.value(each.due, before=self._before(each)))

    def _delete(self, each: Retention) -> int:
        if not isinstance(each.delete, Statement):
            return each.delete(each.days)
        deleted = 0
        while part := self.platform.database.execute(each.delete, before=self._before(each), limit=_AT_ONCE):
            deleted += part
        return deleted

    def _before(self, each: Retention) -> str:
        return later(self.platform.clock(), -each.days * 86_400)
