"""JSON as lines of path and value, one part for each member of the top level."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from studio_evidence.extraction.extractors import Part, Unreadable

_PART = 1_000


def read(path: Path) -> Iterator[Part]:
    """Parts called by the member of the top level that they come from."""
    try:
        document = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"Not valid JSON at line {error.lineno}, column {error.colno}") from None
    members = document.items() if isinstance(document, dict) else [("", document)]
    for name, value in members:
        yield from _parts(str(name), value)


def _parts(name: str, value: Any) -> Iterator[Part]:
    lines: list[str] = []
    size = 0
    for line in _lines(name, value):
        lines.append(line)
        size += len(line)
        if size >= _PART:
            yield Part("\n".join(lines) + "\n", "member", name)
            lines, size = [], 0
    if lines:
        yield Part("\n".join(lines) + "\n", "member", name)


def _lines(name: str, value: Any) -> Iterator[str]:
    """PERF, APPSEC: a stack of its own, so that depth is no matter."""
    stack: list[tuple[str, Any]] = [(name, value)]
    while stack:
        path, inner = stack.pop()
        if isinstance(inner, dict):
            stack += [(f"{path}.{key}"[-200:].lstrip("."), each) for key, each in reversed(inner.items())]
        elif isinstance(inner, list):
            stack += [(path, each) for each in reversed(inner)]
        elif inner is not None and inner != "":
            yield f"{path}: {inner}" if path else str(inner)
