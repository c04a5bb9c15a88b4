"""The comparison itself: it must see what is wrong."""

import pytest
from support.shapes import differences

PRINTED = {"id": "user_1", "at": "2024-01-01T00:00:00Z", "n": 1, "on": True, "items": [{"x": "y"}]}
FITTING = {"id": "user_9z", "at": "2026-01-01T00:00:00.123456Z", "n": 5, "on": False, "items": [{"x": "z", "more": 1}]}


def test_more_fields_are_welcome():
    assert differences(PRINTED, {**FITTING, "extra": None}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "proj_1"),
        ("id", None),
        ("at", "2024-01-01"),
        ("at", "2024-01-01T00:00:00+00:00"),
        ("n", "1"),
        ("n", 1.0),
        ("n", True),
        ("on", 1),
        ("items", []),
        ("items", {}),
        ("items", [{"x": "z"}, {}]),
    ],
)
def test_each_deviation_is_seen_with_its_place(field, value):
    (line,) = differences(PRINTED, {**FITTING, field: value})
    assert line.startswith(f"answer.{field}")


def test_a_missing_field_is_seen():
    (line,) = differences(PRINTED, {key: value for key, value in FITTING.items() if key != "n"})
    assert line == "answer.n: is missing"
