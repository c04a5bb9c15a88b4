"""What plugins declare by a hook, by name: a plugin that fails, or claims a name that is taken, is left out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from studio_kernel.errors import ConfigurationError

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.plugins import PluginRecord

_log = logging.getLogger(__name__)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Declared = TypeVar("_Declared", bound=_Named)


def declared(platform: Platform, hook: str, kind: type[_Declared]) -> list[_Declared]:
    """All that active plugins declare by ``hook``, in the order of their names."""
    found: dict[str, _Declared] = {}
    for record in list(platform.plugins.active):
        for each in _of_plugin(platform, hook, record):
            if not isinstance(each, kind) or each.name in found:
                _log.error("plugin %s: %r of %s is left out: no %s, or its name is taken",
                           record.name, each, hook, kind.__name__)  # fmt: skip
                continue
            found[each.name] = each
    return [found[name] for name in sorted(found)]


def _of_plugin(platform: Platform, hook: str, record: PluginRecord) -> list[Any]:
    try:
        return list(platform.plugins.declarations(record, hook, platform=platform))
    except ConfigurationError:
        raise
    except Exception:
        _log.exception("plugin %s failed in %s", record.name, hook)
        return []
