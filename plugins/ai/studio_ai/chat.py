"""The use case of the chat: ground the question, ask a provider, fall back to the built-in one, remember."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from studio_ai.bounded import BoundedCalls, ProviderFailed
from studio_ai.conversations import Conversation, Conversations
from studio_ai.grounding import Grounding
from studio_ai.limits import Limits
from studio_ai.policies import PolicyLibrary, PolicyTemplate
from studio_ai.prompts import ToolOutcome
from studio_ai.providers import Question, Reply, Source
from studio_ai.reasoning import ModelAnswers
from studio_ai.registry import OFFLINE, ProviderRegistry
from studio_ai.settings import AiSettings
from studio_ai.streaming import Sink
from studio_ai.tooling import ToolCaller
from studio_ai.turns import ModelProvider, Usage
from studio_ai.wording import legible
from studio_kernel.errors import ValidationFailed
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_POLICIES = 3
_CHOOSE = "ai:choose"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was accepted and noted, and waits for its answer."""

    caller: ToolCaller
    provider_id: str
    conversation: Conversation
    question: Question
    policies: tuple[PolicyTemplate, ...]

    @property
    def beginning(self) -> dict[str, Any]:
        """What is known before the answer."""
        return {
            "conversation_id": self.conversation.id,
            "provider": self.provider_id,
            "context": _subject(self.question),
        }


@dataclass(frozen=True, slots=True)
class _Answered:
    reply: Reply
    provider_id: str
    fallback_reason: str | None = None
    sources: tuple[Source, ...] = ()
    outcomes: tuple[ToolOutcome, ...] = ()


class Chat:
    """Answers questions."""

    def __init__(
        self,
        platform: Platform,
        providers: ProviderRegistry,
        policies: PolicyLibrary,
        grounding: Grounding,
        conversations: Conversations,
        models: ModelAnswers,
        calls: BoundedCalls,
        limits: Limits,
    ) -> None:
        self._permissions = platform.permissions
        self._default = platform.settings.section(AiSettings).provider
        self._providers = providers
        self._policies = policies
        self._grounding = grounding
        self._conversations = conversations
        self._models = models
        self._calls = calls
        self._limits = limits

    def begin(self, principal: Principal, body: Mapping[str, Any]) -> Exchange:
        """Accept a question; whatever refuses it does so here, before anything is answered.

        :raises NotFound: no such project or conversation, or none that the caller may know of.
        :raises Forbidden: the caller may not choose the provider.
        :raises ValidationFailed: an unknown control or provider.
        """
        message, context = body["message"], body["context"]
        provider_id = self.choose(principal, body.get("provider"))
        project_id, control_id = context.get("project_id"), context.get("control_id")
        # NOTE: asked before anything is written, and again with what the conversation remembers.
        question = self._grounding.question(principal, message, project_id, control_id)
        conversation = self._conversations.open(principal, body.get("conversation_id"), project_id, message)
        if conversation.earlier:
            about = conversation.project_id or None
            question = self._grounding.question(
                principal, message, about, control_id, conversation.earlier, conversation.controls
            )
        policies = tuple(self._policies_for(question))
        question = replace(question, drafts=tuple(policy.title for policy in policies))
        caller = ToolCaller(principal, conversation.project_id)
        return Exchange(caller, provider_id, conversation, question, policies)

    def finish(self, exchange: Exchange, sink: Sink | None = None) -> dict[str, Any]:
        """The answer as the API shows it."""
        question = exchange.question
        answered = self._ask(exchange, sink or Sink())
        reply = answered.reply
        shown: dict[str, Any] = {
            "message": reply.message,
            "context": _subject(question),
            "suggestions": list(_suggestions(question, exchange.policies, answered.outcomes)),
            "citations": _citations(question, answered),
            "provider": answered.provider_id,
            "fallback": answered.fallback_reason is not None,
            "fallback_reason": answered.fallback_reason,
            "tools": [{"name": each.name, "failed": "error" in each.found} for each in answered.outcomes],
            "conversation_id": exchange.conversation.id,
        }
        shown["message_id"] = self._remember(exchange, shown)
        return shown

    def choose(self, principal: Principal, provider_id: str | None) -> str:
        """The provider that answers: the one named, where the caller may name it, else the configured one.

        Everybody may name one that works on this machine. One that questions leave the machine for is named by those
        who hold the permission for it, unless it is the configured one anyway.
        """
        if provider_id is None:
            return self._default
        provider = self._providers.get(provider_id)
        if provider is None:
            raise ValidationFailed("provider", f"Must be one of: {', '.join(self._providers.ids())}")
        if getattr(provider, "needs_network", True) and provider_id != self._default:
            self._permissions.check(principal, _CHOOSE, "")
        return provider_id

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

    def _ask(self, exchange: Exchange, sink: Sink) -> _Answered:
        provider = self._providers.get(exchange.provider_id)
        if exchange.provider_id == OFFLINE:
            return self._answer_here(exchange.question, sink, None)
        if provider is None:
            return self._answer_here(exchange.question, sink, f"the provider {exchange.provider_id} is not installed")
        try:
            if isinstance(provider, ModelProvider):
                found = self._models.answer(provider, exchange.question, exchange.caller, sink)
                return _Answered(found[0], provider.id, None, found[1], found[2])
            refusal = self._limits.refusal(exchange.caller.principal, exchange.caller.project_id)
            if refusal is not None:
                raise ProviderFailed(refusal)
            reply = self._calls.ask(provider, exchange.question)
            reply = replace(reply, message=legible(reply.message))
            self._limits.record(exchange.caller.principal, exchange.caller.project_id, provider.id, Usage())
            sink.whole(reply.message)
            return _Answered(reply, provider.id)
        except ProviderFailed as failure:
            _log.warning("AI provider %r: %s", exchange.provider_id, failure, exc_info=failure.__cause__)
            return self._answer_here(exchange.question, sink, str(failure))

    def _answer_here(self, question: Question, sink: Sink, reason: str | None) -> _Answered:
        if reason is not None:
            sink.restart(reason)
        reply = self._providers.offline.answer(question)
        sink.whole(reply.message)
        return _Answered(reply, OFFLINE, reason)

    def _remember(self, exchange: Exchange, shown: Mapping[str, Any]) -> str:
        kept = {name: shown[name] for name in ("citations", "provider", "fallback", "fallback_reason")}
        kept["controls"] = [each.control.id for each in exchange.question.controls]
        evidence = {each["evidence_id"] for each in shown["citations"] if each["evidence_id"]}
        return self._conversations.answered(exchange.conversation, shown["message"], kept, evidence)

    def _policies_for(self, question: Question) -> list[PolicyTemplate]:
        """The policies that make evidence which the first control expects."""
        if not question.controls:
            return []
        wanted = [each.title for each in question.controls[0].control.expected_evidence]
        return self._policies.serving(wanted)[:_MOST_POLICIES]


