"""What commands share: a platform for the length of a command, and output for people or for scripts."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import click

from studio_kernel.app import Platform, build_platform, connect_queue
from studio_kernel.context import CallContext, call_context
from studio_kernel.security.principal import SYSTEM
from studio_kernel.telemetry import configure_logging

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """``--json`` for output that scripts read."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


@contextlib.contextmanager
def platform_session(action: str, overrides: Mapping[str, Any] | None = None) -> Iterator[Platform]:
    """A platform without server, as the operator; what changes is logged as ``cli.<action>``."""
    configure_logging("warning", "auto")
    platform = build_platform(overrides=overrides)
    connect_queue(platform)
    try:
        with call_context(CallContext(principal=SYSTEM, action=f"cli.{action}", method="CLI")):
            yield platform
    finally:
        platform.close()


@contextlib.contextmanager
def audited(action: str, platform: Platform) -> Iterator[None]:
    """Log what a command does as the operator, unless the log's own table is yet to be migrated."""
    from studio_kernel.storage.migrations import waiting_steps

    if waiting_steps(platform.database, [step for step in platform.steps if step.plugin == "kernel"]):
        yield
        return
    with call_context(CallContext(principal=SYSTEM, action=f"cli.{action}", method="CLI")):
        yield


def show(value: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Print ``value`` as JSON, or ``text`` for a person."""
    click.echo(json.dumps(value, indent=2, default=str) if as_json else text())


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Columns for a terminal."""
    cells = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(line.rstrip() for line in lines)
