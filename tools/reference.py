"""Writes ``docs/reference/`` from the code, or with ``--check`` says which page is stale (exit code 1)."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from studio_kernel import hookspecs
from studio_kernel.app import Platform, build_platform
from studio_kernel.cli import CORE_COMMANDS, CommandSpec, _import
from studio_kernel.http.operations import Operation
from studio_kernel.plugins import BUILT_IN, installed_plugins
from studio_kernel.security.permissions import ACCOUNT_ROLES, ANYONE_SIGNED_IN, PROJECT_ROLES, PUBLIC, area_scope
from studio_portal import hookspecs as portal_hookspecs

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
_NOTE = "<!-- Written by `make docs` from the code: change the code, not this page. -->\n\n"


def hook_modules(platform: Platform) -> list[tuple[str, ModuleType]]:
    """The modules that declare hooks, with their owners."""
    found: list[tuple[str, ModuleType]] = [("kernel", hookspecs)]
    for record in platform.plugins.active:
        found += [(record.name, module) for module in platform.plugins.declarations(record, "studio_hookspecs")]
    return found


def hooks_of(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Hook functions of a module in the order of their definition."""
    for name, member in vars(module).items():
        if name.startswith("studio_") and inspect.isfunction(member):
            yield name, member


def _hooks(platform: Platform) -> str:
    lines = [
        "# Hooks",
        "",
        "Every hook with its exact signature. How hooks are called: [architecture](../architecture.md).",
    ]
    for owner, module in [*hook_modules(platform), ("portal", portal_hookspecs)]:
        lines += ["", f"## Declared by {owner}"]
        for name, function in hooks_of(module):
            signature = str(inspect.signature(function)).replace("'", "")
            lines += ["", f"### `{name}`", "", "```python", f"def {name}{signature}", "```", ""]
            lines.append(inspect.cleandoc(function.__doc__ or ""))
    return "\n".join(lines)


def _settings(platform: Platform) -> str:
    lines = [
        "# Settings",
        "",
        "Given in `studio.toml` in `STUDIO_HOME`, in the file that `STUDIO_CONFIG` names, or by variable; a",
        "variable with `_FILE` at its end names a file that holds the value. Only `home` is nothing but `STUDIO_HOME`.",
        "Variables write lists with commas and tables as JSON. `studio config show` tells what is in force and where",
        "it came from.",
        "",
        "| setting | variable | default | meaning |",
        "|---|---|---|---|",
    ]
    for value in platform.settings.values():
        default = "" if value.name == "home" else value.shown
        lines.append(f"| `{value.name}` | `{value.variable}` | {_code(default)} | {value.description} |")
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _permissions(platform: Platform) -> str:
    short = {role: role.replace("_", " ") for role in (*ACCOUNT_ROLES, *PROJECT_ROLES)}
    lines = ["# Permissions", "", "Who holds what. Operations ask for these; without one the answer is no.", ""]
    lines += [
        "## By account role",
        "",
        "| permission | meaning | " + " | ".join(short[r] for r in ACCOUNT_ROLES) + " |",
    ]
    lines.append("|---|---|" + "---|" * len(ACCOUNT_ROLES))
    permissions = sorted(platform.permissions, key=lambda each: each.name)
    for each in permissions:
        marks = ["yes" if role in each.account_roles else "" for role in ACCOUNT_ROLES]
        lines.append(f"| `{each.name}` | {each.summary} | " + " | ".join(marks) + " |")
    lines += ["", "## Within a project, by project role", ""]
    lines.append("| permission | " + " | ".join(short[r] for r in PROJECT_ROLES) + " |")
    lines.append("|---|" + "---|" * len(PROJECT_ROLES))
    for each in permissions:
        if each.project_roles:
            marks = ["yes" if role in each.project_roles else "" for role in PROJECT_ROLES]
            lines.append(f"| `{each.name}` | " + " | ".join(marks) + " |")
    return "\n".join(lines)


def _events(platform: Platform) -> str:
    lines = ["# Events", "", "What plugins announce. Webhooks receive `data`; subscribers receive the whole event."]
    for name in sorted(platform.events.types):
        kind = platform.events.types[name]
        owner = platform.claims.owner("event", name)
        example = json.dumps(kind.example, indent=2, ensure_ascii=False)
        lines += ["", f"## `{name}`", "", f"{kind.summary}. Version {kind.version}, by {owner}.", ""]
        lines += ["```json", example, "```"]
    lines += ["", "## Subscribers", "", "| subscriber | plugin | events | when |", "|---|---|---|---|"]
    for owner, each in platform.events.subscribers():
        when = "in the transaction" if each.mode == "in_transaction" else "after the commit"
        lines.append(f"| `{each.name}` | {owner} | {', '.join(f'`{e}`' for e in each.events)} | {when} |")
    lines += ["", "## Periodic work", "", "| job | every | meaning |", "|---|---|---|"]
    for kind_name in sorted(platform.jobs.types):
        job = platform.jobs.types[kind_name]
        if job.every:
            lines.append(f"| `{job.name}` | {job.every:g} s | {job.summary} |")
    return "\n".join(lines)


