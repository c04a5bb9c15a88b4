"""Settings of the plugin ``ai-anthropic``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from studio_kernel.settings import Section


class AnthropicSettings(Section):
    """Where the model is, and what it costs."""

    section: ClassVar[str] = "ai_anthropic"

    api_key: SecretStr = Field(SecretStr(""), description="Key of the API.")
    base_url: str = Field("", description="Address of another server with the same API; empty for Anthropic's.")
    model: str = Field("claude-sonnet-4-5", description="Model that answers.")
    input_price: float = Field(0.0, ge=0, description="Price of a million tokens that go in.")
    output_price: float = Field(0.0, ge=0, description="Price of a million tokens that come out.")
