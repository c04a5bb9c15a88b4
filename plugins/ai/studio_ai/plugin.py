"""The plugin ``ai``: grounded answers, search in evidence, analysis, policy drafts, and tools for AI clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from types import ModuleType

    from studio_ai.registry import AnyProvider
    from studio_ai.tooling import Tool
    from studio_evidence.api import RefinementSource
    from studio_kernel.app import Platform
    from studio_kernel.cli import CommandSpec
    from studio_kernel.events import Subscriber
    from studio_kernel.http.operations import Operation
    from studio_kernel.jobs import JobType
    from studio_kernel.privacy import PersonalData
    from studio_kernel.retention import Retention
    from studio_kernel.security.permissions import Permission
    from studio_kernel.settings import Section
    from studio_kernel.storage.migrations import Migration
    from studio_kernel.storage.models import Table

info = PluginInfo(
    name="ai",
    version="0.1.0",
    summary="Grounded answers, search and analysis of evidence, policy drafts",
    requires=("auth", "projects", "evidence", "compliance"),
)


@hookimpl
def studio_hookspecs() -> Sequence[ModuleType]:
    """``studio_ai_providers`` and ``studio_ai_tools``."""
    from studio_ai import hookspecs

    return (hookspecs,)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    """The section ``ai``."""
    from studio_ai.settings import AiSettings

    return (AiSettings,)


@hookimpl
def studio_models() -> Sequence[type[Table]]:
    """Indexed texts, conversations, proposals, use of providers."""
    from studio_ai.models import TABLES

    return TABLES


@hookimpl
def studio_migrations() -> Sequence[Migration]:
    """From nothing to today's tables."""
    from studio_ai.migrations import MIGRATIONS

    return MIGRATIONS


@hookimpl
def studio_permissions() -> Sequence[Permission]:
    """Anybody signed in may ask; a project named in a question is checked for membership."""
    from studio_kernel.security.permissions import ADMINISTRATORS, ANYONE_SIGNED_IN, Permission

    return (
        Permission("ai:use", "Ask the assistant, search, analyse and draft policies", ANYONE_SIGNED_IN),
        Permission("ai:providers", "See which AI providers are installed", ANYONE_SIGNED_IN),
        Permission(
            "ai:choose",
            "Name an AI provider that questions leave the machine for",
            ADMINISTRATORS | {"manager"},
        ),
    )


@hookimpl
def studio_commands() -> Sequence[CommandSpec]:
    """``studio ai`` and ``studio mcp``."""
    from studio_kernel.cli import CommandSpec

    return (
        CommandSpec("ai", "studio_ai.commands:ai", "Index the text of evidence, and measure what finds it."),
        CommandSpec("mcp", "studio_ai.mcp.command:mcp", "Offer the assistant's tools to AI clients."),
    )


@hookimpl
def studio_ai_providers(platform: Platform) -> Sequence[AnyProvider]:
    """The provider that needs no network and no key."""
    from studio_ai.offline import OfflineProvider

    return (OfflineProvider(),)


@hookimpl
def studio_ai_tools(platform: Platform) -> Sequence[Tool]:
    """Project state, gaps, controls, search in evidence, proposals."""
    from studio_ai.assembly import Assistant

    return Assistant(platform).tools.all()


@hookimpl
def studio_evidence_refinements(platform: Platform) -> Sequence[RefinementSource]:
    """The last analysis of a piece of evidence is shown beside its score."""
    from studio_ai.assembly import Assistant

    return (Assistant(platform).refinements.source(),)


@hookimpl
def studio_operations(platform: Platform) -> Sequence[Operation]:
    """Chat, search, analysis, policies, proposals, conversations, providers."""
    from studio_ai.assembly import Assistant
    from studio_ai.resources import AiResource
    from studio_ai.resources_conversations import ConversationResource
    from studio_ai.resources_policies import PolicyResource, ProposalResource
    from studio_kernel.http.operations import operations_of

    assistant = Assistant(platform)
    return operations_of(
        AiResource(assistant), PolicyResource(assistant), ProposalResource(assistant), ConversationResource(assistant)
    )


@hookimpl
def studio_subscribers(platform: Platform) -> Sequence[Subscriber]:
    """Evidence is indexed when it comes or changes, and leaves the index in the transaction that deletes it."""
    from studio_ai.upkeep import Upkeep

    return Upkeep(platform).subscribers()


@hookimpl
def studio_jobs(platform: Platform) -> Sequence[JobType]:
    """Embeddings of what is gone, texts of another model, old conversations."""
    from studio_ai.upkeep import Upkeep

    return Upkeep(platform).jobs()


@hookimpl
def studio_restored(platform: Platform) -> None:
    """Embeddings that the backup didn't have are made again."""
    from studio_ai.upkeep import Upkeep

    Upkeep(platform).after_restore()


@hookimpl
def studio_personal_data(platform: Platform) -> Sequence[PersonalData]:
    """Conversations, proposals, use."""
    from studio_ai.personal import personal_data

    return personal_data(platform)


@hookimpl
def studio_retention(platform: Platform) -> Sequence[Retention]:
    """Conversations that nobody went on with."""
    from studio_ai.retained import retention

    return retention(platform)
