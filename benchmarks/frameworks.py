"""Creating a project on a framework of 1,200 controls beside one of 60: how long it takes, in one transaction."""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import score
from benchmarks.figures import MISSED, Bound, Figure, figure
from studio_kernel.testing.app import StudioApp

MOST = Bound(10.0)
ROW = "create: a project on 1,200 controls / on 60"


def measure(engine: str, url: str, home: Path, turns: int) -> Figure:
    """Both kinds of project in turn, through the whole application in this process."""
    overrides = {"database_url": url, "embedded_worker": False}
    app = StudioApp(home, plugins=score.PLUGINS, extra=[score.Frameworks()], overrides=overrides)
    try:
        admin = app.client("admin")
        names = [score.framework(controls).id for controls, _ in score.SIZES]
        ratios, most = [], 0
        for _ in range(turns):
            taken = []
            for name in names:
                with app.count_queries() as queries:
                    begin = time.perf_counter()
                    score.data(admin.post("/api/v1/projects", json={"name": "Measured", "framework": name}))
                    taken.append(time.perf_counter() - begin)
                most = max(most, _commits(queries))
            ratios.append(taken[1] / taken[0])
    finally:
        app.close()
    found = figure(ROW, engine, ratios, MOST, note="" if most == 1 else f"{most} transactions in place of one")
    return found if most == 1 else dataclasses.replace(found, verdict=MISSED)


def _commits(queries: Sequence[str]) -> int:
    return sum(text == "COMMIT" for text in queries)
