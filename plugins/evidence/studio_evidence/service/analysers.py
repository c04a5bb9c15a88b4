"""Further analysers of quality, from the hook ``studio_evidence_analysers``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio_evidence.quality.facts import WEIGHTS, Analyser, Check, Facts
from studio_kernel.errors import ConfigurationError

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.plugins import PluginRecord

_log = logging.getLogger(__name__)


class Analysers:
    """What plugins add to the rubric."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._analysers: list[Analyser] | None = None

    def checks(self, facts: Facts) -> tuple[Check, ...]:
        """Their checks, in the order of their names; those of one that fails are left out."""
        if self._analysers is None:
            self._analysers = self._collected()
        return tuple(check for analyser in self._analysers for check in _checks_of(analyser, facts))

    def _collected(self) -> list[Analyser]:
        found: dict[str, Analyser] = {}
        for record in list(self._platform.plugins.active):
            for analyser in self._declared(record):
                if not isinstance(analyser, Analyser) or analyser.name in found:
                    _log.error("plugin %s: the analyser %r is left out: no Analyser, or its name is taken",
                               record.name, analyser)  # fmt: skip
                    continue
                found[analyser.name] = analyser
        return [found[name] for name in sorted(found)]

    def _declared(self, record: PluginRecord) -> list[Analyser]:
        plugins = self._platform.plugins
        try:
            return list(plugins.declarations(record, "studio_evidence_analysers", platform=self._platform))
        except ConfigurationError:
            raise
        except Exception:
            _log.exception("plugin %s failed while it declared analysers of evidence", record.name)
            return []


def _checks_of(analyser: Analyser, facts: Facts) -> Iterator[Check]:
    try:
        found = tuple(analyser.analyse(facts))
        wrong = [check for check in found if not _is_sound(analyser, check)]
    except Exception:
        _log.exception("the analyser %s failed and is left out of an analysis", analyser.name)
        return
    if wrong:
        _log.error("the analyser %s gave a check that isn't sound and is left out: %r", analyser.name, wrong[0])
        return
    yield from found


def _is_sound(analyser: Analyser, check: Check) -> bool:
    own = check.id.startswith(f"{analyser.name}.") and check.part in WEIGHTS
    return own and 0 <= check.points <= check.possible
