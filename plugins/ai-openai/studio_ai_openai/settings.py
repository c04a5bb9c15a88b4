"""Settings of the plugin ``ai-openai``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from studio_kernel.settings import Section


class OpenAiSettings(Section):
    """Where the model is, and what it costs."""

    section: ClassVar[str] = "ai_openai"

    api_key: SecretStr = Field(SecretStr(""), description="Key of the API; local servers often need none.")
    base_url: str = Field(
        "",
        description="Address of another server with this API, such as http://127.0.0.1:8080/v1; empty for OpenAI's.",
    )
    model: str = Field("gpt-4.1-mini", description="Model that answers.")
    input_price: float = Field(0.0, ge=0, description="Price of a million tokens that go in.")
    output_price: float = Field(0.0, ge=0, description="Price of a million tokens that come out.")
