"""``studio migrate``"""

from __future__ import annotations

import click

from studio_kernel.app import open_for_migration
from studio_kernel.commands.session import json_option, show
from studio_kernel.storage.migrations import migrate as apply_steps
from studio_kernel.storage.migrations import pending


@click.command()
@click.option("--plan", is_flag=True, help="Only show what would be done.")
@json_option
def migrate(plan: bool, as_json: bool) -> None:
    """Bring the database up to date. Interrupted, it is simply run again."""
    with open_for_migration() as (database, steps, _):
        waiting = pending(database, steps)
        done = waiting if plan else apply_steps(database, steps, before=None)
        rows = [
            {"plugin": step.plugin, "migration": step.migration.name, "summary": step.migration.summary}
            for step in done
        ]
        verb = "Would apply" if plan else "Applied"
        lines = [f"{verb} {row['plugin']} {row['migration']}: {row['summary']}" for row in rows]
        show({"applied": not plan, "steps": rows}, as_json, lambda: "\n".join(lines or ["Nothing to do."]))
