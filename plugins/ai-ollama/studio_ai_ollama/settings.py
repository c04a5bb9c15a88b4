"""Settings of the plugin ``ai-ollama``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from studio_kernel.settings import Section


class OllamaSettings(Section):
    """Where the model is, and what it costs."""

    section: ClassVar[str] = "ai_ollama"

    host: str = Field("http://127.0.0.1:11434", description="Address of the Ollama server.")
    model: str = Field("llama3.1", description="Model that answers; the server must have it.")
    context_tokens: int = Field(
        16_384,
        ge=0,
        description="Tokens that question, sources and answer have room in; 0 for the server's default, which is often "
        "too little: it then cuts sources off and says nothing.",
    )