def _suggestions(
    question: Question, policies: Sequence[PolicyTemplate], outcomes: Sequence[ToolOutcome]
) -> Iterator[dict[str, Any]]:
    """Only what works now, each with the call that does it."""
    for policy in policies:
        facts = question.controls[0]
        body = {
            "type": policy.id,
            "framework": facts.framework.id,
            "control_id": facts.control.id,
            "company_name": "Your Company",
        }
        request = {"method": "POST", "path": "/api/v1/ai/generate/policy", "body": body}
        yield _suggestion("policy_generation", f"Generate {policy.title}", policy.summary, request)
    for outcome in outcomes:
        if "proposal_id" in outcome.found:
            path = f"/api/v1/ai/proposals/{outcome.found['proposal_id']}/confirm"
            request = {"method": "POST", "path": path, "body": {"format": "docx"}}
            yield _suggestion("proposal", "Confirm the proposed draft", "It becomes evidence of the project", request)
    if question.project is not None:
        yield from _of_project(question, question.project.id)


def _of_project(question: Question, project_id: str) -> Iterator[dict[str, Any]]:
    description = "List the controls that aren't complete and the evidence that each lacks"
    request: dict[str, Any] = {"method": "GET", "path": f"/api/v1/compliance/gaps?project_id={project_id}"}
    yield _suggestion("gap_analysis", "Analyze Gaps", description, request)
    pieces = [piece for facts in question.controls for piece in facts.evidence]
    if pieces:
        request = {"method": "POST", "path": f"/api/v1/ai/analyze/evidence/{pieces[-1].id}"}
        title = f"Analyze “{pieces[-1].title}”"
        yield _suggestion("evidence_analysis", title, "Hold the evidence against what its controls expect", request)
    if question.controls:
        query = question.controls[0].control.title
        request = {"method": "POST", "path": "/api/v1/ai/search", "body": {"project_id": project_id, "query": query}}
        yield _suggestion(
            "evidence_search", f"Search for “{query}”", "Find passages in the project's evidence", request
        )


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


def _citations(question: Question, answered: _Answered) -> list[dict[str, Any]]:
    """What the reply rests on. APPSEC: a provider can't cite what it wasn't given."""
    sources = {source.id: source for source in (*question.sources, *answered.sources)}
    cited = [sources[each] for each in dict.fromkeys(answered.reply.citations) if each in sources]
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "title": each.title,
            "evidence_id": (each.id if each.kind == "evidence" else each.evidence_id) or None,
            "quote": each.text if each.kind == "passage" else None,
        }
        for each in cited
    ]
