"""The ``studio`` command. Each command lives in a module of its own that is imported when it is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from studio_kernel import __version__, command_list
from studio_kernel.home import config_file


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command by name; ``target`` is ``module:attribute`` of a click command, imported when it is needed."""

    name: str
    target: str
    summary: str


CORE_COMMANDS = (
    CommandSpec("init", "studio_kernel.commands.init:init", "Create a new install and its first administrator."),
    CommandSpec("serve", "studio_kernel.commands.serve:serve", "Run the API, with a background worker."),
    CommandSpec("worker", "studio_kernel.commands.worker:worker", "Run a background worker on its own."),
    CommandSpec("migrate", "studio_kernel.commands.migrate:migrate", "Bring the database up to date."),
    CommandSpec("doctor", "studio_kernel.commands.doctor:doctor", "Look for what is wrong and say what to do."),
    CommandSpec("config", "studio_kernel.commands.config:config", "Show settings and where they come from."),
    CommandSpec("plugins", "studio_kernel.commands.plugins:plugins", "List, check and make plugins."),
    CommandSpec("events", "studio_kernel.commands.events:events", "Watch events, and show what there are."),
    CommandSpec("jobs", "studio_kernel.commands.jobs:jobs", "List, repeat and cancel background jobs."),
    CommandSpec(
        "backup", "studio_kernel.commands.backup:backup", "Write everything to a file while the platform runs."
    ),
    CommandSpec("restore", "studio_kernel.commands.backup:restore", "Fill an empty install from a backup."),
    CommandSpec("audit", "studio_kernel.commands.audit:audit", "Seal, verify, anchor and export the audit log."),
    CommandSpec("secret-key", "studio_kernel.commands.secret_key:secret_key", "Change the key that seals secrets."),
    CommandSpec("retention", "studio_kernel.commands.retention:retention", "Show and delete what is too old."),
    CommandSpec("openapi", "studio_kernel.commands.openapi:openapi", "Print the OpenAPI document."),
)


_FOUND = "studio_kernel.plugin_commands"


class StudioGroup(click.Group):
    """Commands of the kernel and of the active plugins, found without importing them."""

    def _specs(self, ctx: click.Context) -> dict[str, CommandSpec]:
        """By name; those of plugins are found once a run, because the next run may have other plugins."""
        if _FOUND not in ctx.meta:
            ctx.meta[_FOUND] = _plugin_commands()
        specs = {spec.name: spec for spec in CORE_COMMANDS}
        for spec in ctx.meta[_FOUND]:
            specs.setdefault(spec.name, spec)
        return specs

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._specs(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        core = next((spec for spec in CORE_COMMANDS if spec.name == cmd_name), None)
        spec = core or self._specs(ctx).get(cmd_name)
        return None if spec is None else _import(spec.target)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = {spec.name: spec.summary for spec in CORE_COMMANDS}
        for name, summary in command_list.kept(_shown):
            shown.setdefault(name, summary)
        with formatter.section("Commands"):
            formatter.write_dl(list(shown.items()))


def _import(target: str) -> click.Command:
    module, _, attribute = target.partition(":")
    try:
        command: click.Command = getattr(importlib.import_module(module), attribute)
    except Exception as error:
        if module.startswith("studio_kernel."):
            raise
        raise click.ClickException(f"this command's plugin is broken: {type(error).__name__}: {error}") from error
    return command


def _plugin_commands() -> list[CommandSpec]:
    """What active plugins add; a plugin that fails here is told of by ``studio plugins list``."""
    return _found_in_plugins()[0]


def _shown() -> tuple[list[tuple[str, str]], list[str]]:
    specs, files = _found_in_plugins()
    return [(spec.name, spec.summary) for spec in specs], files


def _found_in_plugins() -> tuple[list[CommandSpec], list[str]]:
    """The commands of active plugins, and the files that they come from; no files when a plugin failed."""
    import logging

    from studio_kernel.errors import ConfigurationError
    from studio_kernel.hooks import Hooks
    from studio_kernel.plugins import PluginManager, installed_plugins

    logging.getLogger("studio_kernel.plugins").addHandler(logging.NullHandler())
    logging.getLogger("studio_kernel.plugins").propagate = False
    try:
        manager = PluginManager(installed_plugins(), disabled=_disabled())
        specs = Hooks(manager).every_command()
    except ConfigurationError:
        return [], []
    finally:
        logging.getLogger("studio_kernel.plugins").propagate = True
    whole = all(record.state != "left out" for record in manager.records)
    return specs, [str(getattr(record.module, "__file__", "")) for record in manager.active] if whole else []


def _disabled() -> tuple[str, ...]:
    """The plugins that stay out, from where the settings find them; what is wrong there, they say themselves."""
    import os

    named = os.environ.get("STUDIO_PLUGINS_DISABLED")
    file = os.environ.get("STUDIO_PLUGINS_DISABLED_FILE")
    if named is None and file is not None:
        named = _read(file).decode(errors="replace")
    if named is None:
        return _disabled_in(_read(config_file()))
    return tuple(part.strip() for part in named.replace(",", "\n").splitlines())


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError:
        return b""


def _disabled_in(settings: bytes) -> tuple[str, ...]:
    import tomllib

    try:
        return tuple(tomllib.loads(settings.decode()).get("plugins", {}).get("disabled", ()))
    except (ValueError, AttributeError):
        return ()


@click.group(cls=StudioGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="studio")
def studio() -> None:
    """Studio Platform: self-hosted compliance, feature by feature."""


def main() -> None:
    """Entry point: domain errors become one line and an exit code (1 refused, 2 configuration)."""
    run(studio)


def run(command: Callable[..., Any]) -> None:
    """Run a click command with the platform's exit codes."""
    from studio_kernel.errors import ConfigurationError, StudioError, reason_of

    try:
        command()
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(f"studio: {problem}", err=True)
        sys.exit(2)
    except StudioError as refusal:
        field = refusal.details.get("field")
        text = f"{field}: {refusal.details.get('error')}" if field else reason_of(refusal)
        click.echo(f"studio: {text}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        click.echo(f"studio: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)
