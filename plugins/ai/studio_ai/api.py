"""What other packages may use of the plugin ``ai``: the contracts of AI providers and of tools."""

from __future__ import annotations

from studio_ai.providers import (
    ControlFacts,
    EvidenceRef,
    ProjectFacts,
    Provider,
    Question,
    Reply,
    Source,
)
from studio_ai.retrieval.passages import Passage
from studio_ai.tooling import Tool, ToolCaller, ToolResult
from studio_ai.turns import (
    Ending,
    Message,
    ModelProvider,
    ModelRequest,
    ModelTurn,
    ProviderError,
    ToolCall,
    ToolSpec,
    Usage,
    estimated,
    json_arguments,
    price,
    refused,
)

__all__ = [
    "ControlFacts",
    "Ending",
    "EvidenceRef",
    "Message",
    "ModelProvider",
    "ModelRequest",
    "ModelTurn",
    "Passage",
    "ProjectFacts",
    "Provider",
    "ProviderError",
    "Question",
    "Reply",
    "Source",
    "Tool",
    "ToolCall",
    "ToolCaller",
    "ToolResult",
    "ToolSpec",
    "Usage",
    "estimated",
    "json_arguments",
    "price",
    "refused",
]
