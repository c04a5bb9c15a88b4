"""Holds evidence against what its controls expect, and gaps against the evidence that there is.

The rubric of the plugin ``evidence`` judges a file by itself. This adds what it says: for each piece of evidence that
a control expects, the passage that comes closest to it. The score moves by at most 15 points: up when a passage
clearly shows what is expected, down when none does. Without a model the nearness of the passage decides; a model may
judge instead, and every judgement for a passage names one that exists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_ai import prompts
from studio_ai.bounded import ProviderFailed
from studio_ai.grounding import passage_sources
from studio_ai.policies import PolicyLibrary
from studio_ai.reasoning import ModelAnswers
from studio_ai.refinements import Refinements
from studio_ai.retrieval.passages import Passage
from studio_ai.retrieval.search import PassageSearch
from studio_ai.tooling import ToolCaller
from studio_ai.turns import ModelProvider
from studio_ai.wording import harmless, legible
from studio_compliance.api import Compliance, Gap
from studio_evidence.api import EvidenceContents, Piece
from studio_kernel.frameworks import Control, ExpectedEvidence
from studio_kernel.security.principal import Principal
from studio_kernel.storage.sql import Statement
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

MOST_MOVED = 15
# From this nearness on, a passage counts as showing what is expected (chosen by judgement).
SHOWN = 0.45
_MOST_CITED = 3
_PASSAGES = Statement("SELECT passages FROM ai_documents WHERE evidence_id = :evidence_id AND version = :version")
_JSON = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Expectation:
    """Something that a control expects, and the passages that come closest to it."""

    id: str
    control: Control
    expected: ExpectedEvidence
    passages: tuple[Passage, ...]

    @property
    def nearness(self) -> float:
        return self.passages[0].score if self.passages else 0.0


@dataclass(frozen=True, slots=True)
class _Judgement:
    shown: bool
    reason: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Judgements by expectation, who made them, and why it wasn't the provider that was asked."""

    judgements: Mapping[str, _Judgement]
    provider: str = "offline"
    model: str = ""
    fallback_reason: str | None = None


