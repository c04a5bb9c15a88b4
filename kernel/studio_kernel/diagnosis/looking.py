"""All looks at one install, in an order in which each one's failure is told once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio_kernel.diagnosis import Diagnosis, Finding, Trouble, examine, places, stores
from studio_kernel.errors import ConfigurationError
from studio_kernel.plugins import BUILT_IN

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_TO_DO = {
    "database": "check STUDIO_DATABASE_URL, and that the database server runs and lets this machine in",
    "files": "check STUDIO_FILES_URL, and that the folder or bucket is there",
    "cache": "check STUDIO_REDIS_URL, and that Redis runs; until then each process counts requests by itself",
    "graph": "check STUDIO_NEO4J_URL, and that the graph server runs; then `studio graph rebuild`",
    "vectors": "check STUDIO_VECTORS_URL; pgvector needs `CREATE EXTENSION vector` by a superuser, once",
}


def diagnose() -> Iterator[Finding]:
    """Take every look; ``ConfigurationError`` where the settings themselves are wrong."""
    from studio_kernel.app import open_as_it_is

    with open_as_it_is(every_plugin=False) as platform:
        kernel = platform.settings.kernel
    yield Finding("home", needed=True)
    for diagnosis in places.diagnoses(kernel):
        yield examine(diagnosis)
    database = examine(Diagnosis("database", _reach_database, _TO_DO["database"]))
    if not database.ok:
        yield database
        return
    schema = examine(Diagnosis("database.schema", _look_at_schema, _TO_DO["database"]))
    yield schema
    if schema.ok:
        yield from _look_inside()


def _reach_database() -> None:
    """Raises where nobody answers; what else there is to say about it comes with the other stores."""
    from studio_kernel.app import open_for_migration
    from studio_kernel.storage.migrations import waiting_steps

    with open_for_migration() as (database, steps, _):
        waiting_steps(database, steps)


def _look_at_schema() -> Trouble | None:
    """A database that has tables, but not those of this program. An empty one is simply filled."""
    from studio_kernel.app import open_for_migration
    from studio_kernel.storage.migrations import held_back, pending, waiting_steps

    with open_for_migration() as (database, steps, _):
        waiting = waiting_steps(database, steps)
        if len(waiting) == len(steps):
            return None
        # NOTE: a third party's step is done at the start; one that fails leaves its plugin out, which is told below.
        waiting = [each for each in waiting if each.plugin == "kernel" or each.plugin in BUILT_IN]
        try:
            pending(database, steps)
            held = held_back(database, waiting)
        except ConfigurationError as error:
            return Trouble(error.problems[0], "install the version of the program that wrote it", serious=True)
    if not waiting:
        return None
    if len(held) == len(waiting):
        return Trouble(
            f"{len(held)} steps of the schema wait until no older process is left",
            "when every process is of this version: `studio migrate --contract`",
        )
    first = f"{waiting[0].plugin} {waiting[0].migration.name}"
    return Trouble(
        f"{len(waiting)} steps of the schema are to come, the first is {first}",
        "see `studio migrate --plan`, then run `studio migrate`",
        serious=True,
    )


def _look_inside() -> Iterator[Finding]:
    from studio_kernel.commands.session import platform_session

    with platform_session("doctor") as platform:
        for check in platform.health_checks:
            to_do = _TO_DO.get(check.name, "look at the log")
            yield examine(Diagnosis(check.name, check.check, to_do, serious=check.needed))
        for diagnosis in (*stores.diagnoses(platform), *platform.diagnoses):
            yield examine(diagnosis)
        yield from _left_out(platform)


def _left_out(platform: Platform) -> Iterator[Finding]:
    for record in platform.plugins.records:
        if record.state == "left out":
            to_do = "install a version that fits, or keep it out by `studio plugins disable`"
            yield Finding(f"plugin {record.name}", False, False, record.reason, to_do)
