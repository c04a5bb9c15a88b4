"""``studio retention``"""

from __future__ import annotations

from dataclasses import asdict

import click

from studio_kernel.commands.session import json_option, platform_session, show, table


@click.group()
def retention() -> None:
    """What is kept how long, and deleting what is older."""


@retention.command("plan")
@json_option
def plan(as_json: bool) -> None:
    """How much of each kind would be deleted now, and by which setting. Nothing is deleted."""
    with platform_session("retention.plan") as platform:
        found = list(platform.retentions().plan())
    rows = [
        (each.name, each.problem or each.due, f"{each.days:g} days" if each.days else "for ever", each.setting)
        for each in found
    ]
    show([asdict(each) for each in found], as_json, lambda: table(("KIND", "DUE", "KEPT", "SETTING"), rows))


@retention.command("run")
@json_option
def run(as_json: bool) -> None:
    """Delete now what a worker would delete within the hour."""
    with platform_session("retention.run") as platform:
        deleted = platform.retentions().run()
    show(
        deleted,
        as_json,
        lambda: "\n".join(f"{name}: {count}" for name, count in deleted.items() if count) or "Nothing.",
    )
