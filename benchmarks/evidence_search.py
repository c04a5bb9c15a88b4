"""`python -m benchmarks.evidence_search`: a search in many pieces of evidence beside one in few.

Both lie in one run, on the same machine, asked for in turn. What is found by rare words is as much in both, so that the
goal is a ratio; words that most pieces hold are shown beside it. What is measured is the search of the evidence plugin
with its four queries, without HTTP.
"""

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.evidence_pages import ADMIN, ENGINES, MEMBER, MOST, PROJECTS, Library
from studio_evidence import queries
from studio_evidence.service.indexing import COLLECTION, TEXT
from studio_evidence.service.searching import EvidenceSearch
from studio_kernel.commands.session import table
from studio_kernel.http.listing import parse_list_request
from studio_kernel.security.principal import Principal
from studio_kernel.storage.fulltext import Passage
from studio_kernel.storage.sql import Statement
from studio_kernel.testing import services

_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "za")
_VOCABULARY = ["".join(each) for each in itertools.product(_SYLLABLES, repeat=3)]
_FOUND = 50


@dataclass(frozen=True)
class Case:
    """One search, by whom, and whether it finds as much in both libraries."""

    name: str
    caller: Principal
    query: dict[str, str]
    alike: bool = True


_ONE_PROJECT = {"project_id": f"proj_{3:026d}"}
CASES = (
    Case("a rare word", ADMIN, {"q": "rare7"}),
    Case("a rare word, own projects", MEMBER, {"q": "rare17"}),
    Case("two rare words", ADMIN, {"q": "rare7 odd7"}),
    Case("a phrase", ADMIN, {"q": '"rare7 odd7"'}),
    Case("a rare word, approved", ADMIN, {"q": "rare7", "status": "approved"}),
    Case("a rare word and one of each piece", ADMIN, {"q": "rare7 evidence"}, alike=False),
    Case("a word of each 100th piece", ADMIN, {"q": "often7"}, alike=False),
    Case("a word of each piece, one project", ADMIN, {"q": "evidence", **_ONE_PROJECT}, alike=False),
    Case("a word of each piece", ADMIN, {"q": "evidence"}, alike=False),
)


class SearchLibrary(Library):
    """A library whose pieces are in the index, each with a text of sixty words."""

    def _fill(self, rows: int) -> None:
        super()._fill(rows)
        self._search = EvidenceSearch(self.platform)
        database, chance = self.platform.database, random.Random(7)
        for start in range(0, rows, 10_000):
            with database.transaction():
                for number in range(start, min(rows, start + 10_000)):
                    self._put(number, rows, chance)
        if database.dialect == "postgresql":
            database.execute(Statement("ANALYZE"))

    def _put(self, number: int, rows: int, chance: random.Random) -> None:
        group = number % (rows // _FOUND)
        words = chance.choices(_VOCABULARY, k=56)
        text = " ".join([*words[:28], f"rare{group} odd{group} often{number % 100} evidence", *words[28:]])
        passages = [
            Passage(0, "", f"Piece {number:07d}"),
            Passage(1, "What it shows, in a line of usual length"),
            Passage(2, f"t{number // 50:05d}"),
            Passage(TEXT, text),
        ]
        self.platform.fulltext.put(COLLECTION, f"ev_{number:026d}", f"proj_{number % PROJECTS:026d}", passages)

    def search(self, case: Case) -> tuple[float, int]:
        """Seconds for one search, and how many pieces it showed."""
        request = parse_list_request(queries.SEARCH_LISTING, case.query)
        started = time.perf_counter()
        found = self._search.find(case.caller, request)
        return time.perf_counter() - started, len(found["evidence"])


@contextmanager
def libraries(engine: str, sizes: tuple[int, int]) -> Iterator[tuple[SearchLibrary, SearchLibrary]]:
    """A small and a large library on one database engine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-bench-")))
        made = []
        for name, rows in zip(("small", "large"), sizes, strict=True):
            url = stack.enter_context(services.postgresql()) if engine == "postgresql" else ""
            library = SearchLibrary(folder / name, url, rows)
            stack.callback(library.platform.close)
            made.append(library)
        yield made[0], made[1]


def measure(engine: str, sizes: tuple[int, int], rounds: int) -> list[tuple[Case, float, float]]:
    """Ask both libraries for each search in turn; medians in milliseconds."""
    rows = []
    with libraries(engine, sizes) as pair:
        for case in CASES:
            times: list[list[float]] = [[], []]
            for _ in range(rounds):
                for number, library in enumerate(pair):
                    seconds, shown = library.search(case)
                    assert shown, f"{case.name}: finding nothing measures nothing"
                    times[number].append(seconds * 1000)
            rows.append((case, statistics.median(times[0]), statistics.median(times[1])))
    return rows


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print; 1 with --strict when a search misses the goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence_search", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="pieces in the large library (default %(default)s)")
    parser.add_argument("--small", type=int, default=10_000, help="pieces in the small library (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=20, help="searches of each kind (default %(default)s)")
    parser.add_argument("--database", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    options = parser.parse_args(given)
    missed = False
    for engine in ENGINES if options.database == "both" else (options.database,):
        found = measure(engine, (options.small, options.rows), options.rounds)
        print(f"\n{engine}: a search in {options.rows:,} beside {options.small:,}, median of {options.rounds}, ms")
        lines = [
            (case.name, f"{small:.2f}", f"{large:.2f}", f"{large / small:.2f}", f"≤ {MOST}" if case.alike else "")
            for case, small, large in found
        ]
        print(table(("search", "small", "large", "ratio", "goal"), lines), flush=True)
        missed = missed or any(large / small > MOST for case, small, large in found if case.alike)
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
