"""``python -m benchmarks.retrieval``: each way of searching, on both databases, side by side."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from benchmarks.retrieval.measure import WAYS, PolicyTexts, index_policies, measure
from studio_ai.retrieval.embedding import Embedder
from studio_ai.retrieval.index import PassageIndex
from studio_ai.retrieval.search import PassageSearch
from studio_kernel.security.principal import SYSTEM
from studio_kernel.testing import services
from studio_kernel.testing.app import StudioApp

PROJECT = {"name": "Policies", "framework": "soc2"}


def main() -> None:
    """Print a table in Markdown."""
    print("| database | way | questions | recall@5 | MRR |\n|---|---|---|---|---|")
    with contextlib.ExitStack() as stack:
        postgresql = {"database_url": stack.enter_context(services.postgresql()), "vectors_url": "pgvector:"}
        for name, overrides in (("SQLite", {}), ("PostgreSQL, pgvector", postgresql)):
            for line in _lines(name, overrides):
                print(line)


def _lines(database: str, overrides: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as home:
        app = StudioApp(Path(home), overrides=overrides)
        try:
            answer = app.client("admin").post("/api/v1/projects", json=PROJECT)
            project_id = answer.json()["data"]["id"]
            embedder, texts = Embedder(), PolicyTexts(project_id)
            passages = index_policies(PassageIndex(app.platform, embedder, texts), texts)
            print(f"{passages} passages of {len(texts.ids())} policies on {database}", file=sys.stderr)
            search = PassageSearch(app.platform, embedder)
            found = {name: measure(search, SYSTEM, project_id, ways) for name, ways in WAYS.items()}
        finally:
            app.close()
    return [
        f"| {database} | {name} | {each.questions} | {each.recall:.2f} | {each.mrr:.2f} |"
        for name, each in found.items()
    ]


if __name__ == "__main__":
    main()
