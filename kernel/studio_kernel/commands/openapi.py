"""``studio openapi``"""

from __future__ import annotations

import json
from pathlib import Path

import click

from studio_kernel.commands.session import platform_session


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal.")
def openapi(output: Path | None) -> None:
    """Print the OpenAPI 3.1 document of the installed plugins."""
    with platform_session("openapi") as platform:
        text = json.dumps(platform.openapi(), indent=2, ensure_ascii=False)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
