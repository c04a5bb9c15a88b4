"""Scopes that can be given to keys and clients."""

from __future__ import annotations

from collections.abc import Sequence

from studio_kernel.app import Platform
from studio_kernel.errors import ValidationFailed
from studio_kernel.http.operations import PUBLIC, Operation
from studio_kernel.security.permissions import area_scope
from studio_kernel.security.principal import BROAD_SCOPES, Principal

_BROAD_TEXTS = {
    "read": "See what you can see",
    "write": "Change what you can change",
    "admin": "Administer the platform as you can",
}


def known_scopes(platform: Platform) -> list[str]:
    """The broad scopes, and the finer ones that running operations can be reached with.

    Plugins register a finer scope by declaring an operation: the scope that it asks for, and ``read`` or ``write`` of
    its permission's area.
    """
    finer = {scope for each in platform.operations for scope in _scopes_of(each)} - {"", *BROAD_SCOPES}
    return [*BROAD_SCOPES, *sorted(finer)]


def scope_text(platform: Platform, scope: str) -> str:
    """What a scope lets an application do, for the person who is asked for it."""
    if scope in _BROAD_TEXTS:
        return _BROAD_TEXTS[scope]
    reached = sorted({each.summary for each in platform.operations if scope in _scopes_of(each)})
    more = f", and {len(reached) - 4} more" if len(reached) > 4 else ""
    return f"{scope}: {'; '.join(reached[:4])}{more}"


def _scopes_of(each: Operation) -> tuple[str, ...]:
    """The finer scopes that reach an operation; the broad one that it asks for, where it asks for one."""
    if each.permission == PUBLIC:
        return ()
    return each.needed_scope, area_scope(each.permission, each.needed_scope)


def check_scopes(platform: Platform, caller: Principal, wanted: Sequence[str]) -> list[str]:
    """``wanted`` without repetitions; refused when one is unknown or more than the caller has.

    :raises ValidationFailed: naming the place of each scope that can't be given.
    """
    known = known_scopes(platform)
    problems: list[tuple[str, str]] = []
    for number, scope in enumerate(wanted):
        if scope not in known:
            problems.append((f"scopes.{number}", f"Unknown scope; known are: {', '.join(known)}"))
        elif not caller.has_scope(scope):
            problems.append((f"scopes.{number}", "Is more than your own credential allows"))
    if problems:
        raise ValidationFailed.of(problems)
    return list(dict.fromkeys(wanted))
