"""``studio mappings``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from studio_kernel.app import load_plugins
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.mappings import MappingError, load_mappings


@click.group()
def mappings() -> None:
    """List and check mappings between controls of frameworks."""


@mappings.command("list")
@json_option
def list_mappings(as_json: bool) -> None:
    """Every set of mappings of the active plugins, and which plugin brings it."""
    rows = [
        {
            "from": each.from_framework,
            "to": each.to_framework,
            "mappings": len(each.mappings),
            "plugin": plugin,
            "source": each.source,
        }
        for plugin, declared in load_plugins()[2].items()
        for each in declared.mappings
    ]
    heads = ("FROM", "TO", "MAPPINGS", "PLUGIN", "SOURCE")
    show(rows, as_json, lambda: table(heads, [tuple(row.values()) for row in rows]))


@mappings.command("show")
@click.argument("from_framework")
@click.argument("to_framework")
@click.option("--transitive", is_flag=True, help="Also ways of several steps.")
@json_option
def show_mappings(from_framework: str, to_framework: str, transitive: bool, as_json: bool) -> None:
    """The mappings from one framework to another."""
    from studio_compliance.mappings_shown import MappingCatalogue

    with platform_session("mappings.show") as platform:
        found = MappingCatalogue(platform).list(from_framework, to_framework, None, transitive=transitive)
    rows = [(each["from"]["number"], each["relation"], each["to"]["number"], _way(each)) for each in found["mappings"]]
    show(found, as_json, lambda: table(("FROM", "RELATION", "TO", "BY"), rows))


def _way(mapping: dict[str, Any]) -> str:
    return " → ".join(f"{step['framework']} {step['number']}" for step in mapping["path"][:-1])


@mappings.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def check_mappings(files: tuple[Path, ...], as_json: bool) -> None:
    """Check files of mappings, or without any those of the active plugins; exit code 1 when something is wrong."""
    problems = [problem for file in files for problem in _problems(file)] if files else _in_force()
    lines = problems or ["sound."]
    show({"ok": not problems, "problems": problems}, as_json, lambda: "\n".join(lines))
    if problems:
        sys.exit(1)


def _problems(file: Path) -> list[str]:
    try:
        load_mappings(file)
    except MappingError as error:
        return [f"{file.name}: {problem}" for problem in error.problems]
    return []


def _in_force() -> list[str]:
    with platform_session("mappings.check") as platform:
        return [*platform.mappings.conflicts(), *platform.mappings.unknown_ends(platform.frameworks)]
