"""What other packages may use of the plugin ``ai``: the contract of an AI provider."""

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

__all__ = [
    "ControlFacts",
    "EvidenceRef",
    "ProjectFacts",
    "Provider",
    "Question",
    "Reply",
    "Source",
]
