"""``studio jobs``"""

from __future__ import annotations

from typing import Any

import click

from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.jobs import JOB_COLUMNS, STATES, job_shown
from studio_kernel.storage.sql import Statement

_LATEST = Statement(
    f"SELECT {', '.join(JOB_COLUMNS)} FROM jobs WHERE (:state = '' OR state = :state) AND (:kind = '' OR kind = :kind) "
    "ORDER BY position DESC LIMIT :limit"
)


@click.group()
def jobs() -> None:
    """List, repeat and cancel background jobs."""


@jobs.command("list")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only those in this state.")
@click.option("--kind", default="", help="Only this kind of work, such as webhooks.deliver.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@json_option
def list_jobs(state: str | None, kind: str, limit: int, as_json: bool) -> None:
    """The latest jobs, newest first."""
    with platform_session("jobs.list") as platform:
        rows = platform.database.rows(_LATEST, state=state or "", kind=kind, limit=limit)
    found = [job_shown(row) for row in rows]
    names = ("id", "kind", "state", "attempts", "progress", "run_at", "error")
    cells = [[_cell(each[name]) for name in names] for each in found]
    show(found, as_json, lambda: table([name.upper().replace("_", " ") for name in names], cells))


@jobs.command("retry")
@click.argument("job_id")
@json_option
def retry(job_id: str, as_json: bool) -> None:
    """Try a failed or cancelled job again, from its first attempt."""
    with platform_session("jobs.retry") as platform:
        platform.jobs.retry(job_id)
        shown = platform.jobs.show(job_id)
    show(shown, as_json, lambda: f"{job_id} is {shown['state']}")


@jobs.command("cancel")
@click.argument("job_id", default="")
@click.option("--kind", default="", help="All of this kind of work, be it known here or not, in place of one job.")
@json_option
def cancel(job_id: str, kind: str, as_json: bool) -> None:
    """Stop a job that has not finished, or all of a kind; one under way is told at its next look."""
    if bool(job_id) == bool(kind):
        raise click.UsageError("name either one job or --kind")
    with platform_session("jobs.cancel") as platform:
        if kind:
            stopped = {"kind": kind, "cancelled": platform.jobs.cancel_kind(kind)}
            show(stopped, as_json, lambda: f"jobs of {kind} cancelled: {stopped['cancelled']}")
            return
        platform.jobs.cancel(job_id)
        shown = platform.jobs.show(job_id)
    show(shown, as_json, lambda: f"{job_id} is {shown['state']}")


def _cell(value: Any) -> str:
    return "" if value is None else str(value).partition("\n")[0][:120]
