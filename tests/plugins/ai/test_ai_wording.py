"""What models write, and what their servers say of time, before anybody relies on it."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from studio_ai.api import refused
from studio_ai.wording import Speech, harmless, legible


def test_what_loads_or_leads_anywhere_is_taken_out() -> None:
    text = "See ![x](http://evil/?q=secret) and [here](https://evil.example) or www.evil.example <img src=x>"
    assert harmless(text) == "See x and here or [address removed] &lt;img src=x>"


@pytest.mark.parametrize(
    "text",
    [
        "![a[b]c](//evil.example/p.png?q=secret)",
        "[[x](y)](//evil.example)",
        "![x][y]\n\n[y]: //evil.example/p.png",
        "![x]\n\n[x]: &#104;ttps://evil.example/p.png",
        "[a\\]b](&#x68;ttps://evil.example)",
        "[x](\n//evil.example)",
        "<https://evil.example>",
    ],
)
def test_no_way_of_writing_a_link_is_left(text: str) -> None:
    # Told at once, or as it comes, piece by piece and cut anywhere.
    for size in (len(text), 1, 3):
        said: list[str] = []
        speech = Speech(said.append)
        for start in range(0, len(text), size):
            speech.add(text[start : start + size])
        speech.end()
        for shown in (harmless(text), "".join(said)):
            page = MarkdownIt("commonmark").render(shown)
            assert "<a" not in page
            assert "<img" not in page


def test_what_no_database_takes_is_left_out() -> None:
    assert legible("a\0b\ud83dc") == "abc"
    said: list[str] = []
    speech = Speech(said.append)
    for piece in ("Well \ud83d", "\ude00 done\ud83d"):
        speech.add(piece)
    speech.end()
    assert "".join(said) == "Well \U0001f600 done"


def test_words_in_scripts_without_spaces_come_as_they_are_said() -> None:
    said: list[str] = []
    speech = Speech(said.append)
    for piece in "アクセス":
        speech.add(piece)
    assert said == list("アクセス")


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        ("1.5", 1.5, 1.5),
        ("Wed, 21 Oct 2037 07:28:00 GMT", 1, 1e9),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_a_time_to_wait_is_read_from_its_header(header: str, least: float, most: float) -> None:
    after = refused(429, retry_after=header).after
    assert after is not None
    assert least <= after <= most


@pytest.mark.parametrize("header", [None, "", "soon", "-1", "1e999", "Wed, 99 Oct 2015"])
def test_a_time_that_makes_no_sense_is_none(header: str | None) -> None:
    assert refused(503, retry_after=header).after is None
