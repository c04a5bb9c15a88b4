"""What plugins bring by a hook of this plugin: things with a name."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.plugins import PluginRecord

_log = logging.getLogger(__name__)


class Named(Protocol):
    """Something with a name that is unique among what a hook brings."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def declared(platform: Platform, hook: str, kind: type[N], taken: Collection[str] = ()) -> list[N]:
    """What the active plugins answer to a hook, in the order of the plugins.

    Left out and logged: what isn't of that kind, whose name is taken, and all of a plugin that fails to answer.
    """
    found: dict[str, N] = {}
    for record in list(platform.plugins.active):
        for each in _answers(platform, hook, record):
            if not isinstance(each, kind) or each.name in taken or each.name in found:
                _log.error("plugin %s: %r is left out of %s: no %s, or its name is taken",
                           record.name, each, hook, kind.__name__)  # fmt: skip
                continue
            found[each.name] = each
    return list(found.values())


def _answers(platform: Platform, hook: str, record: PluginRecord) -> list[object]:
    try:
        return list(platform.plugins.declarations(record, hook, platform=platform))
    except Exception:
        _log.exception("plugin %s: its answers to %s are left out", record.name, hook)
        return []
