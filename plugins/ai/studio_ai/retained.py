"""What this plugin deletes at an age."""

from __future__ import annotations

from collections.abc import Sequence

from studio_ai.conversations import Conversations
from studio_ai.settings import AiSettings
from studio_kernel.app import Platform
from studio_kernel.retention import Retention
from studio_kernel.storage.sql import Statement

_DUE = Statement("SELECT COUNT(*) FROM ai_conversations WHERE updated_at < :before")


def retention(platform: Platform) -> Sequence[Retention]:
    """Conversations, counted from their last message."""
    days = float(platform.settings.section(AiSettings).conversation_days)
    name, setting = "ai.conversations", "ai.conversation_days"
    return [Retention(name, "Conversations", days, setting, _DUE, Conversations(platform).prune)]
