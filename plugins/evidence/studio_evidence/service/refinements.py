"""What plugins keep beside the score, from the hook ``studio_evidence_refinements``."""

from __future__ import annotations

import logging
from dataclasses import asdict
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from studio_evidence.declared import declared
from studio_evidence.quality.facts import quality_band
from studio_evidence.quality.refinements import Refinement, RefinementSource
from studio_evidence.service.records import Record

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_log = logging.getLogger(__name__)


class Refinements:
    """Reads refinements; plugins are asked for their sources at the first use."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def of(self, record: Record) -> list[dict[str, Any]]:
        """Those of the current version, in the order of their sources' names; one that can't be read is left out."""
        found = ((source, _read(source, record)) for source in self._sources)
        return [_shown(source, refinement, record) for source, refinement in found if refinement is not None]

    @cached_property
    def _sources(self) -> list[RefinementSource]:
        sources = declared(self._platform, "studio_evidence_refinements", RefinementSource)
        return sorted(sources, key=attrgetter("name"))


def _read(source: RefinementSource, record: Record) -> Refinement | None:
    try:
        return source.read(record.id, record.version)
    except Exception:
        _log.exception("the refinement of %s can't be read and is left out", source.name)
        return None


def _shown(source: RefinementSource, refinement: Refinement, record: Record) -> dict[str, Any]:
    return {
        "source": source.name,
        **asdict(refinement),
        "band": quality_band(refinement.score),
        "outdated": refinement.base_score != record.quality_score,
    }
