"""The plugin ``ai-openai``: answers by models behind an OpenAI-compatible API, hosted or local."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_ai.api import ModelProvider
    from studio_kernel.app import Platform
    from studio_kernel.settings import Section

info = PluginInfo(
    name="ai-openai",
    version="0.1.0",
    summary="Answers by models behind an OpenAI-compatible API, hosted or local",
    requires=("ai",),
)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``ai_openai``."""
    from studio_ai_openai.settings import OpenAiSettings

    return (OpenAiSettings,)


@hookimpl
def studio_ai_providers(platform: Platform) -> Sequence[ModelProvider]:
    """The provider ``openai``."""
    from studio_ai_openai.provider import OpenAiProvider
    from studio_ai_openai.settings import OpenAiSettings

    return (OpenAiProvider(platform.settings.section(OpenAiSettings)),)
