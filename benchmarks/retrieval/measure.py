"""Recall and mean reciprocal rank of each way of searching, over the platform's own index and search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from studio_ai.policies import PolicyLibrary
from studio_ai.retrieval.index import PassageIndex
from studio_ai.retrieval.passages import Passage, Way
from studio_ai.retrieval.search import PassageSearch
from studio_ai.retrieval.texts import EvidenceText, TextPart

DEPTH = 5
WAYS: dict[str, tuple[Way, ...]] = {
    "full text": ("words",),
    "embeddings": ("meaning",),
    "fusion": ("words", "meaning"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the places (evidence id, section title) that answer it."""

    ask: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """``recall`` is the share of questions with an answering passage among the first five."""

    questions: int
    recall: float
    mrr: float


@cache
def questions() -> tuple[Question, ...]:
    """The questions of the benchmark, in the order of the file."""
    rows = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))
    return tuple(Question(row["ask"], tuple((f"ev_{policy}", title) for policy, title in row["at"])) for row in rows)


def tuning() -> tuple[Question, ...]:
    """Every second question: the half that weights are chosen on."""
    return questions()[::2]


def held_out() -> tuple[Question, ...]:
    """The other half: nothing is chosen on it."""
    return questions()[1::2]


class PolicyTexts:
    """Stands for evidence: each policy of the library, as the template words it, is a piece of one project."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id
        self._library = PolicyLibrary()

    def ids(self) -> list[str]:
        """The pieces there are."""
        return [f"ev_{policy}" for policy in self._library.ids()]

    def described(self, evidence_id: str) -> tuple[str, int]:
        """Title and version of one."""
        return self.current(evidence_id).title, 1

    def current(self, evidence_id: str) -> EvidenceText:
        """The text of one."""
        template = self._library.get(evidence_id.removeprefix("ev_"))
        assert template is not None
        parts = [f"# {template.title}", "## Purpose", template.purpose, "## Scope", template.scope, "## Roles"]
        parts += ["\n".join(f"- {name}: {duty}" for name, duty in template.roles)]
        for section in template.sections:
            parts += [f"## {section.title}", "\n".join(f"- {each}" for each in section.statements)]
        text = "\n\n".join(parts).replace("{company}", "Northwind")
        return EvidenceText(evidence_id, self._project_id, template.title, 1, (TextPart(text),))


def index_policies(index: PassageIndex, texts: PolicyTexts) -> int:
    """Index the whole set; how many passages."""
    return sum(index.refresh(each) for each in texts.ids())


def measure(
    search: PassageSearch, principal: Any, project_id: str, ways: Sequence[Way], asked: Sequence[Question]
) -> Quality:
    """Ask these questions by these ways."""
    ranks = [_rank(each, search.find(principal, project_id, each.ask, 20, ways=ways)) for each in asked]
    found = [rank for rank in ranks if rank]
    return Quality(
        len(ranks),
        sum(1 for rank in found if rank <= DEPTH) / len(ranks),
        sum(1 / rank for rank in found) / len(ranks),
    )


def _rank(question: Question, passages: Sequence[Passage]) -> int:
    """The place of the first passage that answers, from 1; 0 without one."""
    for number, passage in enumerate(passages, 1):
        if (passage.evidence_id, passage.heading.rpartition(" › ")[2]) in question.places:
            return number
    return 0
