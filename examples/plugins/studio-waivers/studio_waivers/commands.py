"""``studio waivers``"""

from __future__ import annotations

import click

from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.storage.sql import Statement

_COLUMNS = ("id", "title", "severity", "status", "expires_at")
_ALL = Statement(f"SELECT {', '.join(_COLUMNS)} FROM waivers ORDER BY expires_at, id")


@click.group()
def waivers() -> None:
    """Look at waivers."""


@waivers.command("list")
@json_option
def list_waivers(as_json: bool) -> None:
    """Every waiver, the one that ends first first."""
    with platform_session("waivers.list") as platform:
        rows = platform.database.rows(_ALL)
    show([dict(zip(_COLUMNS, row, strict=True)) for row in rows], as_json, lambda: table(_COLUMNS, rows))
