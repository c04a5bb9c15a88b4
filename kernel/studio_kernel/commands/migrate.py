"""``studio migrate``"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from studio_kernel.app import open_for_migration
from studio_kernel.commands.session import json_option, show
from studio_kernel.storage.migrations import Step, held_back, pending, waiting_steps
from studio_kernel.storage.migrations import migrate as apply_steps

if TYPE_CHECKING:
    from studio_kernel.storage.database import Database
    from studio_kernel.storage.migration_plan import PlannedStep


@click.command()
@click.option("--plan", is_flag=True, help="Only show what would be done, and what has to wait meanwhile.")
@click.option(
    "--check", is_flag=True, help="Only tell, by exit code 0 or 1, whether nothing must be done before serving."
)
@click.option("--contract", is_flag=True, help="Also take away what only older processes need: none of them is left.")
@json_option
def migrate(plan: bool, check: bool, contract: bool, as_json: bool) -> None:
    """Bring the database up to date, while processes of the version before go on. Interrupted, it is run again.

    Steps that would break older processes are held back until --contract.
    """
    if check and (plan or contract):
        raise click.UsageError("--check goes with neither --plan nor --contract")
    with open_for_migration() as (database, steps, _):
        if check:
            sys.exit(_check(database, steps, as_json))
        waiting = pending(database, steps)
        held = held_back(database, waiting)
        if plan:
            _show_plan(database, steps, waiting, held, as_json)
            return
        done = apply_steps(database, steps, contract=contract)
        kept = [] if contract else held
    rows = [_row(step) for step in done]
    lines = [f"Applied {row['plugin']} {row['migration']}: {row['summary']}" for row in rows] or ["Nothing to do."]
    lines += [f"Held back {step.plugin} {step.migration.name}: {step.migration.summary}" for step in kept]
    if kept:
        lines.append("Once every process is of this version, run `studio migrate --contract`.")
    answer = {"applied": True, "steps": rows, "held_back": [_row(step) for step in kept]}
    show(answer, as_json, lambda: "\n".join(lines))


def _check(database: Database, steps: Sequence[Step], as_json: bool) -> int:
    """The exit code. Writes nothing. What is held back until ``--contract`` keeps nobody from serving."""
    waiting = waiting_steps(database, steps)
    held = held_back(database, waiting)
    rows = [_row(step) for step in waiting if step not in held]
    lines = [f"To be applied before serving: {row['plugin']} {row['migration']}: {row['summary']}" for row in rows]
    answer = {"ready": not rows, "steps": rows, "held_back": [_row(step) for step in held]}
    show(answer, as_json, lambda: "\n".join(lines or ["Nothing has to be done before serving."]))
    return 1 if rows else 0


def _row(step: Step) -> dict[str, Any]:
    return {"plugin": step.plugin, "migration": step.migration.name, "summary": step.migration.summary}


def _show_plan(
    database: Database, steps: Sequence[Step], waiting: Sequence[Step], held: Sequence[Step], as_json: bool
) -> None:
    from studio_kernel.storage.migration_plan import plan

    planned = plan(database, steps, waiting)
    names = {(step.plugin, step.migration.name) for step in held}
    rows = [{"plugin": each.plugin, "migration": each.migration, "summary": each.summary} for each in planned]
    details = [
        {
            "phase": each.phase,
            "declared": each.declared,
            "safe": each.safe,
            "held_back": (each.plugin, each.migration) in names,
            "effects": [asdict(effect) for effect in each.effects],
        }
        for each in planned
    ]
    lines = [line for each in planned for line in _lines(each, (each.plugin, each.migration) in names)]
    answer = {"applied": False, "steps": rows, "details": details}
    show(answer, as_json, lambda: "\n".join(lines or ["Nothing to do."]))


def _lines(step: PlannedStep, held: bool) -> list[str]:
    word = "safe while older processes run" if step.safe else "BREAKS OLDER PROCESSES"
    lines = [f"Would apply {step.plugin} {step.migration}: {step.summary} ({step.phase}: {word})"]
    for effect in step.effects:
        wait = f"; waiting meanwhile: {effect.waits}" if effect.waits else ""
        rows = f", about {effect.rows} rows" if effect.rows else ""
        lines.append(f"    {effect.table}: {effect.does}{rows}{wait}")
    return [*lines, "    held back until --contract"] if held else lines
