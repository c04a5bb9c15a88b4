"""The platform as a target: installed, filled and started as an operator would, measured by its API.

Only what is documented is used: `studio init`, `studio serve`, `STUDIO_*` settings, the HTTP API. The rows
are copies of one user and one project that the platform wrote itself (`benchmarks.cloning`).
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import cloning, dataset, load, servers, shapes
from benchmarks.databases import Engine
from benchmarks.targets import CREATE_PATH, LIST_PATH, Operation, Target, create_requests

ADMIN = "admin@bench.example"
PASSWORD = "Measured-9-times-over"
FRAMEWORK = "bench"
"""The framework of `benchmarks.plugin`: one control."""
COMMAND_SECONDS = 120
CURSOR_PATH = f"/api/v1/projects?limit={shapes.LIMIT}&status=active&sort=created_at&order=desc&cursor="
UNLIMITED = "1000000000/hour"
SETTINGS = {
    "STUDIO_RATE_LIMIT_USER": UNLIMITED,
    "STUDIO_RATE_LIMIT_ANONYMOUS": UNLIMITED,
    "STUDIO_EMBEDDED_WORKER": "false",
    "STUDIO_LOG_LEVEL": "warning",
}
"""Limits are checked but never reached; deliveries and request logs are left out, as the peers have none."""
VARIANTS: Mapping[str, Mapping[str, str]] = {
    "platform": {},
    "platform-unlogged": {"STUDIO_AUDIT_READS": "false"},
}
"""What is measured, by target: the defaults, and the same without audit entries for calls that only read."""

WITHOUT = "compliance,ai,webhooks,portal,ai-openai,ai-anthropic,ai-ollama"
"""Plugins that the list of evidence is measured without, because its rows are written past them."""

NOTES: Mapping[str, tuple[str, ...]] = {
    "dispatch": (
        "The operation is declared by benchmarks/plugin.py and answers a constant; STUDIO_AUDIT_READS=false,"
        "\nbecause the audit log is in the database.",
    ),
    "list": (
        "The platform enters reading calls in its audit log, the peers do not; “reads not logged” is the"
        "\nplatform with STUDIO_AUDIT_READS=false. Goals are held against the default.",
    ),
    "create": (
        "The platform also writes the state of the new project's control (a framework of one control); peers"
        "\nwrite project, member, audit entry and event.",
    ),
}
"""What is said below the tables, by scenario."""


class PlatformError(RuntimeError):
    """The platform could not be installed or filled; the text holds what it said."""


@dataclass(frozen=True)
class Place:
    """Where the platform is to be measured."""

    engine: Engine
    folder: Path
    rows: int
    core: int | None


def started(place: Place, wanted: shapes.Expected, stack: ExitStack) -> Iterator[Target]:
    """Yield each variant, filled, running and with its requests; `stack` stops the servers.

    :raises PlatformError: a command failed.
    :raises benchmarks.servers.ServerError: `studio serve` ended or did not listen.
    :raises benchmarks.load.LoadError: a call of the API failed.
    :raises benchmarks.cloning.CloneError: the tables are not as expected.
    """
    install_plugin(place.folder / "site")
    for name, changes in VARIANTS.items():
        environment = prepared(place, name, changes, stack)
        server = serve(place, name, environment)
        stack.callback(server.stop)
        server.start(place.core)
        yield Target(name, server, operations((servers.HOST, server.port), wanted))


def prepared(place: Place, name: str, changes: Mapping[str, str], stack: ExitStack) -> dict[str, str]:
    """Return the environment of a new install with all the rows; nothing runs."""
    url = place.engine.create(name)
    environment = settings(place.folder, name, url, changes)
    command("init", "--admin-email", ADMIN, "--admin-password", PASSWORD, environment=environment)
    fill(serve(place, name, environment), place, url, stack)
    return environment


def install_plugin(folder: Path) -> None:
    """Make `benchmarks.plugin` look installed to processes that have `folder` on their path."""
    described = folder / "studio_bench-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: studio-bench\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[studio.plugins]\nbench = benchmarks.plugin\n")


def settings(folder: Path, name: str, url: str, changes: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of one install: a home of its own and nothing of the caller's."""
    home = folder / name
    home.mkdir()
    return {
        **servers.inherited(),
        "PYTHONPATH": servers.python_path(servers.ROOT, folder / "site"),
        "STUDIO_HOME": str(home),
        "STUDIO_DATABASE_URL": url,
        **SETTINGS,
        **changes,
    }


def command(*words: str, environment: Mapping[str, str]) -> str:
    """Run `studio …` from the checkout and return what it printed.

    :raises PlatformError: it ended with another code than 0, or not within COMMAND_SECONDS.
    """
    program = [sys.executable, str(servers.ROOT / "cli.py"), *words]
    try:
        done = subprocess.run(
            program,
            env=dict(environment),
            cwd=servers.ROOT,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise PlatformError(f"studio {words[0]} did not end within {COMMAND_SECONDS} s") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout)[-servers.LOG_TAIL :]
        raise PlatformError(f"studio {words[0]} ended with code {done.returncode}:\n{said}")
    return done.stdout


