"""CSV, some rows at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from studio_evidence.extraction.extractors import Part
from studio_evidence.extraction.readers.rows import row_parts

_SAMPLE = 16 * 1024


def read(path: Path) -> Iterator[Part]:
    """The delimiter is told from the beginning of the file; a comma where that says nothing."""
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        sample = file.read(_SAMPLE)
        file.seek(0)
        yield from row_parts(
            csv.reader((line.replace("\0", "") for line in file), delimiter=_delimiter(sample)), "rows"
        )


def _delimiter(sample: str) -> str:
    """The one that splits the first lines most evenly. NOTE: csv.Sniffer takes letters for delimiters."""
    lines = [line for line in sample.splitlines()[:20] if line.strip()]
    counts = {mark: [line.count(mark) for line in lines] for mark in ",;\t|"}
    return max(counts, key=lambda mark: (min(counts[mark], default=0), sum(counts[mark])))
