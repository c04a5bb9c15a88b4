"""HTTP in and out: chat, search, analysis, providers. Policies and conversations have modules of their own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from studio_ai import schemas
from studio_ai.assembly import Assistant
from studio_ai.streaming import events, recorded
from studio_kernel.errors import Forbidden, NotFound, ValidationFailed
from studio_kernel.http.operations import Call, RawAnswer, StreamAnswer, operation


class AiResource:
    """The assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._chat = assistant.chat

    @operation(
        "ai.chat",
        "POST",
        "/api/v1/ai/chat",
        summary="Ask the assistant",
        permission="ai:use",
        scope="read",
        body=schemas.ChatRequest,
        response=schemas.ChatAnswer,
        errors=(ValidationFailed, NotFound, Forbidden),
        events=True,
        slow=True,
    )
    def chat(self, call: Call) -> dict[str, Any] | StreamAnswer | RawAnswer:
        """Answers from framework definitions, from what the caller may see of the project, and from its evidence.

        With ``Accept: text/event-stream`` the answer comes as events: ``start``, ``delta``, ``restart``, ``done``.
        """
        exchange = self._chat.begin(call.principal, call.body)
        if not call.wants_events:
            return self._chat.finish(exchange)
        if call.repeatable:
            body = recorded(exchange.beginning, lambda sink: self._chat.finish(exchange, sink))
            return RawAnswer(body, "text/event-stream")
        after = self._assistant.platform.database.close_thread
        return StreamAnswer(events(exchange.beginning, lambda sink: self._chat.finish(exchange, sink), after))

    @operation(
        "ai.search",
        "POST",
        "/api/v1/ai/search",
        summary="Search the text of evidence",
        permission="ai:use",
        scope="evidence:read",
        body=schemas.SearchRequest,
        response=schemas.SearchAnswer,
        errors=(ValidationFailed, NotFound, Forbidden),
    )
    def search(self, call: Call) -> dict[str, Any]:
        """Passages of one project, found by words and by meaning, the best first."""
        body = call.body
        within = [body["evidence_id"]] if "evidence_id" in body else None
        found = self._assistant.search.find(call.principal, body["project_id"], body["query"], body["limit"], within)
        ways = list(self._assistant.search.ways)
        return {"project_id": body["project_id"], "results": [asdict(each) for each in found], "ways": ways}

    @operation(
        "ai.analyze_evidence",
        "POST",
        "/api/v1/ai/analyze/evidence/{evidence_id}",
        summary="Hold evidence against what its controls expect",
        permission="ai:use",
        scope="evidence:read",
        body=schemas.AnalysisRequest,
        response=schemas.EvidenceAnalysis,
        errors=(ValidationFailed, NotFound, Forbidden),
        slow=True,
    )
    def analyze_evidence(self, call: Call) -> dict[str, Any]:
        """Refines the rubric's score by what the evidence says, with the passages that each judgement rests on."""
        provider_id = self._chat.choose(call.principal, call.body.get("provider"))
        model, missing = self._assistant.providers.model(provider_id)
        return self._assistant.analysis.evidence(call.principal, call.path["evidence_id"], model, missing)

    @operation(
        "ai.analyze_gaps",
        "POST",
        "/api/v1/ai/analyze/gaps",
        summary="Look for evidence at hand that may close gaps",
        permission="ai:use",
        scope="evidence:read",
        body=schemas.GapRequest,
        response=schemas.GapAnalysis,
        errors=(ValidationFailed, NotFound, Forbidden),
    )
    def analyze_gaps(self, call: Call) -> dict[str, Any]:
        """The most severe gaps, each with passages that come close to what is missing, and the next step."""
        return self._assistant.analysis.gaps(call.principal, call.body["project_id"], call.body["limit"])

    @operation(
        "ai.providers",
        "GET",
        "/api/v1/ai/providers",
        summary="List AI providers",
        permission="ai:providers",
        response=schemas.ProviderList,
    )
    def providers(self, call: Call) -> dict[str, Any]:
        """Which may be named in a question, and which answers when none is."""
        return {"providers": self._chat.shown_providers()}

    @operation(
        "ai.usage",
        "GET",
        "/api/v1/ai/usage",
        summary="Show what one used of providers today",
        permission="ai:use",
        response=schemas.UsageShown,
    )
    def usage(self, call: Call) -> dict[str, Any]:
        """Calls, tokens and cost of the caller's account, and the limits."""
        return self._assistant.limits.shown(call.principal)
