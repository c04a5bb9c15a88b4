"""Which extractor reads what: those of plugins, then those that the platform comes with."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

from studio_evidence.extraction.extractors import BUILT_IN, Extractor

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.plugins import PluginRecord

_log = logging.getLogger(__name__)


class Extractors:
    """All extractors of a platform; plugins are asked at the first use."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def reading(self, content_type: str) -> Extractor | None:
        """The extractor for a media type; None when nothing reads it."""
        return self._by_type.get(content_type)

    @cached_property
    def _by_type(self) -> dict[str, Extractor]:
        names = {each.name for each in BUILT_IN}
        found: dict[str, Extractor] = {}
        for record in list(self._platform.plugins.active):
            for extractor in self._declared(record):
                if extractor.name in names:
                    _log.error("the extractor %r of %r is left out: the name is taken", extractor.name, record.name)
                    continue
                names.add(extractor.name)
                found = {**dict.fromkeys(extractor.content_types, extractor), **found}
        return {**{kind: each for each in BUILT_IN for kind in each.content_types}, **found}

    def _declared(self, record: PluginRecord) -> list[Extractor]:
        try:
            found = self._platform.plugins.declarations(record, "studio_evidence_extractors", platform=self._platform)
        except Exception:
            _log.exception("the extractors of the plugin %r are left out", record.name)
            return []
        return [each for each in found if isinstance(each, Extractor)]
