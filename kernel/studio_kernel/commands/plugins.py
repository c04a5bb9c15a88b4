"""``studio plugins``"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from studio_kernel.app import judge_plugins
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.errors import ConfigurationError
from studio_kernel.plugins import PluginRecord, installed_plugins
from studio_kernel.settings import settings_file


@click.group()
def plugins() -> None:
    """List, check and make plugins."""


def _row(record: PluginRecord) -> dict[str, object]:
    info = record.info
    return {
        "name": record.name,
        "version": info.version if info else "",
        "distribution": record.distribution,
        "state": record.state,
        "requires": list(info.requires) if info else [],
        "reason": record.reason,
    }


@plugins.command("list")
@json_option
def list_plugins(as_json: bool) -> None:
    """Every installed plugin, in the order in which they are started."""
    manager = judge_plugins()
    rows = [_row(record) for record in manager.records]
    cells = [(row["name"], row["version"], row["state"], row["distribution"], row["reason"]) for row in rows]
    show(rows, as_json, lambda: table(("NAME", "VERSION", "STATE", "DISTRIBUTION", "REASON"), cells))


@plugins.command("check")
@json_option
def check_plugins(as_json: bool) -> None:
    """Build everything as a start would; exit code 1 when a plugin is left out."""
    with platform_session("plugins.check") as platform:
        rows = [_row(record) for record in platform.plugins.records]
    bad = [row for row in rows if row["state"] == "left out"]
    lines = [f"{row['name']}: {row['reason']}" for row in bad] or ["All plugins are sound."]
    show(rows, as_json, lambda: "\n".join(lines))
    if bad:
        sys.exit(1)


@plugins.command()
@click.argument("name")
@json_option
def enable(name: str, as_json: bool) -> None:
    """Let a plugin take part again from the next start."""
    _switch(name, as_json, disabled=False)


@plugins.command()
@click.argument("name")
@json_option
def disable(name: str, as_json: bool) -> None:
    """Keep a plugin out from the next start; its data stays."""
    _switch(name, as_json, disabled=True)


def _switch(name: str, as_json: bool, *, disabled: bool) -> None:
    from studio_kernel.config_file import set_disabled

    # NOTE: nothing is loaded: a plugin that keeps the platform from starting must be easy to disable.
    installed = {found.name for found in installed_plugins()}
    if name not in installed:
        known = ", ".join(sorted(installed))
        raise click.UsageError(f"no plugin is named {name!r}; installed: {known}")
    file = settings_file()
    for variable in ("STUDIO_PLUGINS_DISABLED", "STUDIO_PLUGINS_DISABLED_FILE"):
        if variable in os.environ:
            raise click.UsageError(f"{variable} is set and wins over {file}: change it there")
    if "STUDIO_CONFIG" in os.environ and not file.exists():
        raise ConfigurationError([f"STUDIO_CONFIG: there is no file {file}"])
    set_disabled(file, name, disabled)
    told = {"name": name, "disabled": disabled, "file": str(file)}
    word = "disabled" if disabled else "enabled"
    show(told, as_json, lambda: f"{name} is {word} from the next start ({file}).")


@plugins.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["framework", "ai-provider", "feature"]),
    required=True,
    help="What the plugin brings.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder in which the package's folder is made.",
)
@json_option
def new(name: str, kind: str, into: Path, as_json: bool) -> None:
    """Make a package for a new plugin, with tests that pass at once."""
    from studio_kernel.scaffold import make_plugin

    folder = make_plugin(name, kind, into)
    text = f"Made {folder}. Next: pip install -e '{folder}[test]' && pytest {folder}"
    show({"name": name, "folder": str(folder)}, as_json, lambda: text)
