"""What an extractor is: a function that reads files of some kinds, called in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Part:
    """Text from one place of a file. ``kind`` is the kind of place, such as ``page``, and ``label`` says which."""

    text: str
    kind: str = ""
    label: str = ""


def joined(parts: Sequence[Part]) -> tuple[str, list[dict[str, Any]]]:
    """The parts as one text, a blank line between them, and where each lies in it."""
    passages: list[dict[str, Any]] = []
    start = 0
    for part in parts:
        end = start + len(part.text)
        passages.append({"start": start, "end": end, "kind": part.kind, "label": part.label})
        start = end + 2
    return "\n\n".join(part.text for part in parts), passages


class Unreadable(Exception):
    """Raised by a reader that can tell why it gets no text. ``protected``: a password would be needed."""

    def __init__(self, reason: str, *, protected: bool = False) -> None:
        super().__init__(reason)
        self.protected = protected


class Reader(Protocol):
    """What ``target`` of an :class:`Extractor` names."""

    def __call__(self, path: Path) -> Iterator[Part]:
        """The text of a file, place by place; what it raises marks the file as damaged."""
        ...


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads the text of files of some media types.

    ``target`` is ``module:function`` of a :class:`Reader`. It is imported in the process that reads, under limits of
    time and memory, and never in the server. ``name`` is unique in the platform; change it when what it reads from
    the same file changes, for it is noted with the text. ``memory_mb`` is for readers that can't do with what the
    setting ``evidence.reading_memory_mb`` allows, such as those with a model; in MiB, 0 for no wish.
    """

    name: str
    content_types: tuple[str, ...]
    target: str
    memory_mb: int = 0


_READERS = "studio_evidence.extraction.readers"
_OFFICE = "application/vnd.openxmlformats-officedocument"

BUILT_IN = (
    Extractor("pdf", ("application/pdf",), f"{_READERS}.pdf:read"),
    Extractor("word", (f"{_OFFICE}.wordprocessingml.document",), f"{_READERS}.word:read"),
    Extractor("excel", (f"{_OFFICE}.spreadsheetml.sheet",), f"{_READERS}.excel:read"),
    Extractor("powerpoint", (f"{_OFFICE}.presentationml.presentation",), f"{_READERS}.powerpoint:read"),
    Extractor("html", ("text/html",), f"{_READERS}.html:read"),
    Extractor("csv", ("text/csv",), f"{_READERS}.csv:read"),
    Extractor("markdown", ("text/markdown",), f"{_READERS}.text:read_markdown"),
    Extractor("json", ("application/json",), f"{_READERS}.json:read"),
    Extractor("text", ("text/plain",), f"{_READERS}.text:read"),
    Extractor("zip", ("application/zip",), f"{_READERS}.archive:read"),
)
