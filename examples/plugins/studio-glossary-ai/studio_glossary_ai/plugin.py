"""Everything that this plugin adds: one AI provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_ai.api import Provider
    from studio_kernel.app import Platform

info = PluginInfo(
    name="glossary-ai",
    version="0.1.0",
    summary="Answers from a glossary of compliance terms",
    requires=("ai",),
)


@hookimpl
def studio_ai_providers(platform: Platform) -> Sequence[Provider]:
    from studio_glossary_ai.provider import GlossaryProvider

    return [GlossaryProvider()]
