"""Time as the platform writes it: UTC, RFC 3339, always 27 characters, ending in ``Z``.

One fixed-width text form is used in both databases, in cursors and on the wire: it sorts as time does,
compares as text, and needs no conversion on the hot path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII)


def utc_now() -> datetime:
    """The present moment, with its time zone."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """``2024-01-15T10:30:00.000000Z``; the moment must carry a time zone."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def from_text(text: str) -> datetime:
    """The moment that :func:`to_text` wrote."""
    return datetime.fromisoformat(text)


def parse_rfc3339(text: str) -> datetime:
    """Read a moment from a caller; ``ValueError`` says what is wrong, in words for the caller."""
    if not _RFC3339.match(text):
        raise ValueError("Not a valid date-time: use RFC 3339 with an offset, for example 2024-01-15T10:30:00Z")
    try:
        normalised = re.sub(r"(\.\d{6})\d+", r"\1", text.upper().replace(" ", "T"))
        moment = datetime.fromisoformat(normalised).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("Not a valid date-time: no such day or time") from error
    if not 1900 <= moment.year <= 9998:
        raise ValueError("Not a valid date-time: the year must lie between 1900 and 9998")
    return moment


def later(moment: datetime, seconds: float) -> str:
    """The text form of ``moment`` plus ``seconds`` (which may be negative)."""
    return to_text(moment + timedelta(seconds=seconds))
