"""``studio vendors``"""

from __future__ import annotations

import click

from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.storage.sql import Statement
from studio_vendors.service import COLUMNS, Vendors

_ALL = Statement(f"SELECT {', '.join(COLUMNS)} FROM vendors ORDER BY name, id")


@click.group()
def vendors() -> None:
    """Look at the register of vendors."""


@vendors.command("list")
@json_option
def list_vendors(as_json: bool) -> None:
    """Every vendor by name, and how many projects were made."""
    with platform_session("vendors.list") as platform:
        rows = platform.database.rows(_ALL)
        projects = Vendors(platform).projects()
    value = {"vendors": [dict(zip(COLUMNS, row, strict=True)) for row in rows], "projects": projects}
    show(value, as_json, lambda: f"{table(COLUMNS, rows)}\nProjects: {projects}")
