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
# PERF: two characters a step; a request id is made for every request.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = tuple(range(120, -1, -10))
_TAIL = re.compile(r"[0-9a-z]{1,64}\Z")

# PERF: the system's randomness is read in blocks: a call for each id would cost more than all the rest of it.
_BLOCK = 4000
_random: list[bytes] = []
os.register_at_fork(after_in_child=_random.clear)


def _random_bytes() -> bytes:
    """Ten unpredictable bytes, used by nobody else: taking one out of the list is atomic."""
    try:
        return _random.pop()
    except IndexError:
        block = os.urandom(_BLOCK)
        _random.extend(block[start : start + 10] for start in range(10, _BLOCK, 10))
        return block[:10]


def _encode(number: int) -> str:
    """130 bits as 26 characters that sort as the number does."""
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def new_id(prefix: str) -> str:
    """A fresh id such as ``proj_01j9…``; two made in the same millisecond differ by 80 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    return f"{prefix}_{_encode((milliseconds << 80) | int.from_bytes(_random_bytes()))}"


def derived_id(prefix: str, *parts: str) -> str:
    """An id that is the same on every install: a hash of ``parts`` (which may not contain NUL)."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"{prefix}_{_encode(int.from_bytes(digest[:16]))}"


def is_id(value: str, prefix: str) -> bool:
    """Whether ``value`` has the form of an id of that kind; it says nothing about existence."""
    head, separator, tail = value.partition("_")
    return bool(separator) and head == prefix and _TAIL.match(tail) is not None
