"""HTTP in and out: the caller's conversations."""

from __future__ import annotations

from typing import Any

from studio_ai import conversations, schemas
from studio_ai.assembly import Assistant
from studio_kernel.errors import NotFound
from studio_kernel.http.operations import Call, operation

_ROOT = "/api/v1/ai/conversations"
_ONE = f"{_ROOT}/{{conversation_id}}"


class ConversationResource:
    """Conversations."""

    def __init__(self, assistant: Assistant) -> None:
        self._conversations = assistant.conversations

    @operation(
        "ai.conversations.list",
        "GET",
        _ROOT,
        summary="List one's conversations",
        permission="ai:use",
        listing=conversations.LISTING,
        response=schemas.ConversationView,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """The latest first; those about a project that the caller left are not among them."""
        return self._conversations.list(call.principal, call.listing)

    @operation(
        "ai.conversations.read",
        "GET",
        _ONE,
        summary="Show a conversation",
        permission="ai:use",
        response=schemas.ConversationShown,
        errors=(NotFound,),
    )
    def read(self, call: Call) -> dict[str, Any]:
        """With its messages."""
        return self._conversations.show(call.principal, call.path["conversation_id"])

    @operation(
        "ai.conversations.delete",
        "DELETE",
        _ONE,
        summary="Delete a conversation",
        permission="ai:use",
        shape="message",
        message="Conversation deleted successfully",
        errors=(NotFound,),
    )
    def delete(self, call: Call) -> None:
        """For good."""
        self._conversations.delete(call.principal, call.path["conversation_id"])
