"""Both full-text indexes keep one promise: the same words find the same documents, the best first."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_kernel.storage import fulltext_postgresql, fulltext_sqlite
from studio_kernel.storage.database import Database, open_database
from studio_kernel.storage.fulltext import FullText, Passage, open_fulltext, parse_query, segments
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.services import postgresql


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the index's tables; tests empty them."""
    folder: Path = tmp_path_factory.mktemp("fulltext")
    on_sqlite = request.param == "sqlite"
    schema = (fulltext_sqlite if on_sqlite else fulltext_postgresql).FULLTEXT_SCHEMA
    with contextlib.nullcontext(f"sqlite:///{folder}/fulltext.db") if on_sqlite else postgresql() as url:
        database = open_database(url)
        for text in schema:
            database.execute(Statement(text))
        yield database
        database.close()


@pytest.fixture
def index(prepared: Database) -> FullText:
    opened = open_fulltext(prepared)
    for scope in ("a", "b"):
        for collection in ("docs", "other"):
            opened.remove_scope(collection, scope)
    assert prepared.value(Statement("SELECT COUNT(*) FROM fulltext_passages")) == 0
    return opened


def put(index: FullText, document: str, *texts: str, heading: str = "", scope: str = "a") -> None:
    index.put("docs", document, scope, [Passage(n, text, heading) for n, text in enumerate(texts)])


def found(index: FullText, text: str, **options: object) -> list[str]:
    query = parse_query(text)
    hits = index.search("docs", query, **options)  # type: ignore[arg-type]  # tests say less
    assert index.count("docs", query) >= len(hits)
    return [hit.document for hit in hits]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("All backups are encrypted", "encryption"),
        ("Access policies", "policy"),
        ("Zugriffsrechte für Prüfer", "prufer"),
        ("Résumé of the café", "resume CAFE"),
        ("STRASSE", "straße"),
        ("control CC6.1 of SOC 2", "CC6.1"),
        ("see CC6.1", '"cc6.1"'),
        ("ISO/IEC 27001:2022", "iso 27001"),
        ("user@example.org signed", "example.org"),
        ("情報セキュリティ方針を定める", "セキュリティ"),
        ("политика доступа", "ПОЛИТИКА"),
        ("ＦＵＬＬ ｗｉｄｔｈ", "full width"),
        ("quarterly access review done", '"access review"'),
        ("हिन्दी नीति", "हिन्दी"),
        ("นโยบายความปลอดภัยของข้อมูล", "ความปลอดภัย"),
        ("គោលនយោបាយសុវត្ថិភាព", "សុវត្ថិភាព"),
        ("سياسة الأَمْن", "الأمن"),
        ("מְדִינִיּוּת אבטחה", "מדיניות"),
        ("v2.1 of 2026-03-14", "2026-03-14"),
        ("What is it?", "what is it"),
    ],
)
def test_words_are_found_whatever_their_form(index: FullText, text: str, query: str) -> None:
    put(index, "d", text)
    put(index, "e", "unrelated")
    assert found(index, query) == ["d"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("access was reviewed, and review of access", '"access review"'),
        ("a policy, draft", "policy -draft"),
        ("policy", "policy backup"),
        ("party", "art"),
        ("नाता", "नीति"),
        ("cc6", '"cc6 1"'),
        ("anything", "-nothing"),
        ("anything", ""),
        ("anything", '"" - * ()'),
    ],
)
def test_what_does_not_fit_is_not_found(index: FullText, text: str, query: str) -> None:
    put(index, "d", text)
    assert found(index, query) == []


def test_a_document_is_found_by_words_of_different_passages(index: FullText) -> None:
    put(index, "both", "about backups", "about keys")
    put(index, "one", "about backups", "about cats")
    assert found(index, "backups keys") == ["both"]
    assert found(index, "backups -keys") == ["one"]
    assert found(index, '"backups about"') == []


def test_the_best_come_first_and_name_their_best_passage(index: FullText) -> None:
    filler = "words that say nothing of it " * 6
    put(index, "weak", f"{filler} backup {filler}")
    put(index, "strong", "nothing here", "backup of the backup server", filler)
    index.put("docs", "titled", "a", [Passage(0, filler, "Backup")])
    put(index, "none", filler)
    hits = index.search("docs", parse_query("backup"))
    assert [(hit.document, hit.number) for hit in hits] == [("titled", 0), ("strong", 1), ("weak", 0)]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_passage_with_all_words_beats_one_with_some(index: FullText) -> None:
    put(index, "spread", "encryption is used", "keys are used")
    put(index, "close", "encryption keys are used", "nothing else")
    assert found(index, "encryption keys") == ["close", "spread"]


