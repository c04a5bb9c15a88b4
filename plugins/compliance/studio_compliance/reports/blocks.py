"""What a report is made of, whatever form it comes in: figures, charts, tables and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Tone = str
"""How something is to be read: ``good``, ``fair``, ``bad``, ``none`` or empty."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that matters, with what it is and what to keep in mind beside it."""

    label: str
    value: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers beside one another."""

    items: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs under a heading."""

    title: str
    paragraphs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole."""

    label: str
    count: int
    tone: Tone


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts of a whole, drawn as a ring."""

    title: str
    parts: Sequence[Share]


@dataclass(frozen=True, slots=True)
class Bars:
    """Values from 0 to 100, a bar each."""

    title: str
    items: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Line:
    """Values from 0 to 100 over days (``2024-01-15``), oldest first."""

    title: str
    points: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``weight`` is its share of the width. ``key`` names it in CSV."""

    title: str
    weight: float = 1.0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; ``tones`` colour the cells of the column of that number by their text."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    toned: int = -1
    empty: str = "Nothing to show."


Block = Figures | Text | Shares | Bars | Line | Table


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. ``facts`` say what it is about; ``main`` is the table that goes into a CSV file."""

    title: str
    subject: str
    facts: Sequence[tuple[str, str]]
    blocks: Sequence[Block]
    main: Table
    note: str = field(default="")


TONES = {
    "complete": "good",
    "in progress": "fair",
    "not started": "bad",
    "not applicable": "none",
    "critical": "bad",
    "moderate": "fair",
    "minor": "none",
    "no": "none",
    "yes": "good",
}
"""The tone of words that stand in toned columns."""


def tone_of_score(score: float) -> Tone:
    """Good from 80, fair from 60 (product rules, Compliance score)."""
    return "good" if score >= 80 else "fair" if score >= 60 else "bad"
