"""The front door: a text extractor."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_evidence.api import Extractor
    from studio_kernel.app import Platform

info = PluginInfo(
    name="ocr",
    version="0.1.0",
    summary="Reads the text in pictures",
    requires=("evidence",),
)
_log = logging.getLogger(__name__)


@hookimpl
def studio_evidence_extractors(platform: Platform) -> Sequence[Extractor]:
    from studio_evidence.api import Extractor

    # NOTE: the engine is imported by the process that reads, never here.
    if importlib.util.find_spec("rapidocr") is None:
        _log.warning("pictures stay unread: the engine is missing; install it by: pip install 'studio-ocr[engine]'")
        return ()
    pictures = ("image/png", "image/jpeg", "image/webp", "image/gif")
    return (Extractor("ocr", pictures, "studio_ocr.reader:read", memory_mb=2048),)
