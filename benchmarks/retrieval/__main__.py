"""``python -m benchmarks.retrieval``: each way of searching, on both databases, side by side.

With ``--choose`` it tries weights of the last order on the tuning half, and tells how the best do on both halves.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks.retrieval.measure import (
    WAYS,
    PolicyTexts,
    Quality,
    held_out,
    index_policies,
    measure,
    questions,
    tuning,
)
from studio_ai.retrieval.embedding import Embedder
from studio_ai.retrieval.index import PassageIndex
from studio_ai.retrieval.reranking import Weights
from studio_ai.retrieval.search import PassageSearch
from studio_kernel.security.principal import SYSTEM
from studio_kernel.testing import services
from studio_kernel.testing.app import StudioApp

PROJECT = {"name": "Policies", "framework": "soc2"}
HALVES = {"all": questions, "tuning": tuning, "held out": held_out}
STEPS = 8
BEST = 10


def main() -> None:
    """Print a table in Markdown."""
    lines = _choice if "--choose" in sys.argv[1:] else _comparison
    with contextlib.ExitStack() as stack:
        postgresql = {"database_url": stack.enter_context(services.postgresql()), "vectors_url": "pgvector:"}
        for name, overrides in (("SQLite", {}), ("PostgreSQL, pgvector", postgresql)):
            with _library(overrides) as library:
                print(f"\n{library.passages} passages of {library.policies} policies on {name}\n")
                for line in lines(library):
                    print(line)


@dataclass(frozen=True)
class _Library:
    """The set of policies, indexed."""

    app: StudioApp
    project_id: str
    embedder: Embedder
    passages: int
    policies: int

    def measure(self, way: str, half: str, weights: Weights | None = None) -> Quality:
        search = PassageSearch(self.app.platform, self.embedder, weights)
        return measure(search, SYSTEM, self.project_id, WAYS[way], HALVES[half]())


@contextlib.contextmanager
def _library(overrides: dict[str, str]) -> Iterator[_Library]:
    with tempfile.TemporaryDirectory() as home:
        app = StudioApp(Path(home), overrides=overrides)
        try:
            answer = app.client("admin").post("/api/v1/projects", json=PROJECT)
            project_id = answer.json()["data"]["id"]
            embedder, texts = Embedder(), PolicyTexts(project_id)
            passages = index_policies(PassageIndex(app.platform, embedder, texts), texts)
            yield _Library(app, project_id, embedder, passages, len(texts.ids()))
        finally:
            app.close()


def _comparison(library: _Library) -> Iterator[str]:
    yield "| way | questions | recall@5 | MRR |\n|---|---|---|---|"
    for way, half in itertools.product(WAYS, HALVES):
        found = library.measure(way, half)
        yield f"| {way} | {half} ({found.questions}) | {found.recall:.3f} | {found.mrr:.3f} |"


def _choice(library: _Library) -> Iterator[str]:
    """The weights that do best on the tuning half, by MRR, then by recall."""
    found = [(each, library.measure("fusion", "tuning", each)) for each in _grid()]
    found.sort(key=lambda pair: (-pair[1].mrr, -pair[1].recall))
    yield "| fused, words, nearest | tuning: MRR | recall@5 | held out: MRR | recall@5 |\n|---|---|---|---|---|"
    chosen = [pair for pair in found if pair[0] == Weights()]
    for weights, tuned in [*found[:BEST], *chosen]:
        other = library.measure("fusion", "held out", weights)
        yield f"| {astuple(weights)} | {tuned.mrr:.3f} | {tuned.recall:.3f} | {other.mrr:.3f} | {other.recall:.3f} |"


def _grid() -> Iterator[Weights]:
    for fused, words in itertools.product(range(STEPS + 1), repeat=2):
        if fused + words <= STEPS:
            yield Weights(fused / STEPS, words / STEPS, (STEPS - fused - words) / STEPS)


if __name__ == "__main__":
    main()