def serve(place: Place, name: str, environment: Mapping[str, str], *, workers: int = 1) -> servers.Server:
    """Return the server, not yet started: as many processes."""
    program = [
        sys.executable,
        str(servers.ROOT / "cli.py"),
        "serve",
        "--host",
        servers.HOST,
        "--port",
        "{port}",
    ]
    return servers.Server(
        f"{place.engine.name}-{name}", [*program, "--workers", str(workers)], environment, place.folder
    )


def fill(server: servers.Server, place: Place, url: str, stack: ExitStack) -> None:
    """Let the platform make the user and one project, stop it, and copy them: the whole data set."""
    stack.callback(server.stop)
    server.start(place.core)
    address = (servers.HOST, server.port)
    admin = login(address, ADMIN)
    _, email, name, role = next(dataset.users(place.rows))
    person = {"email": email, "name": name, "role": role, "password": PASSWORD}
    user = load.once(address, load.encode("POST", "/api/v1/users", token=admin, body=person))["data"]["id"]
    body = {"name": "Pattern", "description": "Is copied.", "framework": FRAMEWORK, "team_members": []}
    project = load.once(address, load.encode("POST", CREATE_PATH, token=admin, body=body))["data"]["id"]
    server.stop()
    cloning.clone(url, user, project, place.rows)


def login(address: tuple[str, int], email: str) -> str:
    """Sign in and return the access token."""
    body = {"email": email, "password": PASSWORD}
    answer = load.once(address, load.encode("POST", "/api/v1/auth/login", body=body))
    return str(answer["data"]["tokens"]["access_token"])


def first_project(address: tuple[str, int], token: str) -> tuple[str, str]:
    """Make a project and return its id and that of its one control."""
    body = {"name": "Pattern", "description": "Is measured.", "framework": FRAMEWORK, "team_members": []}
    project = load.once(address, load.encode("POST", CREATE_PATH, token=token, body=body))["data"]["id"]
    shown = load.once(address, load.encode("GET", f"{CREATE_PATH}/{project}", token=token))["data"]
    return project, str(shown["controls"][0]["id"])


def evidence(place: Place, stack: ExitStack) -> Target:
    """Return a platform with evidence in a hundred projects, its caller in five of them, running."""
    from benchmarks.evidence_pages import Library
    from studio_auth.api import Accounts
    from studio_kernel.storage.sql import Statement

    name = "platform-evidence"
    url = place.engine.create(name)
    environment = settings(place.folder, name, url, {"STUDIO_PLUGINS_DISABLED": WITHOUT})
    library = Library(Path(environment["STUDIO_HOME"]), url, place.rows)
    email = "member@bench.example"
    account = Accounts(library.platform).create(email, "Member", "customer", PASSWORD)
    library.platform.database.execute(Statement("UPDATE project_members SET user_id = :id"), id=account)
    library.platform.close()
    server = serve(place, name, environment)
    stack.callback(server.stop)
    server.start(place.core)
    token = login((servers.HOST, server.port), email)
    path = f"/api/v1/evidence?limit={shapes.LIMIT}"
    listed = load.encode("GET", f"{path}&page=1", token=token)
    by_cursor = load.encode("GET", f"{path}&cursor=", token=token)
    return Target(
        name,
        server,
        {
            "evidence": Operation([listed], shapes.evidence),
            "evidence-cursor": Operation([by_cursor], shapes.evidence),
        },
    )


def operations(address: tuple[str, int], wanted: shapes.Expected) -> dict[str, Operation]:
    """Sign in as user 0 and return what is measured; by cursor, both full pages are read in turn."""
    token = login(address, next(dataset.users(dataset.SMALLEST))[1])
    first = load.encode("GET", CURSOR_PATH, token=token)
    answer = load.once(address, first)
    second = load.encode("GET", CURSOR_PATH + next_cursor(answer), token=token)
    wanted.check_rows(load.once(address, second), page=2)
    return {
        "dispatch": Operation([load.encode("GET", "/api/v1/bench/status", token=token)], shapes.ok),
        "list": Operation([load.encode("GET", LIST_PATH, token=token)], wanted.check_list),
        "cursor": Operation([first, second], partial(wanted.check_rows, page=1)),
        "create": Operation(create_requests(token, FRAMEWORK), shapes.created),
    }


def next_cursor(answer: Any) -> str:
    """Return where the next page begins.

    :raises benchmarks.shapes.ShapeError: the answer does not say.
    """
    shapes.expect(answer, {"data": {"pagination": {"next_cursor": str}}})
    return str(answer["data"]["pagination"]["next_cursor"])