def _operations(platform: Platform) -> str:
    lines = [
        "# Operations",
        "",
        "Every route with what it needs. Shapes are in `/api/v1/openapi.json`, and `studio openapi` prints it.",
        "",
        "| method | path | operation | permission | scope | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for each in sorted(platform.operations, key=lambda each: (each.path, each.method)):
        permission = "anybody" if each.permission == PUBLIC else f"`{each.permission}`"
        cells = (each.method, f"`{each.path}`", f"`{each.id}`", permission, each.needed_scope, each.summary)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _matrix(platform: Platform) -> str:
    short = {role: role.replace("_", " ") for role in (*ACCOUNT_ROLES, *PROJECT_ROLES)}
    lines = [
        "# Who may do what",
        "",
        "Every operation by account role, and within a project by the role in its team, as the declarations say. A",
        "credential's scopes narrow this and never widen it: it needs the named scope, or `read`, `write` or `admin`",
        "where the named one ends so.",
        "",
        "- **yes**: with that account role, everywhere.",
        "- **team**: in projects whose team one belongs to, as the second table says; elsewhere the answer is 404.",
        "- **own**: one's own, and what one's account reaches.",
        "",
        "## By account role",
        "",
        "| operation | scope | " + " | ".join(short[role] for role in ACCOUNT_ROLES) + " |",
        "|---|---|" + "---|" * len(ACCOUNT_ROLES),
    ]
    operations = sorted(platform.operations, key=lambda each: each.id)
    for each in operations:
        scope = " or ".join(f"`{name}`" for name in scopes_that_reach(each)) or "none"
        marks = " | ".join(_reach(platform, each, role) for role in ACCOUNT_ROLES)
        lines.append(f"| `{each.id}` | {scope} | {marks} |")
    lines += ["", "## In a project, by the role in its team", ""]
    lines.append("| operation | " + " | ".join(short[role] for role in PROJECT_ROLES) + " |")
    lines.append("|---|" + "---|" * len(PROJECT_ROLES))
    for each in operations:
        permission = platform.permissions.get(each.permission)
        if permission is not None and permission.project_roles:
            marks = " | ".join("yes" if role in permission.project_roles else "" for role in PROJECT_ROLES)
            lines.append(f"| `{each.id}` | {marks} |")
    return "\n".join(lines)


def _reach(platform: Platform, operation: Operation, role: str) -> str:
    permission = platform.permissions.get(operation.permission)
    if permission is None:
        return "yes"
    if role in permission.account_roles:
        return "own" if permission.account_roles == ANYONE_SIGNED_IN and operation.path_parameters else "yes"
    return "team" if permission.project_roles else ""


def scopes_that_reach(operation: Operation) -> list[str]:
    """The scopes by which an operation can be reached: its own, and its area's."""
    own = operation.needed_scope
    return [scope for scope in (own, area_scope(operation.permission, own) if own else "") if scope]


def command_specs(platform: Platform) -> list[CommandSpec]:
    """The commands of the kernel and of every plugin."""
    found = list(CORE_COMMANDS)
    for record in platform.plugins.active:
        found += platform.hooks.commands(record)
    return found


def _commands(platform: Platform) -> str:
    lines = ["# Commands"]
    for spec in command_specs(platform):
        lines += _command(_import(spec.target), f"studio {spec.name}")
    return "\n".join(lines)


def _command(command: click.Command, name: str) -> list[str]:
    context = click.Context(command, info_name=name, max_content_width=110, terminal_width=110)
    lines = ["", f"## `{name}`", "", "```text", command.get_help(context), "```"]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            member = command.get_command(context, inner)
            assert member is not None
            lines += _command(member, f"{name} {inner}")
    return lines


PAGES: dict[str, Callable[[Platform], str]] = {
    "hooks.md": _hooks,
    "settings.md": _settings,
    "permissions.md": _permissions,
    "events.md": _events,
    "operations.md": _operations,
    "matrix.md": _matrix,
    "commands.md": _commands,
}


def main() -> int:
    """Write every page, or check that every page is as it would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    found = [each for each in installed_plugins() if each.name in BUILT_IN]
    with tempfile.TemporaryDirectory() as home:
        platform = build_platform(found=found, environment={}, overrides={"home": home})
        pages = {name: _NOTE + write(platform).rstrip() + "\n" for name, write in PAGES.items()}
        platform.close()
    stale = [name for name, text in pages.items() if _read(FOLDER / name) != text]
    if check:
        for name in stale:
            print(f"docs/reference/{name} is stale: run `make docs`")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(pages[name], encoding="utf-8")
        print(f"wrote docs/reference/{name}")
    return 0


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