def test_equal_ones_come_the_latest_first_and_page_by_page(index: FullText) -> None:
    for number in range(7):
        put(index, f"d{number}", "the same words")
    pages = [found(index, "same words", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert pages == [["d6", "d5", "d4"], ["d3", "d2", "d1"], ["d0"], []]
    assert index.count("docs", parse_query("same words")) == 7


def test_conditions_are_part_of_the_query(index: FullText) -> None:
    put(index, "mine", "secret plan", scope="a")
    put(index, "theirs", "secret plan, secret secret", scope="b")
    where = {"where": ["p.scope IN :mine"], "values": {"mine": ["a"]}}
    assert found(index, "secret", limit=1, **where) == ["mine"]
    assert index.count("docs", parse_query("secret"), where=["p.scope = :it"], values={"it": "b"}) == 1
    assert index.search("other", parse_query("secret")) == []


def test_a_condition_narrows_another_query(index: FullText, prepared: Database) -> None:
    put(index, "d", "keys", "and backups")
    put(index, "e", "keys")
    statement = "SELECT DISTINCT x.document FROM fulltext_passages x WHERE {} ORDER BY 1"

    def chosen(text: str) -> list[str]:
        condition, values = index.condition("docs", parse_query(text), "x.document")
        return [row[0] for row in prepared.rows(Statement(statement.format(condition)), **values)]

    assert chosen("keys") == ["d", "e"]
    assert chosen("keys backup") == ["d"]
    assert chosen("keys -backup") == ["e"]
    assert chosen("...") == []


def test_putting_again_replaces_and_removing_leaves_nothing(index: FullText, prepared: Database) -> None:
    put(index, "d", "first", "second", "third")
    index.put("docs", "d", "a", [Passage(1, "changed")])
    assert [found(index, word) for word in ("first", "second", "changed", "third")] == [["d"], [], ["d"], ["d"]]
    index.remove("docs", "d", first=2)
    assert (found(index, "third"), found(index, "changed")) == ([], ["d"])
    index.remove("docs", "d", last=0)
    assert (found(index, "first"), found(index, "changed")) == ([], ["d"])
    put(index, "e", "first", scope="b")
    index.remove("docs", "d")
    index.remove("docs", "unknown")
    index.remove_scope("docs", "b")
    assert prepared.value(Statement("SELECT COUNT(*) FROM fulltext_passages")) == 0
    if prepared.dialect == "sqlite":
        assert prepared.value(Statement("SELECT COUNT(*) FROM fulltext_index")) == 0


def test_a_change_goes_with_its_transaction(index: FullText, prepared: Database) -> None:
    put(index, "d", "before")

    def fail() -> None:
        with prepared.transaction():
            put(index, "d", "after")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert (found(index, "before"), found(index, "after")) == (["d"], [])


ODD = [
    "'",
    '"',
    '""""',
    "a\"b'c",
    "AND OR NOT NEAR(",
    "NEAR(a b, 5)",
    "heading: body:x",
    "^a",
    "a:* & !b | <->",
    "-",
    "--",
    '-"a',
    "%_\\",
    "\\",
    "()[]{}",
    "*",
    "a*",
    "; DROP TABLE fulltext_passages",
    "\u202e\u0000\ufeff",
    "🙂 👩‍👩‍👧",
    "\ud83d\ude42",
    "İstanbul ǆ ﷺ",
    "x" * 10_000,
    "a b " * 2_500,
    '"' * 5_000,
    "-" * 10_000,
    "\u0301" * 100,
    "１２３ ⅷ ²",
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_no_text_is_too_odd_to_be_looked_for_or_indexed(index: FullText, text: str) -> None:
    put(index, "d", text, heading=text)
    query = parse_query(text)
    hits = index.search("docs", query)
    assert len(hits) == index.count("docs", query) <= 1
    "".join(segment.text for segment in segments(text, query))


def test_any_character_can_be_indexed_and_found(index: FullText) -> None:
    draw = random.Random(7)
    letters = [chr(draw.randrange(1, 0x110000)) for _ in range(4_000)]
    text = "".join(c for c in letters if not "\ud800" <= c <= "\udfff")
    put(index, "d", text)
    for start in range(0, len(text), 400):
        part = text[start : start + 6].replace("-", "")
        assert found(index, f'"{part}"') in (["d"], [])
    assert found(index, f'"{text[100:140]}"'.replace("-", " ")) in (["d"], [])


def test_a_snippet_shows_the_densest_part_and_marks_what_was_looked_for() -> None:
    text = f"{'nothing ' * 60}Backups are encrypted with keys that rotate{' nothing' * 60}"
    shown = segments(text, parse_query("encryption key backup"), 120)
    assert [each.text for each in shown if each.match] == ["Backups", "encrypted", "keys"]
    joined = "".join(each.text for each in shown)
    assert joined.startswith("… ")
    assert joined.endswith(" …")
    assert len(joined) <= 130
    assert joined.strip(" …") in text
    assert "".join(each.text for each in segments("short", parse_query("no"))) == "short"
