"""How good a policy draft is, judged by its text alone. The points add up to 100:

structure 30
    The sections that every policy needs are there: purpose, scope, roles, statements, exceptions, enforcement,
    review, version history.
obligations 20
    At least 15 statements say what somebody ``must`` do (or may only do).
measurable 15
    At least 8 of them give a number with a unit: days, hours, months, characters and the like.
traceability 20
    The share of groups of statements that name a control which the framework has.
tailoring 10
    The company is named at least three times (4), its industry (3), and the control asked about (3).
plain language 5
    Sentences have 25 words on average, or fewer.

The same text always gets the same score. It says nothing about whether the company does what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

REQUIRED_SECTIONS = (
    "purpose",
    "scope",
    "roles and responsibilities",
    "policy statements",
    "exceptions",
    "enforcement",
    "review",
    "version history",
)

_SECTION = re.compile(r"^## \d+\. (.+)$", re.MULTILINE)
_GROUP = re.compile(r"^### .+$", re.MULTILINE)
_STATEMENT = re.compile(r"^- (.+)$", re.MULTILINE)
_OBLIGATION = re.compile(r"\b(must|may only)\b|\bonly\b.*\bmay\b")
_MEASURE = re.compile(r"\b\d+ (working )?(minute|hour|day|month|year|character|failed|factor)s?\b")
_SENTENCE = re.compile(r"[.!?:](?:\s|$)")
_ENOUGH_OBLIGATIONS, _ENOUGH_MEASURES, _LONGEST_MEAN = 15, 8, 25


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the rubric: points reached, points there are, and what was found."""

    name: str
    points: int
    of: int
    found: str


def judge(
    text: str, *, company: str, industry: str, control_number: str, control_numbers: Collection[str]
) -> list[Check]:
    """The rubric for a draft; names are as they stand in the text, escaped. ``control_numbers`` exist."""
    statements = _STATEMENT.findall(text)
    obligations = [each for each in statements if _OBLIGATION.search(each)]
    measures = [each for each in obligations if _MEASURE.search(each)]
    return [
        _structure(text),
        _enough("obligations", 20, len(obligations), _ENOUGH_OBLIGATIONS),
        _enough("measurable", 15, len(measures), _ENOUGH_MEASURES),
        _traceability(text, control_numbers),
        _tailoring(text, company, industry, control_number),
        _plain_language(text),
    ]


def _structure(text: str) -> Check:
    there = {title.lower() for title in _SECTION.findall(text)}
    found = sum(1 for name in REQUIRED_SECTIONS if name in there)
    return _share("structure", 30, found, len(REQUIRED_SECTIONS), "needed sections")


def _enough(name: str, of: int, found: int, enough: int) -> Check:
    return Check(name, min(of, of * found // enough), of, f"{found} statements, {enough} are enough")


def _traceability(text: str, control_numbers: Collection[str]) -> Check:
    groups = _GROUP.split(text)[1:]
    tied = sum(1 for group in groups if _names_control(group, control_numbers))
    return _share("traceability", 20, tied, len(groups), "groups of statements name a control")


def _names_control(group: str, control_numbers: Collection[str]) -> bool:
    line = next((each for each in group.splitlines() if each.startswith("*Controls:")), "")
    return any(re.search(rf"(?<![\w.]){re.escape(number)}(?![\w.]*\w)", line) for number in control_numbers)


def _tailoring(text: str, company: str, industry: str, control_number: str) -> Check:
    named = (
        ("company", 4, text.count(company) >= 3),
        ("industry", 3, bool(industry) and industry in text),
        ("control", 3, bool(control_number) and f"{control_number} " in text),
    )
    missing = [name for name, _, there in named if not there]
    found = f"too little of: {', '.join(missing)}" if missing else "company, industry and control are named"
    return Check("tailoring", sum(points for _, points, there in named if there), 10, found)


def _plain_language(text: str) -> Check:
    lines = [line.lstrip("-# ") for line in text.splitlines() if line and not line.startswith(("|", "#", "*Controls"))]
    prose = " ".join(lines)
    sentences = [each for each in _SENTENCE.split(prose) if each.strip()]
    mean = len(prose.split()) / len(sentences) if sentences else 0.0
    return Check("plain language", 5 if 0 < mean <= _LONGEST_MEAN else 0, 5, f"{mean:.1f} words a sentence")


def _share(name: str, of: int, found: int, total: int, what: str) -> Check:
    return Check(name, of * found // total if total else 0, of, f"{found} of {total} {what}")
