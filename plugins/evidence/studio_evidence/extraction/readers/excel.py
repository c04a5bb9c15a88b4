"""Excel workbooks, sheet by sheet: values, not formulas."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl

from studio_evidence.extraction.extractors import Part
from studio_evidence.extraction.readers.rows import row_parts


def read(path: Path) -> Iterator[Part]:
    """A part for some rows of a sheet."""
    warnings.simplefilter("ignore")
    # NOTE: opened here, because the library judges paths by how they end.
    with path.open("rb") as file:
        yield from _sheets(file)


def _sheets(file: BinaryIO) -> Iterator[Part]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    for sheet in book.worksheets:
        # NOTE: a sheet may lie about how large it is.
        sheet.reset_dimensions()
        rows: Iterator[Sequence[Any]] = ([_shown(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
        yield from row_parts(rows, "sheet", sheet.title)


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return value
