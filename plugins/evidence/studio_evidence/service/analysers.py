"""Further analysers of quality, from the hook ``studio_evidence_analysers``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from studio_evidence.declared import declared
from studio_evidence.quality.facts import WEIGHTS, Analyser, Check, Facts

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_log = logging.getLogger(__name__)


class Analysers:
    """What plugins add to the rubric; they are asked at the first use."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def checks(self, facts: Facts) -> tuple[Check, ...]:
        """Their checks, in the order of their names; those of one that fails are left out."""
        return tuple(check for analyser in self._analysers for check in _checks_of(analyser, facts))

    @cached_property
    def _analysers(self) -> list[Analyser]:
        return sorted(declared(self._platform, "studio_evidence_analysers", Analyser), key=attrgetter("name"))


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
