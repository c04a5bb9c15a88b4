"""A template's draft, worded better by a model: kept only where it is still the whole policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studio_ai import prompts
from studio_ai.bounded import ProviderFailed
from studio_ai.policies.drafting import Draft, PolicyDrafts, shown

if TYPE_CHECKING:
    from studio_ai.reasoning import ModelAnswers
    from studio_ai.tooling import ToolCaller
    from studio_ai.turns import ModelProvider

_HEADING = re.compile(r"^#{1,3} .+$", re.MULTILINE)
_CONTROLS = re.compile(r"^\*Controls:.*$", re.MULTILINE)
_STATEMENT = re.compile(r"^- .+$", re.MULTILINE)
_MEASURE = re.compile(r"\b\d+ [a-z]+")
_FENCE = re.compile(r"\A```(?:markdown|md)?\n(.*)\n```\Z", re.DOTALL)


class RefinedDrafts:
    """Drafts by template, and by a model on top of it where one is chosen."""

    def __init__(self, drafts: PolicyDrafts, models: ModelAnswers) -> None:
        self._drafts = drafts
        self._models = models

    def draft(
        self, caller: ToolCaller, model: ModelProvider | None, missing: str | None, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The draft as the API shows it, with who worded it; ``ValidationFailed`` names what is wrong.

        ``missing`` is why there is no ``model`` although one was wanted.
        """
        made = self._drafts.make(
            given["type"],
            company=given["company_name"],
            industry=given.get("industry"),
            framework_id=given.get("framework"),
            control_id=given.get("control_id"),
        )
        try:
            content = self._refine(caller, model, made) if model is not None else made.content
        except ProviderFailed as failure:
            model, missing, content = None, str(failure), made.content
        return {
            **shown(made, content),
            "provider": model.id if model is not None else "offline",
            "fallback": missing is not None,
            "fallback_reason": missing,
        }

    def _refine(self, caller: ToolCaller, provider: ModelProvider, made: Draft) -> str:
        request = prompts.refining(made.content, made.subject.company, made.subject.industry)
        text = self._models.whole(provider, request, caller).text.strip()
        unfenced = _FENCE.match(text)
        content = (unfenced.group(1) if unfenced else text).strip() + "\n"
        problem = _lost(made.content, content)
        if not problem and shown(made, content)["quality_score"] < shown(made, made.content)["quality_score"]:
            problem = "it scores less than the template's"
        if problem:
            raise ProviderFailed(f"the provider's text was not taken: {problem}")
        return content


def _lost(before: str, after: str) -> str:
    """What of the template's draft is gone, or what came in that doesn't belong into a policy."""
    if _HEADING.findall(before) != _HEADING.findall(after):
        return "its headings are others"
    if _CONTROLS.findall(before) != _CONTROLS.findall(after):
        return "its ties to controls are others"
    if len(_STATEMENT.findall(after)) < len(_STATEMENT.findall(before)):
        return "it has fewer statements"
    if not set(_MEASURE.findall(before)) <= set(_MEASURE.findall(after)):
        return "it lacks figures"
    if re.search(r"<[a-zA-Z!/]|\][(\[:]|://|\bwww\.", after):
        return "it has HTML or links"
    return ""
