"""What plugins declare, taken in one plugin at a time, each claim belonging to one owner."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from studio_kernel.errors import ConfigurationError
from studio_kernel.plugins import HookProblem, PluginManager, PluginRecord, described

_log = logging.getLogger(__name__)

Claim = tuple[str, str]
"""What is claimed: a kind in words, and the name."""


class ClaimTaken(Exception):
    """Something belongs to another plugin already; the text names both."""


@dataclass(slots=True)
class Claims:
    """Who owns what: routes, tables, id prefixes, events, permissions, settings, commands, jobs, frameworks."""

    _owners: dict[Claim, str] = field(default_factory=dict)

    def take(self, owner: str, claims: Iterable[Claim]) -> None:
        """Give all of ``claims`` to ``owner``, or none of them."""
        fresh = list(claims)
        seen: set[Claim] = set()
        for kind, name in fresh:
            taken = self._owners.get((kind, name), owner if (kind, name) in seen else "")
            if taken:
                raise ClaimTaken(f"the {kind} {name!r} is claimed by both {taken!r} and {owner!r}")
            seen.add((kind, name))
        self._owners.update(dict.fromkeys(fresh, owner))

    def release(self, owner: str) -> None:
        """Take everything back from a plugin that was left out."""
        self._owners = {claim: name for claim, name in self._owners.items() if name != owner}

    def owner(self, kind: str, name: str) -> str:
        """Whose it is, or an empty text."""
        return self._owners.get((kind, name), "")


def checked(hook: str, kind: type, found: list[Any]) -> list[Any]:
    """What a hook returned, each of the type that it asks for; ``HookProblem`` says what was found instead."""
    for each in found:
        fits = issubclass(each, kind) if isinstance(each, type) else isinstance(each, kind)
        if not fits or isinstance(each, type) != (kind.__name__ in _CLASSES):
            raise HookProblem(f"{hook} returned {str(each)[:80]!r}, which is no {kind.__name__}")
    return found


def called_plainly(what: str, function: Any) -> Iterator[str]:
    """What is wrong with something that a plugin gives to be called; nobody would await a coroutine."""
    if not callable(function):
        yield f"{what} is {str(function)[:80]!r}, which can't be called"
    elif inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        yield f"{what} is an `async def`; a plain function is needed, it runs in a thread of its own"


# Declared as classes; everything else as objects.
_CLASSES = ("Section", "Table")


def collect(
    manager: PluginManager,
    claims: Claims,
    gather: Callable[[PluginRecord], tuple[Any, list[Claim]]],
) -> dict[str, Any]:
    """Run ``gather`` for each active plugin; what it declares, by plugin.

    A third-party plugin that fails or claims what is taken is left out, with all that depend on it; a built-in
    one stops the start.
    """
    gathered: dict[str, Any] = {}
    for record in list(manager.active):
        if record.state != "active":
            continue
        try:
            declared, wanted = gather(record)
            claims.take(record.name, wanted)
            gathered[record.name] = declared
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            _refuse(manager, record, error)
    for record in manager.records:
        if record.state == "left out" and manager.record(record.name) is record:
            claims.release(record.name)
            gathered.pop(record.name, None)
    return gathered


def _refuse(manager: PluginManager, record: PluginRecord, error: BaseException) -> None:
    """Leave a plugin out for what it did; a mistake inside a built-in one passes on as it is."""
    if isinstance(error, ClaimTaken):
        reason, public_reason = str(error), ""
    elif isinstance(error, ConfigurationError):
        reason, public_reason = "; ".join(error.problems), ""
    elif record.built_in and not isinstance(error, SystemExit):
        raise error
    else:
        _log.debug("declaring failed", exc_info=error)
        reason, public_reason = described("failed while it declared", error)
    manager.leave_out(record, reason, public_reason)
