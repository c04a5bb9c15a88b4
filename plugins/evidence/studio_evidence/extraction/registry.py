"""Which extractor reads what: those of plugins, then those that the platform comes with."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from studio_evidence.declared import declared
from studio_evidence.extraction.extractors import BUILT_IN, Extractor

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class Extractors:
    """All extractors of a platform; plugins are asked at the first use."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def reading(self, content_type: str) -> Extractor | None:
        """The extractor for a media type; None when nothing reads it."""
        return self._by_type.get(content_type)

    @property
    def readable(self) -> list[str]:
        """The media types that something reads."""
        return sorted(self._by_type)

    @cached_property
    def _by_type(self) -> dict[str, Extractor]:
        """NOTE: of two plugins that read one kind, the first one does."""
        taken = {each.name for each in BUILT_IN}
        brought = declared(self._platform, "studio_evidence_extractors", Extractor, taken)
        preferred = (*BUILT_IN, *reversed(brought))
        return {content_type: each for each in preferred for content_type in each.content_types}
