"""Settings of the plugin ``ai``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from studio_kernel.settings import Section


class AiSettings(Section):
    """How questions are answered."""

    section: ClassVar[str] = "ai"
    provider: str = Field("offline", description="Id of the provider that answers when a request names none.")
    timeout_seconds: float = Field(
        20.0, gt=0, le=600, description="Seconds after which the built-in provider answers in place of a slow one."
    )
    retries: int = Field(
        2, ge=0, le=5, description="How often a provider that is busy is asked again, within that time."
    )
    concurrent_calls: int = Field(
        3, ge=1, le=64, description="Most calls of providers under way at once, hung ones included."
    )
    rest_seconds: float = Field(
        30.0, ge=0, le=3600, description="Seconds for which a provider that failed three times in a row is not asked."
    )
    tool_calls: int = Field(4, ge=0, le=20, description="Most tools that a model may call for one answer; 0 for none.")
    answer_tokens: int = Field(1500, ge=100, le=32_000, description="Most tokens of a model's answer.")
    daily_tokens_user: int = Field(
        200_000, ge=0, description="Tokens that an account may use in a day (UTC); 0 for no limit."
    )
    daily_tokens_project: int = Field(
        1_000_000, ge=0, description="Tokens that a project may use in a day (UTC); 0 for no limit."
    )
    daily_cost_user: float = Field(
        0.0, ge=0, description="What an account may spend in a day, in the currency of the prices; 0 for no limit."
    )
    daily_cost_project: float = Field(
        0.0, ge=0, description="What a project may spend in a day, in the currency of the prices; 0 for no limit."
    )
    embeddings: bool = Field(
        True, description="Whether evidence is found by meaning too, where the extra `embeddings` is installed."
    )
    expiring_days: int = Field(30, ge=1, le=365, description="Days before its end that evidence counts as expiring.")
    conversation_days: int = Field(
        365, ge=0, le=3650, description="Days after its last message that a conversation is deleted; 0 for never."
    )
    mcp_api_key: SecretStr = Field(
        SecretStr(""), description="API key as whose owner `studio mcp` works over standard input and output."
    )
