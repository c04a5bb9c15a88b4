"""Pages of evidence are read from an index in their order, so that a page of a million pieces costs as one of few.

``python -m benchmarks.evidence_pages`` measures it; here the plans of both databases are read.
"""

from __future__ import annotations

from typing import Any

import pytest

from studio_evidence import queries
from studio_kernel.http.listing import ListRequest, parse_list_request
from studio_kernel.storage.sql import Statement

PROJECT = {"project_id": "proj_1"}
SORTS = sorted(queries.LISTING.sorts)
SHAPES: list[dict[str, str]] = [
    *(
        {"sort": sort, "order": order, **filters}
        for sort in SORTS
        for order in ("asc", "desc")
        for filters in ({}, PROJECT)
    ),
    {"status": "approved"},
    {"status": "approved", **PROJECT},
]


class Explained:
    """The plan of a list's statement instead of its rows."""

    def __init__(self, request: ListRequest) -> None:
        self._rows, _ = queries.LIST._statement(request, (), ())

    def bind(self, dialect: Any, values: Any) -> tuple[str, tuple[Any, ...]]:
        text, parameters = self._rows.bind(dialect, values)
        return ("EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN ") + text, parameters


def plan(platform: Any, shape: dict[str, str], cursor: str) -> str:
    """What the database would do for a page, in its own words."""
    request = parse_list_request(queries.LISTING, {**shape, "cursor": cursor})
    values = {f"filter_{name}": value for name, value in request.filters.items()}
    if request.cursor is not None:
        values["cursor_value"], values["cursor_id"] = request.cursor
    return "\n".join(str(row[-1]) for row in platform.database.rows(Explained(request), limit=21, **values))


def cursors(shape: dict[str, str]) -> list[str]:
    """The beginning, and somewhere behind it."""
    from studio_kernel.http.listing import _encode

    sort, order = shape.get("sort", "uploaded_at"), shape.get("order", "desc")
    number = queries.LISTING.sorts[sort].kind == "number"
    return ["", _encode(sort, order, 50 if number else "m", "ev_m")]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(shape.values()))
def test_sqlite_reads_a_page_in_the_order_of_an_index(module_platform: Any, shape: dict[str, str]) -> None:
    for cursor in cursors(shape):
        steps = plan(module_platform, shape, cursor)
        assert "USING INDEX" in steps
        assert "TEMP B-TREE" not in steps
        assert steps.startswith(("SEARCH", "SCAN e USING INDEX"))


@pytest.mark.parametrize("name", ["control_id", "tag"])
def test_sqlite_begins_with_the_pieces_of_the_control_or_tag(module_platform: Any, name: str) -> None:
    query = {"control_id": queries.LIST_OF_CONTROL, "tag": queries.LIST_OF_TAG}[name]
    request = parse_list_request(queries.LISTING, {name: "x", **PROJECT})
    statement, _ = query._statement(request, (), ())
    explained = Explained(request)
    explained._rows = statement
    values = {f"filter_{key}": value for key, value in request.filters.items()}
    rows = module_platform.database.rows(explained, limit=21, offset=0, **values)
    assert str(rows[0][-1]).startswith("SEARCH b USING COVERING INDEX")


def test_sqlite_walks_the_order_for_somebody_who_belongs_to_projects(house: Any) -> None:
    with house.app.count_queries() as seen:
        house.viewer.get("/api/v1/evidence?cursor=")
    (text,) = [each for each in seen if "FROM evidence e" in each]
    steps = house.app.platform.database.rows(
        Statement("EXPLAIN QUERY PLAN " + text.replace("?", ":user", 1).replace("?", ":limit")), user="u", limit=21
    )
    words = "\n".join(str(row[-1]) for row in steps)
    assert words.startswith("SCAN e USING INDEX")
    assert "TEMP B-TREE" not in words


def test_postgresql_reads_every_page_in_the_order_of_an_index(make_house: Any, postgres_url: str) -> None:
    platform = make_house(database_url=postgres_url).app.platform
    with platform.database.transaction():
        # With so few rows it would rather read them all: what is asked is whether it could do without.
        for setting in ("enable_seqscan", "enable_sort", "enable_incremental_sort", "enable_bitmapscan"):
            platform.database.execute(Statement(f"SET LOCAL {setting} = off"))
        for shape in SHAPES:
            for cursor in cursors(shape):
                steps = plan(platform, shape, cursor)
                assert "Index" in steps, (shape, steps)
                assert "Sort" not in steps, (shape, steps)