class Analysis:
    """The use cases of analysis."""

    def __init__(
        self,
        platform: Platform,
        search: PassageSearch,
        policies: PolicyLibrary,
        models: ModelAnswers,
        refinements: Refinements,
    ) -> None:
        self._database = platform.database
        self._frameworks = platform.frameworks
        self._projects = Projects(platform)
        self._compliance = Compliance(platform)
        self._contents = EvidenceContents(platform)
        self._search = search
        self._policies = policies
        self._models = models
        self._refinements = refinements

    def evidence(
        self, principal: Principal, evidence_id: str, model: ModelProvider | None, missing: str | None = None
    ) -> dict[str, Any]:
        """A piece of evidence held against what its controls expect, kept beside its score where the caller may.

        ``missing`` is why there is no ``model`` although one was wanted.

        :raises NotFound: no such evidence, or none that the caller may know of.
        """
        piece = self._contents.find(principal, evidence_id)
        unread = self._unread(piece)
        expectations = self._expectations(principal, piece)
        verdict = self._judge(ToolCaller(principal, piece.project_id), expectations, model, missing)
        judgements = [verdict.judgements[each.id] for each in expectations]
        moved = 0 if unread else _moved(judgements, expectations)
        base = piece.quality_score or None
        score = None if base is None else max(0, min(100, base + moved))
        summary = unread if unread and expectations else _summary(piece, expectations, verdict.judgements)
        kept = (
            score is not None
            and not unread
            and self._refinements.keep(
                principal,
                piece,
                score=score,
                summary=summary,
                provider=verdict.provider,
                model=verdict.model,
                passages=[passage for each in judgements for passage in each.passages],
            )
        )
        return {
            "evidence_id": piece.id,
            "project_id": piece.project_id,
            "version": piece.version,
            "base_score": base,
            "score": score,
            "moved": moved,
            "summary": summary,
            "expectations": [_expectation_shown(*each) for each in zip(expectations, judgements, strict=True)],
            "provider": verdict.provider,
            "model": verdict.model,
            "kept": kept,
            "fallback": verdict.fallback_reason is not None,
            "fallback_reason": verdict.fallback_reason,
        }

    def gaps(self, principal: Principal, project_id: str, limit: int) -> dict[str, Any]:
        """The most severe gaps of a project, each with evidence at hand that may close it and what to do next."""
        self._projects.require(principal, project_id, "projects:read")
        gaps = self._compliance.gaps(project_id)
        found = [self._gap(principal, project_id, gap) for gap in gaps[:limit]]
        return {"project_id": project_id, "total": len(gaps), "gaps": found}

    def _unread(self, piece: Piece) -> str:
        """Why there is no text of this version to look at; empty where there is one."""
        if self._database.value(_PASSAGES, evidence_id=piece.id, version=piece.version):
            return ""
        return (
            f"There is no text of “{piece.title}” to hold against what is expected; that of a new file is read within "
            "minutes, pictures and scans have none."
        )

    def _expectations(self, principal: Principal, piece: Piece) -> list[_Expectation]:
        controls = [self._frameworks.control(each) for each in piece.control_ids]
        found: list[_Expectation] = []
        for control in controls:
            if control is None:
                continue
            for number, expected in enumerate(control.expected_evidence):
                query = f"{expected.title} {expected.description}"
                near = self._search.find(principal, piece.project_id, query, _MOST_CITED, [piece.id])
                # NOTE: until a new version is indexed, passages are those of the version before.
                passages = tuple(each for each in near if each.version == piece.version)
                found.append(_Expectation(f"{control.id}/{number}", control, expected, passages))
        return found

    def _judge(
        self, caller: ToolCaller, expectations: Sequence[_Expectation], model: ModelProvider | None, missing: str | None
    ) -> _Verdict:
        here = {each.id: _by_nearness(each) for each in expectations}
        if model is None or not any(each.passages for each in expectations):
            return _Verdict(here, fallback_reason=missing)
        try:
            return self._ask(caller, expectations, model)
        except ProviderFailed as failure:
            return _Verdict(here, fallback_reason=str(failure))

    def _ask(self, caller: ToolCaller, expectations: Sequence[_Expectation], provider: ModelProvider) -> _Verdict:
        passages = {passage.id: passage for each in expectations for passage in each.passages}
        expected = [
            {"id": each.id, "title": each.expected.title, "description": each.expected.description}
            for each in expectations
        ]
        request = prompts.judging(expected, list(passage_sources(passages.values())))
        turn = self._models.whole(provider, request, caller)
        told = _judgements(turn.text)
        judgements = {each.id: _believed(each, told.get(each.id), passages) for each in expectations}
        return _Verdict(judgements, provider.id, legible(turn.model)[:120])

    def _gap(self, principal: Principal, project_id: str, gap: Gap) -> dict[str, Any]:
        control = gap.control
        query = " ".join([control.title, *gap.missing])
        found = self._search.find(principal, project_id, query, _MOST_CITED)
        near = [each for each in found if each.score >= SHOWN]
        policies = self._policies.serving(gap.missing)
        return {
            "control_id": control.control_id,
            "framework": control.framework_id,
            "number": control.number,
            "title": control.title,
            "severity": gap.severity,
            "status": control.status,
            "missing": gap.missing,
            "candidates": [_cited(each) for each in near],
            "next_step": _next_step(gap, near, [each.title for each in policies]),
            "suggestions": [*_links(control.control_id, near), *_drafts(control, [each.id for each in policies])],
        }


def _by_nearness(expectation: _Expectation) -> _Judgement:
    if expectation.nearness >= SHOWN:
        return _Judgement(True, "a passage comes close to what is expected", expectation.passages[:1])
    return _Judgement(False, "no passage comes close to what is expected", ())


