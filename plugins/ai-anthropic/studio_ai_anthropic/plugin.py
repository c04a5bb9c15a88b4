"""The plugin ``ai-anthropic``: answers by models behind the Anthropic API."""

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
    name="ai-anthropic",
    version="0.1.0",
    summary="Answers by models behind the Anthropic API",
    requires=("ai",),
)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``ai_anthropic``."""
    from studio_ai_anthropic.settings import AnthropicSettings

    return (AnthropicSettings,)


@hookimpl
def studio_ai_providers(platform: Platform) -> Sequence[ModelProvider]:
    """The provider ``anthropic``."""
    from studio_ai_anthropic.provider import AnthropicProvider
    from studio_ai_anthropic.settings import AnthropicSettings

    return (AnthropicProvider(platform.settings.section(AnthropicSettings)),)
