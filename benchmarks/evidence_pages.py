"""`python -m benchmarks.evidence_pages`: a page of a million pieces of evidence beside a page of ten thousand.

Both lie in one run, on the same machine, asked for in turn; the goal is a ratio. What is measured is the list of the
evidence plugin with its two queries or one, without HTTP.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_evidence import queries
from studio_evidence.service.pieces import Pieces
from studio_kernel.app import Platform, build_platform
from studio_kernel.commands.session import table
from studio_kernel.http.listing import ListRequest, parse_list_request
from studio_kernel.plugins import installed_plugins
from studio_kernel.security.principal import Principal
from studio_kernel.storage.sql import Statement
from studio_kernel.testing import services

ENGINES = ("sqlite", "postgresql")
MOST = 1.5
PROJECTS = 100
ADMIN = Principal("user", "user_admin", "user_admin", "admin")
MEMBER = Principal("user", "user_member", "user_member", "customer")

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count) "
_PG_NUMBERS = "WITH n AS (SELECT generate_series(0, :count - 1) AS i) "


_PAD = re.compile(r"pad\((\d+);(.*?)\)pad")


def _filled(name: str, columns: dict[str, str]) -> Statement:
    """An INSERT of :count rows, each column an expression of the row's number `i`.

    `pad(width;number)pad` is the number with zeros before it, which each dialect writes in its own way.
    """
    insert = f"INSERT INTO {name} ({', '.join(columns)}) "
    select = f"SELECT {', '.join(columns.values())} FROM n"
    return Statement(
        insert + _NUMBERS + _PAD.sub(r"printf('%0\1d', \2)", select),
        postgresql=insert + _PG_NUMBERS + _PAD.sub(r"lpad((\2)::text, \1, '0')", select),
    )


_ID = "'ev_' || pad(26;i)pad"
_PROJECT = f"'proj_' || pad(26;i % {PROJECTS})pad"
# Each control and tag has as many pieces in the small list as in the large one.
_CONTROL = "'ctrl_' || pad(26;i / 5000)pad"
# One a second, as text that sorts.
_MOMENT = (
    "'20' || pad(2;10 + i / 2419200)pad || '-' || pad(2;1 + (i / 86400) / 28 % 1)pad || '-' || "
    "pad(2;1 + i / 86400 % 28)pad || 'T' || pad(2;i / 3600 % 24)pad || ':' || pad(2;i / 60 % 60)pad || ':' || "
    "pad(2;i % 60)pad || '.000000Z'"
)
_STATUS = "CASE i % 4 WHEN 0 THEN 'pending' WHEN 1 THEN 'rejected' ELSE 'approved' END"
_FALSE = {"sqlite": "0", "postgresql": "FALSE"}


def _evidence(dialect: str) -> Statement:
    return _filled(
        "evidence",
        {
            "id": _ID,
            "project_id": _PROJECT,
            "title": "'Piece ' || pad(7;(i % 10007 * 7919 + i) % 1000003)pad",
            "description": "'What it shows, in a line of usual length, so that rows are as wide as in life.'",
            "control_id": _CONTROL,
            "control_ids": f"'[\"' || {_CONTROL} || '\"]'",
            "tags": "'[\"t' || pad(5;i / 50)pad || '\"]'",
            "status": _STATUS,
            "quality_score": "i * 31 % 101",
            "quality_source": "'review'",
            "version": "1",
            "file_name": "'policy.pdf'",
            "file_size": "i % 4096 * 1021",
            "content_type": "'application/pdf'",
            "sha256": "pad(64;i)pad",
            "uploaded_by": "'user_member'",
            "uploaded_at": _MOMENT,
            "updated_at": _MOMENT,
            "expired": _FALSE[dialect],
            "kind": "'file'",
        },
    )


def _others(dialect: str) -> Iterator[Statement]:
    yield _filled(
        "evidence_controls",
        {
            "evidence_id": _ID,
            "control_id": _CONTROL,
            "project_id": _PROJECT,
            "linked_by": "'user_member'",
            "linked_at": _MOMENT,
        },
    )
    yield _filled("evidence_tags", {"evidence_id": _ID, "tag": "'t' || pad(5;i / 50)pad"})


def _memberships() -> Statement:
    """Five projects of a hundred."""
    columns = {"project_id": f"'proj_' || pad(26;i * 17 % {PROJECTS})pad", "user_id": "'user_member'"}
    return _filled("project_members", {**columns, "role": "'viewer'", "joined_at": "'2024-01-01T00:00:00.000000Z'"})


@dataclass(frozen=True)
class Case:
    """One kind of page: what is asked for, by whom."""

    name: str
    caller: Principal
    query: dict[str, str]


_ONE_PROJECT = {"project_id": f"proj_{3:026d}"}
CASES = (
    Case("everything, newest first", ADMIN, {}),
    Case("everything, by title", ADMIN, {"sort": "title", "order": "asc"}),
    Case("everything, by quality", ADMIN, {"sort": "quality_score"}),
    Case("everything that is approved", ADMIN, {"status": "approved"}),
    Case("one project, newest first", ADMIN, _ONE_PROJECT),
    Case("one project, by title", ADMIN, {**_ONE_PROJECT, "sort": "title"}),
    Case("one project, approved", ADMIN, {**_ONE_PROJECT, "status": "approved"}),
    Case("one control of a project", ADMIN, {**_ONE_PROJECT, "control_id": f"ctrl_{1:026d}"}),
    Case("one tag", ADMIN, {"tag": "t00100"}),
    Case("own projects, newest first", MEMBER, {}),
    Case("own projects, by title", MEMBER, {"sort": "title"}),
)


class Library:
    """A platform with that many pieces of evidence."""

    def __init__(self, folder: Path, url: str, rows: int) -> None:
        found = [each for each in installed_plugins() if each.name in ("auth", "projects", "evidence")]
        self.platform: Platform = build_platform(
            found=found, environment={}, overrides={"home": str(folder), "database_url": url}
        )
        self._pieces = Pieces(self.platform)
        self._fill(rows)

    def _fill(self, rows: int) -> None:
        database = self.platform.database
        with database.transaction():
            for statement in (_evidence(database.dialect), *_others(database.dialect)):
                database.execute(statement, count=rows)
            database.execute(_memberships(), count=5)
        if database.dialect == "postgresql":
            # What autovacuum does by itself; SQLite has no statistics in an install.
            database.execute(Statement("ANALYZE"))

    def page(self, case: Case, request: ListRequest) -> tuple[float, dict[str, Any]]:
        """Seconds for one page, and the page."""
        started = time.perf_counter()
        page = self._pieces.list(case.caller, request)
        return time.perf_counter() - started, page

    def requests(self, case: Case) -> dict[str, ListRequest]:
        """The first page by cursor, and one of the last: page 49,996 of a million pieces, 20 a page."""
        wanted = {"limit": "20", **case.query}
        first = parse_list_request(queries.LISTING, {**wanted, "cursor": ""})
        deep = {"limit": "100", **case.query}
        _, page = self.page(case, parse_list_request(queries.LISTING, deep))
        last_but_one = max(1, page["pagination"]["pages"] - 1)
        _, page = self.page(case, parse_list_request(queries.LISTING, {**deep, "page": str(last_but_one)}))
        behind = page["pagination"]["next_cursor"] or ""
        last = parse_list_request(queries.LISTING, {**wanted, "cursor": behind})
        return {"first, by cursor": first, "deep, by cursor": last}


@dataclass(frozen=True)
class Row:
    """One line of the table; times are medians in milliseconds."""

    case: str
    page: str
    small: float
    large: float

    @property
    def ratio(self) -> float:
        """How much longer the page of the large list takes."""
        return self.large / self.small


@contextmanager
def libraries(engine: str, sizes: tuple[int, int]) -> Iterator[tuple[Library, Library]]:
    """A small and a large library on one database engine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-bench-")))
        made = []
        for name, rows in zip(("small", "large"), sizes, strict=True):
            url = stack.enter_context(services.postgresql()) if engine == "postgresql" else ""
            library = Library(folder / name, url, rows)
            stack.callback(library.platform.close)
            made.append(library)
        yield made[0], made[1]