def _judgements(text: str) -> dict[str, Mapping[str, Any]]:
    """What a model judged, by expectation. :raises ProviderFailed: it isn't the JSON that was asked for."""
    match = _JSON.search(text)
    try:
        rows = json.loads(match.group() if match else "")["judgements"]
        return {str(row["expectation"]): row for row in rows}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ProviderFailed("the provider's judgement could not be read") from error


def _believed(expectation: _Expectation, told: Mapping[str, Any] | None, passages: Mapping[str, Passage]) -> _Judgement:
    """A model's judgement, as far as it names passages that exist; else what nearness says."""
    if told is None or not isinstance(told.get("passages", []), list):
        return _by_nearness(expectation)
    cited = tuple(passages[each] for each in told.get("passages", []) if isinstance(each, str) and each in passages)
    reason = harmless(str(told.get("reason", "")))[:300]
    if told.get("shown") is True and cited:
        return _Judgement(True, reason, cited[:_MOST_CITED])
    return _Judgement(False, reason or "no passage shows it", ())


def _moved(judgements: Sequence[_Judgement], expectations: Sequence[_Expectation]) -> int:
    """How far the score moves: a piece need show one of the things that a control expects, and show it well."""
    if not judgements:
        return 0
    if not any(each.shown for each in judgements):
        return -MOST_MOVED
    best = max(each.nearness for each in expectations)
    share = sum(each.shown for each in judgements) / len(judgements)
    return round(MOST_MOVED * max(share, min(1.0, best)))


def _summary(piece: Piece, expectations: Sequence[_Expectation], judgements: Mapping[str, _Judgement]) -> str:
    if not expectations:
        return "The evidence serves no control whose definition lists expected evidence; link it to one first."
    shown = [each.expected.title for each in expectations if judgements[each.id].shown]
    missing = [each.expected.title for each in expectations if not judgements[each.id].shown]
    if not shown:
        return f"Nothing in “{piece.title}” comes close to what is expected: {'; '.join(missing)}."
    rest = f" Not shown: {'; '.join(missing)}." if missing else ""
    return f"“{piece.title}” shows: {'; '.join(shown)}.{rest}"


def _expectation_shown(expectation: _Expectation, judgement: _Judgement) -> dict[str, Any]:
    return {
        "control_id": expectation.control.id,
        "control": expectation.control.number,
        "expected": expectation.expected.title,
        "shown": judgement.shown,
        "reason": judgement.reason,
        "passages": [_cited(each) for each in judgement.passages],
    }


def _cited(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "evidence_id": passage.evidence_id,
        "title": passage.title,
        "heading": passage.heading,
        "quote": passage.text,
        "score": passage.score,
    }


def _next_step(gap: Gap, near: Sequence[Passage], policies: Sequence[str]) -> str:
    if near:
        return f"Check whether “{near[0].title}” serves this control, and link it."
    if policies:
        return f"Draft the {policies[0]}, have it approved, and upload it."
    if gap.missing:
        return f"Upload “{gap.missing[0]}” for this control and have it reviewed."
    return "Have the evidence of this control reviewed."


def _links(control_id: str, near: Sequence[Passage]) -> list[dict[str, Any]]:
    seen = dict.fromkeys((each.evidence_id, each.title) for each in near)
    return [
        {
            "type": "link_evidence",
            "title": f"Let “{title}” serve this control",
            "description": "One piece of evidence can serve many controls",
            "request": {"method": "PUT", "path": f"/api/v1/evidence/{evidence_id}/controls/{control_id}"},
        }
        for evidence_id, title in seen
    ]


def _drafts(control: Any, policies: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "type": "policy_generation",
            "title": "Draft a policy",
            "description": "A draft in Markdown, for people to finish and approve",
            "request": {
                "method": "POST",
                "path": "/api/v1/ai/generate/policy",
                "body": {
                    "type": policy,
                    "framework": control.framework_id,
                    "control_id": control.control_id,
                    "company_name": "Your Company",
                },
            },
        }
        for policy in policies[:2]
    ]
