"""CSV that spreadsheet programs show as it is: nothing in it is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# APPSEC: a cell that begins so is run as a formula; an apostrophe in front makes it text (OWASP, CSV injection).
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """A cell's text, with an apostrophe in front where a program would calculate."""
    text = "" if value is None else str(value)
    if text.startswith(_BEGINS_FORMULA) and not _is_number(text):
        return f"'{text}"
    return text


def plain_cell(cell: str) -> str:
    """A cell's text without the apostrophe that :func:`safe_cell` puts in front."""
    return cell[1:] if cell[:1] == "'" and safe_cell(cell[1:]) == cell else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as CSV in UTF-8, lines ended as RFC 4180 says, with the mark by which spreadsheets know the encoding."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
