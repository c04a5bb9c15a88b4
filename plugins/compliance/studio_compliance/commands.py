"""``studio frameworks``"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from studio_compliance.importing.documents import Definition, Naming, Options, read_definition
from studio_compliance.importing.export import EXPORTS, exported
from studio_compliance.importing.library import FrameworkLibrary
from studio_compliance.importing.resources import media_type
from studio_compliance.importing.schema import framework_schema
from studio_compliance.soundness import Verdict, verdict_on, verdict_on_mappings
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.errors import NotFound
from studio_kernel.frameworks import Framework, FrameworkError

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def frameworks() -> None:
    """List, check, import, upgrade and export frameworks."""


def _reading_options(command: F) -> F:
    """What a definition may not say itself."""
    for option in (
        click.option("--catalog", type=_FILE, help="The OSCAL catalogue that a profile selects from."),
        click.option("--column", "columns", multiple=True, help="A column of a CSV file, as FIELD=HEADING; repeat it."),
        click.option("--version", default="", help="Version, for CSV or in place of the given one."),
        click.option("--name", default="", help="Name, for CSV or in place of the given one."),
        click.option("--id", "framework_id", default="", help="Id, for OSCAL and CSV."),
    ):
        command = option(command)
    return command


def _read(
    file: Path, framework_id: str, name: str, version: str, columns: tuple[str, ...], catalog: Path | None
) -> Definition:
    pairs = [each.partition("=") for each in columns]
    if any(not sign or not heading for _, sign, heading in pairs):
        raise click.BadParameter("must be FIELD=HEADING, such as number=Ref", param_hint="--column")
    try:
        options = Options(
            Naming(framework_id, name, version),
            {field: heading for field, _, heading in pairs},
            None if catalog is None else json.loads(catalog.read_bytes()),
        )
        return read_definition(file.read_bytes(), media_type("", file.name), options, file.name)
    except ValueError as error:
        if isinstance(error, FrameworkError):
            raise
        raise click.BadParameter("is not JSON", param_hint="--catalog") from error


def _read_or_exit(file: Path, *arguments: Any) -> Definition:
    """The definition; its problems, a line each, and exit code 1 otherwise."""
    try:
        return _read(file, *arguments)
    except FrameworkError as error:
        for problem in error.problems:
            click.echo(f"{file.name}: {problem}", err=True)
        sys.exit(1)


@frameworks.command("list")
@json_option
def list_frameworks(as_json: bool) -> None:
    """Every framework, and the plugin that brings it, or that it was imported."""
    with platform_session("frameworks.list") as platform:
        rows = [_row(each, platform.claims.owner("framework", each.id)) for each in platform.frameworks]
    cells = [(row["id"], row["name"], row["version"], row["controls"], row["plugin"] or "(imported)") for row in rows]
    show(rows, as_json, lambda: table(("ID", "NAME", "VERSION", "CONTROLS", "PLUGIN"), cells))


def _row(framework: Framework, plugin: str) -> dict[str, object]:
    return {
        "id": framework.id,
        "name": framework.name,
        "version": framework.version,
        "categories": len(framework.categories),
        "controls": len(framework.controls),
        "plugin": plugin or None,
    }


@frameworks.command("check")
@click.argument("file", type=_FILE, required=False)
@_reading_options
@click.option("--strict", is_flag=True, help="Fail on notes too, such as empty or repeated descriptions.")
@json_option
def check_framework(
    file: Path | None,
    framework_id: str,
    name: str,
    version: str,
    columns: tuple[str, ...],
    catalog: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Check a definition: Studio YAML or JSON, OSCAL, or CSV; without a file, all installed frameworks and mappings.

    Exit code 1 when something doesn't hold.
    """
    found = _verdict_on_file(file, framework_id, name, version, columns, catalog) if file else _verdict_on_installed()
    sound = not any(each.problems or (strict and each.notes) for each in found)
    checked = [{"subject": each.subject, "problems": each.problems, "notes": each.notes} for each in found]
    told = {"file": file.name, **checked[0]} if file else {"checked": checked}
    show({"ok": sound, **told}, as_json, lambda: "\n".join(line for each in found for line in each.lines()))
    if not sound:
        sys.exit(1)


