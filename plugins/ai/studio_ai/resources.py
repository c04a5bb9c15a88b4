"""HTTP in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_ai.chat import Chat
from studio_ai.policies import PolicyDrafts, PolicyLibrary
from studio_ai.registry import ProviderRegistry
from studio_ai.schemas import ChatAnswer, ChatRequest, PolicyDraft, PolicyRequest, ProviderList
from studio_kernel.errors import NotFound, ValidationFailed
from studio_kernel.http.operations import Call, operation

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class AiResource:
    """The assistant."""

    def __init__(self, platform: Platform) -> None:
        library = PolicyLibrary()
        self._chat = Chat(platform, ProviderRegistry(platform), library)
        self._drafts = PolicyDrafts(platform, library)

    @operation(
        "ai.chat",
        "POST",
        "/api/v1/ai/chat",
        summary="Ask the assistant",
        permission="ai:use",
        scope="read",
        body=ChatRequest,
        response=ChatAnswer,
        errors=(ValidationFailed, NotFound),
    )
    def chat(self, call: Call) -> dict[str, Any]:
        """Answers from framework definitions and from what the caller may see of the project."""
        body = call.body
        return self._chat.answer(call.principal, body["message"], body["context"], body.get("provider"))

    @operation(
        "ai.generate_policy",
        "POST",
        "/api/v1/ai/generate/policy",
        summary="Draft a policy",
        permission="ai:use",
        scope="read",
        body=PolicyRequest,
        response=PolicyDraft,
        errors=(ValidationFailed,),
    )
    def generate_policy(self, call: Call) -> dict[str, Any]:
        """A draft in Markdown, from a template, for people to finish and approve."""
        body = call.body
        return self._drafts.draft(
            body["type"],
            company=body["company_name"],
            industry=body.get("industry"),
            framework_id=body.get("framework"),
            control_id=body.get("control_id"),
        )

    @operation(
        "ai.providers",
        "GET",
        "/api/v1/ai/providers",
        summary="List AI providers",
        permission="ai:providers",
        response=ProviderList,
    )
    def providers(self, call: Call) -> dict[str, Any]:
        """Which may be named in a question, and which answers when none is."""
        return {"providers": self._chat.shown_providers()}
