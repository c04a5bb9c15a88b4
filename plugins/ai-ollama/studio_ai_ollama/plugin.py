"""The plugin ``ai-ollama``: answers by models that an Ollama server runs."""

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
    name="ai-ollama",
    version="0.1.0",
    summary="Answers by models that an Ollama server runs",
    requires=("ai",),
)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``ai_ollama``."""
    from studio_ai_ollama.settings import OllamaSettings

    return (OllamaSettings,)


@hookimpl
def studio_ai_providers(platform: Platform) -> Sequence[ModelProvider]:
    """The provider ``ollama``."""
    from studio_ai_ollama.provider import OllamaProvider
    from studio_ai_ollama.settings import OllamaSettings

    return (OllamaProvider(platform.settings.section(OllamaSettings)),)
