"""What commands on resources share: list requests from options, and answers for people or scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from studio_kernel.commands.session import show, table
from studio_kernel.http.listing import Listing, ListRequest, parse_list_request
from studio_kernel.http.wire import encode


def request(listing: Listing, wanted: Mapping[str, Any]) -> ListRequest:
    """A list's request from a command's options; those that weren't given are None."""
    return parse_list_request(listing, {name: str(value) for name, value in wanted.items() if value is not None})


def plain(value: Any) -> Any:
    """An answer as the API would send it, with nothing in it that only the wire knows."""
    return orjson.loads(encode(value))


def listed(found: Any, key: str, columns: Sequence[str], as_json: bool) -> None:
    """Print a page of a list, and how many there are in all."""
    answer = plain(found)

    def text() -> str:
        rows = [[_cell(each[name]) for name in columns] for each in answer[key]]
        shown, total = len(rows), answer["pagination"]["total"]
        return table([name.upper() for name in columns], rows) + (f"\n{shown} of {total}" if total > shown else "")

    show(answer[key], as_json, text)


def show_one(made: Any, as_json: bool, columns: Sequence[str]) -> None:
    """Print one thing."""
    answer = plain(made)
    show(answer, as_json, lambda: "  ".join(_cell(answer[name]) for name in columns))


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
