"""The rubric: which facts give which points, and what would raise them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_evidence.quality.facts import WEIGHTS, Check, Facts, ServedControl, quality_band
from studio_evidence.quality.rubric import checks, judge, part_score

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EXAMPLE = Facts(
    title="Access review",
    description="Review of all accounts",
    tags=("access",),
    kind="file",
    content_type="text/markdown",
    file_size=4_000,
    uploaded_at=NOW - timedelta(days=10),
    period_start=NOW - timedelta(days=100),
    period_end=NOW - timedelta(days=30),
    valid_until=None,
    controls=(ServedControl("Access reviews", ("Signed access review",), 90),),
    text="Access review of 2026, signed. " + "Each account was compared with its role. " * 10 + "Open: TBD",
    text_state="extracted",
    renewal_days=365,
    now=NOW,
)
BEST = replace(
    EXAMPLE,
    description="The quarterly review of all accounts and their roles, signed",
    valid_until=NOW + timedelta(days=60),
    text="Access review of 2026, signed. " + "Each account was compared with its role. " * 30,
)


def check(facts: Facts, name: str) -> Check:
    return next(each for each in checks(facts) if each.id == name)


def test_the_builtin_checks_of_a_part_add_up_to_its_weight() -> None:
    for part, weight in WEIGHTS.items():
        assert sum(each.possible for each in checks(EXAMPLE) if each.part == part) == weight
    assert list(WEIGHTS.values()) == [40, 30, 20, 10]


def test_a_piece_that_lacks_nothing_has_100_and_no_advice() -> None:
    judgement = judge(BEST)
    assert judgement.score == 100
    assert [each.raise_by for each in judgement.checks if each.raise_by] == []


def test_whatever_lacks_points_says_what_would_raise_it() -> None:
    for facts in (EXAMPLE, replace(EXAMPLE, controls=(), tags=(), text="", text_state="no_text", description="")):
        for each in checks(facts):
            assert bool(each.raise_by) == (each.points < each.possible), each
            assert 0 <= each.points <= each.possible


def test_the_same_facts_always_give_the_same_judgement() -> None:
    assert judge(EXAMPLE) == judge(replace(EXAMPLE))


@pytest.mark.parametrize(
    ("changes", "name", "points"),
    [
        ({"text": "", "text_state": "damaged"}, "text_readable", 0),
        ({"text": "", "text_state": "damaged"}, "file_whole", 0),
        ({"text": "", "text_state": "unsupported"}, "file_whole", 8),
        ({"text": "", "text_state": "unsupported"}, "text_finished", 0),
        ({"text": "word " * 75}, "text_substance", 5),
        ({"description": ""}, "description_given", 0),
        ({"controls": ()}, "control_linked", 0),
        ({"controls": ()}, "expected_evidence", 0),
        ({"controls": (ServedControl("Backups", ("Restore protocol",)),)}, "expected_evidence", 0),
        ({"controls": (ServedControl("Backups"),)}, "expected_evidence", 8),
        ({"controls": (ServedControl("Backups"),)}, "speaks_of_controls", 0),
        ({"controls": (ServedControl("Backups"), ServedControl("Access"))}, "speaks_of_controls", 3),
        ({"period_end": None}, "period_given", 4),
        ({"period_end": NOW}, "dates_agree", 0),
        ({"valid_until": NOW - timedelta(days=200)}, "dates_agree", 0),
        ({"text": "Signed by [name of the manager]"}, "text_finished", 0),
        ({"text": "Approved by: TODO"}, "text_finished", 0),
        ({"text": "Owner: tbd"}, "text_finished", 0),
        ({"text": "Todo el personal revisa todo cada año"}, "text_finished", 8),
        ({"period_end": NOW - timedelta(days=45)}, "recent", 10),
        ({"period_end": NOW - timedelta(days=46)}, "recent", 6),
        ({"period_end": NOW - timedelta(days=91)}, "recent", 0),
        ({"valid_until": NOW}, "still_valid", 0),
        ({"text": "Since 2019"}, "text_dated", 0),
        ({"title": "Holiday pictures"}, "title_fits", 0),
        ({"tags": ()}, "tagged", 0),
    ],
)
def test_points_follow_from_facts(changes: dict[str, Any], name: str, points: int) -> None:
    assert check(replace(BEST, **changes), name).points == points


@pytest.mark.parametrize(
    ("title", "description", "sentence"),
    [
        ("访问审查", "每个季度对所有账户的审查", "每个账户都与其角色进行了比较。"),
        ("ทบทวนสิทธิ์", "การทบทวนบัญชีผู้ใช้ทุกไตรมาส", "ทุกบัญชีได้รับการทบทวนสิทธิ์แล้ว "),
    ],
)
def test_words_count_in_scripts_without_blanks(title: str, description: str, sentence: str) -> None:
    facts = replace(EXAMPLE, title=title, description=description, text=f"{title}。" + sentence * 20)
    found = {each.id: each.points for each in checks(facts)}
    assert (found["text_substance"], found["description_given"], found["title_fits"]) == (10, 6, 2)
    elsewhere = {each.id: each.points for each in checks(replace(facts, text="数据备份。"))}
    assert (elsewhere["text_substance"], elsewhere["title_fits"]) == (0, 0)


@pytest.mark.parametrize("state", ["no_text", "unsupported", "protected", "damaged", "too_costly"])
def test_each_way_to_have_no_text_has_its_own_advice(state: Any) -> None:
    without = replace(BEST, text="", text_state=state)
    advice = check(without, "text_readable").raise_by
    assert advice.startswith("No text could be read: ")
    others = [each for each in ("no_text", "unsupported", "protected", "damaged", "too_costly") if each != state]
    assert advice not in [check(replace(without, text_state=each), "text_readable").raise_by for each in others]


def test_a_file_without_text_gets_what_the_page_says_at_most() -> None:
    assert judge(replace(BEST, text="", text_state="unsupported")).score == 66


def test_further_checks_share_the_weight_of_their_part() -> None:
    low = Check("more.signed", "relevance", "It is signed", 0, 10, "Sign it")
    assert judge(BEST, [low]).score == 95
    assert part_score("relevance", [low]) == 0
    assert judge(BEST, [replace(low, points=10)]).score == 100


def test_bands_begin_where_the_product_says() -> None:
    bands = {quality_band(score): score for score in range(100, -1, -1)}
    assert bands == {"excellent": 90, "good": 80, "acceptable": 70, "marginal": 60, "unacceptable": 0}


def test_the_documented_example_is_what_the_rubric_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "quality.md").read_text(encoding="utf-8")
    judgement = judge(EXAMPLE)
    for each in judgement.checks:
        assert f"| {each.part} | `{each.id}` | {each.points} of {each.possible} | {each.raise_by} |" in page
    assert f"Together {judgement.score}: {quality_band(judgement.score)}." in page
