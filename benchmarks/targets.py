"""The ceiling and the peers: how each is started and what is sent to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import dataset, load, servers, shapes
from benchmarks.databases import Engine
from benchmarks.peers import shared

LIST_PATH = f"/api/v1/projects?page=1&limit={shapes.LIMIT}&status=active&sort=created_at&order=desc"
CREATE_PATH = "/api/v1/projects"
BODIES = 256
"""How many different bodies are sent in turn to create projects."""


@dataclass(frozen=True)
class Operation:
    """What is sent to a target again and again, and how its answer is checked."""

    requests: Sequence[bytes]
    check: shapes.Check


@dataclass(frozen=True)
class Target:
    """A server process and the operations that are measured on it."""

    name: str
    server: servers.Server
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the server."""
        return servers.HOST, self.server.port

    def verify(self, operation: str) -> None:
        """Send the first request of `operation` once and check its answer in full.

        :raises benchmarks.load.LoadError: the answer is an error.
        :raises benchmarks.shapes.ShapeError: the answer is not the one that all targets must give.
        """
        measured = self.operations[operation]
        measured.check(load.once(self.address, measured.requests[0]))


def create_requests(token: str, framework: str) -> list[bytes]:
    """Return BODIES requests that each create a project on `framework`, its creator the only member."""
    return [
        load.encode(
            "POST",
            CREATE_PATH,
            token=token,
            body={
                "name": f"Assessment made under load {number:04d}",
                "description": "Made while the clock was running.",
                "framework": framework,
                "team_members": [],
            },
        )
        for number in range(BODIES)
    ]


def falcon(folder: Path, wanted: shapes.Expected) -> Target:
    """Return the ceiling: constant bytes, short ones and the list's."""
    body = folder / "list.json"
    body.write_bytes(wanted.body())
    command = servers.uvicorn("benchmarks.peers.falcon_constant:app")
    token = shared.mint(dataset.user_id(0), "customer")
    return Target(
        "falcon",
        servers.Server("falcon", command, {"BENCH_LIST_BODY": str(body)}, folder),
        {
            "constant": Operation([load.encode("GET", "/constant", token=token)], shapes.ok),
            "list": Operation([load.encode("GET", LIST_PATH, token=token)], wanted.check_list),
        },
    )


def peer(name: str, command: Sequence[str], engine: Engine, folder: Path, rows: int, wanted: shapes.Expected) -> Target:
    """Return a peer with `rows` seeded projects of its own."""
    url = engine.create(name)
    dataset.seed_peer(url, rows)
    token = shared.mint(dataset.user_id(0), "customer")
    return Target(
        name,
        servers.Server(f"{engine.name}-{name}", command, {"BENCH_DATABASE_URL": url}, folder),
        {
            "list": Operation([load.encode("GET", LIST_PATH, token=token)], wanted.check_list),
            "create": Operation(create_requests(token, "soc2"), shapes.created),
        },
    )


def fastapi_command() -> list[str]:
    """Return how the FastAPI peer is served."""
    return servers.uvicorn("benchmarks.peers.fastapi_sqlalchemy:app")


def django_command(engine: str) -> list[str]:
    """Return how the Django peer is served: the thread count that was fastest on each database."""
    threads = 1 if engine == "sqlite" else 4
    return servers.gunicorn("benchmarks.peers.django_rest:application", threads)
