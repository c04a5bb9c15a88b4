"""Settings of the plugin ``ai``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from studio_kernel.settings import Section


class AiSettings(Section):
    """How questions are answered."""

    section: ClassVar[str] = "ai"
    provider: str = Field("offline", description="Id of the provider that answers when a request names none.")
    timeout_seconds: float = Field(
        20.0, gt=0, le=600, description="Seconds after which the built-in provider answers in place of a slow one."
    )
    concurrent_calls: int = Field(
        3, ge=1, le=64, description="Most calls of providers under way at once, hung ones included."
    )
    rest_seconds: float = Field(
        30.0, ge=0, le=3600, description="Seconds for which a provider that failed three times in a row is not asked."
    )
