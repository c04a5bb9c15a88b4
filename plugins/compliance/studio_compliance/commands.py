"""``studio frameworks``"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from studio_kernel.app import load_plugins
from studio_kernel.commands.session import json_option, show, table
from studio_kernel.frameworks import Framework, FrameworkError, load_framework


@click.group()
def frameworks() -> None:
    """List and check frameworks."""


@frameworks.command("list")
@json_option
def list_frameworks(as_json: bool) -> None:
    """Every framework of the active plugins, and which plugin brings it."""
    declared = load_plugins()[2]
    rows = [_row(framework, plugin) for plugin, each in declared.items() for framework in each.frameworks]
    cells = [(row["id"], row["name"], row["version"], row["controls"], row["plugin"]) for row in rows]
    show(rows, as_json, lambda: table(("ID", "NAME", "VERSION", "CONTROLS", "PLUGIN"), cells))


def _row(framework: Framework, plugin: str) -> dict[str, object]:
    return {
        "id": framework.id,
        "name": framework.name,
        "version": framework.version,
        "categories": len(framework.categories),
        "controls": len(framework.controls),
        "plugin": plugin,
    }


@frameworks.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def check_framework(file: Path, as_json: bool) -> None:
    """Check a definition in Studio's form (YAML or JSON); exit code 1 when it doesn't hold."""
    problems: list[str] = []
    summary = ""
    try:
        found = load_framework(file)
        summary = f"{found.id}: {len(found.controls)} controls in {len(found.categories)} categories, sound."
    except FrameworkError as error:
        problems = error.problems
    lines = [f"{file.name}: {problem}" for problem in problems] or [summary]
    show({"file": file.name, "ok": not problems, "problems": problems}, as_json, lambda: "\n".join(lines))
    if problems:
        sys.exit(1)
