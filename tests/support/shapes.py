"""Compares an answer with a printed one: every printed field is there, with the printed type."""

from __future__ import annotations

import re
from typing import Any

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z\Z")
_ID = re.compile(r"(user|proj|ctrl|mile|ev|ak|wh|req|evt|msg|job)_[0-9a-z]+\Z")


def differences(printed: Any, actual: Any, place: str = "answer") -> list[str]:
    """What doesn't fit, a line each. A printed list with an item wants at least one such item."""
    if isinstance(printed, dict):
        if not isinstance(actual, dict):
            return [f"{place}: an object was printed, {type(actual).__name__} came"]
        missing = [f"{place}.{name}: is missing" for name in printed if name not in actual]
        inner = [
            line
            for name, value in printed.items()
            if name in actual
            for line in differences(value, actual[name], f"{place}.{name}")
        ]
        return missing + inner
    if isinstance(printed, list):
        if not isinstance(actual, list):
            return [f"{place}: a list was printed, {type(actual).__name__} came"]
        if printed and not actual:
            return [f"{place}: the list is empty"]
        return [
            line for number, item in enumerate(actual) for line in differences(printed[0], item, f"{place}.{number}")
        ]
    return _scalar(printed, actual, place)


def _scalar(printed: Any, actual: Any, place: str) -> list[str]:
    if type(printed) is not type(actual):
        return [f"{place}: {type(printed).__name__} was printed, {actual!r} came"]
    if isinstance(printed, str) and _TIME.match(printed) and not _TIME.match(actual):
        return [f"{place}: a UTC time was printed, {actual!r} came"]
    if isinstance(printed, str) and _ID.match(printed):
        prefix = printed.partition("_")[0]
        if not re.match(rf"{prefix}_[0-9a-z]+\Z", actual):
            return [f"{place}: an id {prefix}_… was printed, {actual!r} came"]
    return []
