"""Two processes beside one, on PostgreSQL and Redis: how much more they answer together."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks import databases, load, platform, servers, shapes
from benchmarks.figures import NOT_MEASURED, Bound, Figure, absent, figure
from benchmarks.scenarios import Effort

LEAST = Bound(1.7, least=True)
ROW = "processes: list by 2 / by 1, with Redis"
CORES = 4
"""Two for the processes, and one each for the database and the load."""


def measure(folder: Path, effort: Effort, rows: int, free: int) -> Figure:
    """One row; where there are too few cores the ratio is shown, but judged by nobody."""
    try:
        from studio_kernel.testing import services
    except ImportError as error:
        return absent(ROW, "postgresql", LEAST.text, f"no Redis to be had: {error}")
    with ExitStack() as stack:
        engine = stack.enter_context(databases.engine("postgresql", folder, None))
        redis = stack.enter_context(services.redis_server())
        place = platform.Place(engine, folder, rows, None)
        platform.install_plugin(folder / "site")
        environment = platform.prepared(place, "platform", {"STUDIO_REDIS_URL": redis}, stack)
        ratios = []
        for _ in range(effort.rounds):
            one, two = (_rate(place, environment, number, effort) for number in (1, 2))
            ratios.append(two / one)
    found = figure(ROW, "postgresql", ratios, LEAST)
    if free >= CORES:
        return found
    why = f"needs {CORES} cores, for the load and the database too; here are {free}, so it says little"
    return Figure(ROW, "postgresql", found.measured, LEAST.text, NOT_MEASURED, found.rounds, note=why)


def _rate(place: platform.Place, environment: dict[str, str], workers: int, effort: Effort) -> float:
    server = platform.serve(place, f"of{workers}", environment, workers=workers)
    server.start(None)
    try:
        address = (servers.HOST, server.port)
        request = platform.operations(address, shapes.expected(place.rows))["list"].requests
        options = {"connections": effort.connections, "warmup": effort.warmup, "seconds": effort.seconds}
        return load.drive(address, request, **options).rate
    finally:
        server.stop()
