"""What became of the attempts at one delivery: the latest ones, kept with it."""

from __future__ import annotations

from typing import Any

import orjson

from studio_webhooks.sender import Outcome

KEPT = 25
"""The default schedule makes 8 attempts, a setting at most 21; further ones come of replays."""


def extended(history: str, number: int, outcome: Outcome, now: str) -> str:
    """The history, as the database keeps it, with one more attempt at its end.

    ``number`` counts all attempts at the delivery, replays included. ``now`` stands for an attempt that ended before
    anything was sent.
    """
    entries: list[dict[str, Any]] = orjson.loads(history)
    entries.append(
        {
            "number": number,
            "at": outcome.began or now,
            "milliseconds": round(outcome.seconds * 1000),
            "status": outcome.status,
            "error": outcome.error or None,
        }
    )
    return orjson.dumps(entries[-KEPT:]).decode()
