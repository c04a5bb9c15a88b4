"""What this plugin's tables hold of people: conversations go, proposals for a project stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.privacy import PersonalData
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_CONVERSATION = "conversation_id IN (SELECT id FROM ai_conversations WHERE user_id = :person)"


def personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Those tables."""
    keep = Projects(platform).keep_all
    return (
        PersonalData(
            "ai_message_sources",
            "message_id || '/' || evidence_id",
            condition=f"message_id IN (SELECT id FROM ai_messages WHERE {_CONVERSATION})",
            erased="deleted",
        ),
        PersonalData(
            "ai_messages",
            "position",
            condition=_CONVERSATION,
            shown=("conversation_id", "role", "body", "created_at"),
            erased="deleted",
            texts=("body", "facts"),
        ),
        PersonalData(
            "ai_conversations",
            "id",
            ("user_id",),
            shown=("id", "project_id", "title", "created_at", "updated_at"),
            erased="deleted",
            texts=("title",),
            hold=keep,
        ),
        PersonalData("ai_documents", "evidence_id", texts=("title",), hold=keep),
        PersonalData("ai_refinements", "evidence_id", texts=("summary",), hold=keep),
        PersonalData(
            "ai_proposals",
            "id",
            ("proposed_by", "decided_by"),
            shown=("id", "project_id", "kind", "title", "state", "proposed_at", "decided_at"),
            texts=("title", "body"),
            hold=keep,
        ),
        PersonalData(
            "ai_usage",
            "day || '/' || user_id || '/' || project_id || '/' || provider",
            ("user_id",),
            shown=("day", "project_id", "provider", "calls", "input_tokens", "output_tokens"),
        ),
    )
