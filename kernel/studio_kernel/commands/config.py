"""``studio config``"""

from __future__ import annotations

from dataclasses import asdict

import click

from studio_kernel.app import load_plugins
from studio_kernel.commands.session import json_option, show, table


@click.group()
def config() -> None:
    """Show settings and where they come from."""


@config.command("show")
@json_option
def show_config(as_json: bool) -> None:
    """Every setting with its value and its origin; secrets are masked."""
    values = load_plugins()[3].values()
    rows = [(value.name, value.shown, value.origin, value.variable) for value in values]
    show(
        [asdict(value) for value in values],
        as_json,
        lambda: table(("SETTING", "VALUE", "FROM", "VARIABLE"), rows),
    )
