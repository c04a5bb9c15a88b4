"""Identifiers: a prefix that names the kind, and a tail that sorts by time and can't be guessed.

The tail is 26 characters of lower-case Crockford base 32: 48 bits of milliseconds and 80 random bits.
Lower case only, so that every database collation sorts ids the same way.
"""

from __future__ import annotations

import hashlib
import os
import re
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# PERF: two characters a step.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = tuple(range(120, -1, -10))
_TAIL = re.compile(r"[0-9a-z]{1,64}\Z")

# PERF: the system's randomness is read in blocks: a call for each id would cost more than all the rest of it.
_BLOCK = 400
_TAIL_LENGTH = 16
_FIVE_BITS = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))
_random: list[str] = []
os.register_at_fork(after_in_child=_random.clear)
_moment = (-1, "")
"""The last millisecond in which an id was made, and how it is written."""


def _random_tail() -> str:
    """Eighty unpredictable bits, used by nobody else: taking one out of the list is atomic."""
    try:
        return _random.pop()
    except IndexError:
        block = os.urandom(_BLOCK * _TAIL_LENGTH).translate(_FIVE_BITS).decode()
        tails = [block[start : start + _TAIL_LENGTH] for start in range(0, len(block), _TAIL_LENGTH)]
        _random.extend(tails[1:])
        return tails[0]


def _encode(number: int) -> str:
    """130 bits as 26 characters that sort as the number does."""
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def new_id(prefix: str) -> str:
    """A fresh id such as ``proj_01j9…``; two made in the same millisecond differ by 80 random bits."""
    global _moment
    milliseconds = time.time_ns() // 1_000_000
    known, written = _moment
    if known != milliseconds:
        written = _encode(milliseconds << 80)[:-_TAIL_LENGTH]
        _moment = (milliseconds, written)
    return f"{prefix}_{written}{_random_tail()}"


def derived_id(prefix: str, *parts: str) -> str:
    """An id that is the same on every install: a hash of ``parts`` (which may not contain NUL)."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"{prefix}_{_encode(int.from_bytes(digest[:16]))}"


def is_id(value: str, prefix: str) -> bool:
    """Whether ``value`` has the form of an id of that kind; it says nothing about existence."""
    head, separator, tail = value.partition("_")
    return bool(separator) and head == prefix and _TAIL.match(tail) is not None
