"""The tools of this plugin: what stands in a project, what it lacks, what its evidence says, and a draft to confirm."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studio_ai.grounding import Grounding, passage_sources
from studio_ai.keeping import Keeping
from studio_ai.providers import ControlFacts, Source
from studio_ai.retrieval.search import PassageSearch
from studio_ai.tooling import Tool, ToolCaller, ToolResult
from studio_compliance.api import Compliance
from studio_kernel.errors import NotFound
from studio_kernel.http.schemas import Identifier, Schema, Text, Whole
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_PROJECTS = 50
_ASKS_FOR_A_DRAFT = re.compile(r"\b(draft|write|create|generate|propose|prepare|make)\b", re.IGNORECASE)
_DOCUMENT = re.compile(r"\b(polic(y|ies)|plan|procedure|document|draft|proposal)\b", re.IGNORECASE)


class Nothing(Schema):
    """No arguments."""


class GapArguments(Schema):
    """How many, the most severe first."""

    limit = Whole(minimum=1, maximum=50, load_default=10)


class ControlArguments(Schema):
    """A control by its number in one of the project's frameworks, such as ``CC6.1``, or by its id."""

    control = Text(required=True, minimum=1, maximum=80)


class SearchArguments(Schema):
    """What to look for in the text of evidence."""

    query = Text(required=True, minimum=1, maximum=1000)
    limit = Whole(minimum=1, maximum=20, load_default=5)


class DraftArguments(Schema):
    """Which policy, for whom. The control must be one of the project."""

    type = Text(required=True, minimum=1, maximum=80)
    company_name = Text(required=True, minimum=1, maximum=120)
    industry = Text(minimum=1, maximum=80)
    control_id = Identifier("ctrl")


class AssistantTools:
    """What the tools do."""

    def __init__(self, platform: Platform, search: PassageSearch, grounding: Grounding, keeping: Keeping) -> None:
        self._projects = Projects(platform)
        self._compliance = Compliance(platform)
        self._search = search
        self._grounding = grounding
        self._keeping = keeping

    def all(self) -> list[Tool]:
        """Every tool."""
        return [
            Tool(
                "list_projects",
                "List the projects that the user belongs to, with their ids.",
                Nothing,
                self.projects,
                of_project=False,
                over_projects=True,
            ),
            Tool(
                "project_state",
                "Show how the project stands: framework, compliance score, and how many controls have which status.",
                Nothing,
                self.state,
            ),
            Tool(
                "list_gaps",
                "List controls of the project that aren't complete, the most severe first, and what each lacks.",
                GapArguments,
                self.gaps,
            ),
            Tool(
                "control_state",
                "Show one control of the project: expected evidence, what is held, what is missing or expiring.",
                ControlArguments,
                self.control,
            ),
            Tool(
                "search_evidence",
                "Find passages in the text of the project's evidence.",
                SearchArguments,
                self.evidence,
            ),
            Tool(
                "propose_policy",
                "Propose a policy draft to the people of the project. It becomes evidence only if one confirms it.",
                DraftArguments,
                self.propose,
                scope="write",
                changes=True,
                asked_for=asks_for_a_draft,
            ),
        ]

    def projects(self, caller: ToolCaller, given: Mapping[str, Any]) -> ToolResult:
        """Ids and names, newest first."""
        rows = self._projects.named(caller.principal, _MOST_PROJECTS)
        return ToolResult({"projects": [{"id": id_, "name": name} for id_, name in rows]})

    def state(self, caller: ToolCaller, given: Mapping[str, Any]) -> ToolResult:
        """The project as its members see it."""
        project = self._projects.require(caller.principal, caller.project_id, "projects:read")
        counted = Counter(each.status for each in self._projects.controls(project.id))
        facts = {
            "id": project.id,
            "name": project.name,
            "frameworks": self._projects.frameworks(project.id),
            "compliance_score": self._compliance.score(project.id).overall,
            "controls_by_status": dict(counted),
        }
        return ToolResult(facts, (Source(project.id, "project", project.name, str(facts)),))

    def gaps(self, caller: ToolCaller, given: Mapping[str, Any]) -> ToolResult:
        """The gaps of the project."""
        project = self._projects.require(caller.principal, caller.project_id, "projects:read")
        gaps = self._compliance.gaps(project.id)
        shown: list[dict[str, Any]] = [
            {
                "control_id": gap.control.control_id,
                "number": gap.control.number,
                "title": gap.control.title,
                "severity": gap.severity,
                "status": gap.control.status,
                "missing": gap.missing,
            }
            for gap in gaps[: given["limit"]]
        ]
        sources = [
            Source(each["control_id"], "control", f"{each['number']} {each['title']}", str(each)) for each in shown
        ]
        return ToolResult({"total": len(gaps), "gaps": shown}, tuple(sources))

    def control(self, caller: ToolCaller, given: Mapping[str, Any]) -> ToolResult:
        """One control with what is held for it."""
        project = self._projects.require(caller.principal, caller.project_id, "projects:read")
        wanted = given["control"].casefold()
        found = [
            each
            for each in self._projects.controls(project.id)
            if wanted in (each.control_id.casefold(), each.number.casefold())
        ]
        if not found:
            raise NotFound(f"The project has no control {given['control']}")
        facts = self._grounding.facts(caller.principal, project.id, found[0].control_id)
        if facts is None:
            raise NotFound("The framework of this control is not installed")
        return ToolResult(control_shown(facts), tuple(self._grounding.sources([facts])))

    def evidence(self, caller: ToolCaller, given: Mapping[str, Any]) -> ToolResult:
        """Passages, the closest first."""
        found = self._search.find(caller.principal, caller.project_id, given["query"], given["limit"])
        facts = {"passages": [{"id": each.id, "evidence": each.evidence_id, "title": each.title} for each in found]}
        return ToolResult(facts, tuple(passage_sources(found)))

    def propose(self, caller: ToolCaller, given: Mapping[str, Any]) -> ToolResult:
        """A draft that waits for a person."""
        proposal = self._keeping.propose(caller.principal, caller.project_id, given)
        facts = {
            "proposal_id": proposal["id"],
            "title": proposal["title"],
            "state": proposal["state"],
            "next_step": f"A person confirms it with POST /api/v1/ai/proposals/{proposal['id']}/confirm",
        }
        return ToolResult(facts, (Source(proposal["id"], "proposal", proposal["title"], str(facts)),))


def asks_for_a_draft(message: str) -> bool:
    """Whether a person's own words ask for a document to be made."""
    return bool(_ASKS_FOR_A_DRAFT.search(message) and _DOCUMENT.search(message))


def control_shown(facts: ControlFacts) -> dict[str, Any]:
    """A control and what is held for it, as JSON has it."""
    return {
        "id": facts.control.id,
        "framework": facts.framework.name,
        "number": facts.control.number,
        "title": facts.control.title,
        "description": facts.control.description,
        "expected_evidence": [
            {"title": each.title, "description": each.description} for each in facts.control.expected_evidence
        ],
        "renewal_days": facts.control.renewal_days,
        "status": facts.status,
        "missing": list(facts.missing),
        "evidence": [
            {
                "id": each.id,
                "title": each.title,
                "status": each.status,
                "counts": each.current,
                "quality_score": each.quality_score,
                "expires_at": each.expires_at,
                "expires_soon": each.expires_soon,
            }
            for each in facts.evidence
        ],
        "more_evidence": facts.unnamed,
    }
