"""The use case of the chat: ground the question, ask a provider, fall back to the built-in one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_ai.bounded import BoundedCalls, ProviderFailed
from studio_ai.grounding import Grounding
from studio_ai.policies import PolicyLibrary, PolicyTemplate
from studio_ai.providers import Provider, Question, Reply
from studio_ai.registry import OFFLINE, ProviderRegistry
from studio_ai.settings import AiSettings
from studio_kernel.errors import ValidationFailed
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_POLICIES = 3
_log = logging.getLogger(__name__)


class Chat:
    """Answers questions."""

    def __init__(self, platform: Platform, providers: ProviderRegistry, policies: PolicyLibrary) -> None:
        settings = platform.settings.section(AiSettings)
        self._providers = providers
        self._policies = policies
        self._default = settings.provider
        self._grounding = Grounding(platform)
        self._calls = BoundedCalls(
            settings.timeout_seconds,
            settings.concurrent_calls,
            settings.rest_seconds,
            after=platform.database.close_thread,
        )

    def answer(
        self, principal: Principal, message: str, context: Mapping[str, str], provider_id: str | None = None
    ) -> dict[str, Any]:
        """The answer as the API shows it.

        :raises NotFound: no such project, or none that the caller may know of.
        :raises ValidationFailed: an unknown control or provider.
        """
        if provider_id is not None and self._providers.get(provider_id) is None:
            raise ValidationFailed("provider", f"Must be one of: {', '.join(self._providers.ids())}")
        question = self._grounding.question(principal, message, context.get("project_id"), context.get("control_id"))
        policies = self._policies_for(question)
        question = replace(question, drafts=tuple(policy.title for policy in policies))
        reply, answered_by, reason = self._ask(provider_id or self._default, question)
        return {
            "message": reply.message,
            "context": _subject(question),
            "suggestions": list(_suggestions(question, policies)),
            "citations": _citations(question, reply),
            "provider": answered_by,
            "fallback": reason is not None,
            "fallback_reason": reason,
        }

    def shown_providers(self) -> list[dict[str, Any]]:
        """The providers as the API shows them."""
        default = self._default if self._providers.get(self._default) else OFFLINE
        return [
            {
                "id": each.id,
                "title": each.title,
                "needs_network": bool(getattr(each, "needs_network", True)),
                "default": each.id == default,
            }
            for each in self._providers
        ]

    def _ask(self, provider_id: str, question: Question) -> tuple[Reply, str, str | None]:
        provider: Provider | None = self._providers.get(provider_id)
        if provider is None:
            return self._fall_back(question, f"the provider {provider_id} is not installed")
        if provider_id == OFFLINE:
            return provider.answer(question), OFFLINE, None
        try:
            return self._calls.ask(provider, question), provider_id, None
        except ProviderFailed as failure:
            _log.warning("AI provider %r: %s", provider_id, failure, exc_info=failure.__cause__)
            return self._fall_back(question, str(failure))

    def _fall_back(self, question: Question, reason: str) -> tuple[Reply, str, str]:
        return self._providers.offline.answer(question), OFFLINE, reason

    def _policies_for(self, question: Question) -> list[PolicyTemplate]:
        """The policies that make evidence which the first control expects."""
        if not question.controls:
            return []
        wanted = [each.title for each in question.controls[0].control.expected_evidence]
        return self._policies.serving(wanted)[:_MOST_POLICIES]


def _suggestions(question: Question, policies: Sequence[PolicyTemplate]) -> Iterator[dict[str, Any]]:
    """Only what works now: policies that there are templates for, and the gaps of the project."""
    for policy in policies:
        facts = question.controls[0]
        body = {"type": policy.id, "framework": facts.framework.id, "control_id": facts.control.id}
        request = {"method": "POST", "path": "/api/v1/ai/generate/policy", "body": body}
        yield _suggestion("policy_generation", f"Generate {policy.title}", policy.summary, request)
    if question.project is not None:
        description = "List the controls that aren't complete and the evidence that each lacks"
        request = {"method": "GET", "path": f"/api/v1/compliance/gaps?project_id={question.project.id}"}
        yield _suggestion("gap_analysis", "Analyze Gaps", description, request)


def _suggestion(kind: str, title: str, description: str, request: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "title": title, "description": description, "request": request}


def _subject(question: Question) -> dict[str, str | None]:
    if question.controls:
        facts = question.controls[0]
        return {
            "framework": facts.framework.id,
            "control": facts.control.number,
            "control_title": facts.control.title,
        }
    framework = question.frameworks[0].id if question.frameworks else None
    if framework is None and question.project is not None:
        framework = question.project.framework_id
    return {"framework": framework, "control": None, "control_title": None}


def _citations(question: Question, reply: Reply) -> list[dict[str, str]]:
    """What the reply rests on. APPSEC: a provider can't cite what it wasn't given."""
    sources = {source.id: source for source in question.sources}
    cited = [sources[each] for each in dict.fromkeys(reply.citations) if each in sources]
    return [{"id": each.id, "kind": each.kind, "title": each.title} for each in cited]
