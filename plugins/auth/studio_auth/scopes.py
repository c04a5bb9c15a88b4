"""Scopes that can be given to keys and clients."""

from __future__ import annotations

from collections.abc import Sequence

from studio_kernel.app import Platform
from studio_kernel.errors import ValidationFailed
from studio_kernel.security.principal import BROAD_SCOPES, Principal


def known_scopes(platform: Platform) -> list[str]:
    """The broad scopes, and the finer ones that running operations ask for."""
    finer = {each.needed_scope for each in platform.operations} - {"", *BROAD_SCOPES}
    return [*BROAD_SCOPES, *sorted(finer)]


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