def _verdict_on_file(file: Path, *arguments: Any) -> list[Verdict]:
    try:
        return [verdict_on(_read(file, *arguments).framework)]
    except FrameworkError as error:
        return [Verdict(file.name, problems=tuple(error.problems))]


def _verdict_on_installed() -> list[Verdict]:
    with platform_session("frameworks.check") as platform:
        unknown_ends = platform.mappings.unknown_ends(platform.frameworks)
        mappings = verdict_on_mappings(platform.mappings, unknown_ends)
        return [*(verdict_on(each) for each in platform.frameworks), mappings]


@frameworks.command("import")
@click.argument("file", type=_FILE)
@_reading_options
@json_option
def import_framework(
    file: Path,
    framework_id: str,
    name: str,
    version: str,
    columns: tuple[str, ...],
    catalog: Path | None,
    as_json: bool,
) -> None:
    """Import a framework: Studio YAML or JSON, an OSCAL catalogue or profile, or CSV."""
    definition = _read_or_exit(file, framework_id, name, version, columns, catalog)
    with platform_session("frameworks.import") as platform:
        made = FrameworkLibrary(platform).take_in(definition)
    show(made, as_json, lambda: f"{made['id']}: imported, {made['controls']} controls.")


@frameworks.command("upgrade")
@click.argument("file", type=_FILE)
@_reading_options
@click.option("--preview", is_flag=True, help="Only tell what would change.")
@click.option("--likeness/--no-likeness", default=True, help="Take controls that read alike for renumbered ones.")
@json_option
def upgrade_framework(
    file: Path,
    framework_id: str,
    name: str,
    version: str,
    columns: tuple[str, ...],
    catalog: Path | None,
    preview: bool,
    likeness: bool,
    as_json: bool,
) -> None:
    """Put another version in place of an imported framework, in all projects."""
    definition = _read_or_exit(file, framework_id, name, version, columns, catalog)
    with platform_session("frameworks.upgrade") as platform:
        library = FrameworkLibrary(platform)
        shown = library.upgrade(definition.framework.id, definition, preview=preview, by_likeness=likeness)
    show(shown, as_json, lambda: _changes(shown))


@frameworks.command("rollback")
@click.argument("framework_id", metavar="ID")
@click.option("--preview", is_flag=True, help="Only tell what would change.")
@json_option
def rollback_framework(framework_id: str, preview: bool, as_json: bool) -> None:
    """Go back to the version before the last upgrade."""
    with platform_session("frameworks.rollback") as platform:
        shown = FrameworkLibrary(platform).roll_back(framework_id, preview=preview)
    show(shown, as_json, lambda: _changes(shown))


def _changes(shown: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in shown["summary"].items() if count)
    verb = "now" if shown["applied"] else "would be"
    head = f"{shown['id']}: {shown['from_version']} {verb} {shown['to_version']}: {counts}."
    lines = [
        f"  {each['kind']:8} {' + '.join(each['before'])} -> {' + '.join(each['after'])}  {each['title']}"
        + (f"  (by {each['matched_by']})" if each["matched_by"] else "")
        for each in shown["changes"]
    ]
    projects = shown["projects"]
    tail = (
        f"{projects['following']} projects follow, {projects['archived']} archived ones when they are taken up again."
    )
    return "\n".join([head, *lines, tail])


@frameworks.command("remove")
@click.argument("framework_id", metavar="ID")
@json_option
def remove_framework(framework_id: str, as_json: bool) -> None:
    """Remove an imported framework that no project uses."""
    with platform_session("frameworks.remove") as platform:
        FrameworkLibrary(platform).remove(framework_id)
    show({"id": framework_id, "removed": True}, as_json, lambda: f"{framework_id}: removed.")


@frameworks.command("export")
@click.argument("framework_id", metavar="ID")
@click.option("--format", "form", type=click.Choice(EXPORTS), default="yaml", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal.")
def export_framework(framework_id: str, form: str, output: Path | None) -> None:
    """Print a framework as Studio YAML or JSON, an OSCAL catalogue, or CSV."""
    with platform_session("frameworks.export") as platform:
        try:
            content = exported(platform, framework_id, form).content
        except NotFound as error:
            raise click.ClickException(error.message) from None
    if output is None:
        click.echo(content.decode("utf-8-sig"))
    else:
        output.write_bytes(content)


@frameworks.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of Studio's form of a framework."""
    click.echo(json.dumps(framework_schema(), indent=2))