def measure(engine: str, sizes: tuple[int, int], rounds: int) -> list[Row]:
    """Ask both libraries for each page in turn."""
    rows = []
    with libraries(engine, sizes) as pair:
        for case in CASES:
            asked = [library.requests(case) for library in pair]
            for name in asked[0]:
                times: list[list[float]] = [[], []]
                for _ in range(rounds):
                    for number, library in enumerate(pair):
                        seconds, page = library.page(case, asked[number][name])
                        assert page["evidence"], f"{case.name}: an empty page measures nothing"
                        times[number].append(seconds * 1000)
                small, large = (statistics.median(each) for each in times)
                rows.append(Row(case.name, name, small, large))
    return rows


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print; 1 with --strict when a page misses the goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence_pages", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="pieces in the large list (default %(default)s)")
    parser.add_argument("--small", type=int, default=10_000, help="pieces in the small list (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=60, help="pages of each kind (default %(default)s)")
    parser.add_argument("--database", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    options = parser.parse_args(given)
    missed = False
    for engine in ENGINES if options.database == "both" else (options.database,):
        found = measure(engine, (options.small, options.rows), options.rounds)
        print(f"\n{engine}: 20 of {options.rows:,} beside 20 of {options.small:,}, median of {options.rounds}, ms")
        lines = [
            (each.case, each.page, f"{each.small:.2f}", f"{each.large:.2f}", f"{each.ratio:.2f}", f"≤ {MOST}")
            for each in found
        ]
        print(table(("list", "page", "small", "large", "ratio", "goal"), lines), flush=True)
        missed = missed or any(each.ratio > MOST for each in found)
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
