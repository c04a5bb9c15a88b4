"""The provider: words an answer from the glossary and from what the platform found for the question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files

import yaml

from studio_ai.api import ControlFacts, Question, Reply

UNKNOWN = "Neither the glossary nor the sources of this question say anything about that."


class GlossaryProvider:
    """Answers without a network. It keeps nothing between questions, so that threads may share it."""

    id = "glossary"
    title = "Glossary"
    needs_network = False

    def answer(self, question: Question) -> Reply:
        """Terms of the message first, then the controls it names; each control is cited."""
        lines = [*self._terms(question.message), *(_control(facts) for facts in question.controls)]
        cited = tuple(facts.control.id for facts in question.controls)
        return Reply("\n\n".join(lines) or UNKNOWN, cited)

    def _terms(self, message: str) -> Iterator[str]:
        for term, pattern, meaning in self._glossary:
            if pattern.search(message):
                yield f"{term[0].upper()}{term[1:]}: {meaning}"

    @cached_property
    def _glossary(self) -> list[tuple[str, re.Pattern[str], str]]:
        entries = yaml.safe_load((files(__package__) / "glossary.yaml").read_text(encoding="utf-8"))
        return [(each["term"], _whole_words(each["term"], *each.get("also", ())), each["meaning"]) for each in entries]


def _whole_words(*texts: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, texts))})\b", re.IGNORECASE)


def _control(facts: ControlFacts) -> str:
    control = facts.control
    lines = [f"{facts.framework.name} {control.number}, {control.title}: {control.description}"]
    if facts.status:
        lines.append(f"In this project it is {facts.status.replace('_', ' ')}.")
    if facts.missing:
        lines.append(f"Still missing: {', '.join(facts.missing)}.")
    return " ".join(lines)
