"""``studio report``"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from studio_compliance.reports.making import ALL_FORMS, KINDS, PACK
from studio_compliance.reports.service import Reports, checked_form
from studio_kernel.commands.session import json_option, platform_session, show
from studio_kernel.security.principal import SYSTEM


@click.command()
@click.argument("project_id", metavar="PROJECT")
@click.option("--kind", type=click.Choice(KINDS), default="summary", show_default=True)
@click.option("--format", "form", type=click.Choice(ALL_FORMS), help="By default the usual one of the kind.")
@click.option("--output", type=click.Path(path_type=Path), help="A file or folder; the present folder by default.")
@json_option
def report(project_id: str, kind: str, form: str | None, output: Path | None, as_json: bool) -> None:
    """Write a report on a project: summary, gaps, Statement of Applicability, OSCAL, or an audit pack."""
    form = checked_form(kind, form or "")
    with platform_session("report") as platform:
        reports = Reports(platform)
        if kind == PACK:
            target = _target(output, f"audit-pack-{project_id}.zip")
            told = _write_pack(reports, project_id, target)
        else:
            made = reports.at_once(SYSTEM, project_id, kind, form)
            target = _target(output, made.name)
            target.write_bytes(made.content)
            told = {}
    result = {"file": str(target), "kind": kind, "format": form, "size": target.stat().st_size, **told}
    show(result, as_json, lambda: f"{target}: {result['size']} bytes.")


def _write_pack(reports: Reports, project_id: str, target: Path) -> dict[str, object]:
    with target.open("wb") as file, click.progressbar(length=100, label="Audit pack", file=sys.stderr) as bar:
        return reports.write_pack(project_id, file, lambda percent: bar.update(percent - bar.pos))


def _target(output: Path | None, name: str) -> Path:
    if output is None:
        return Path(name)
    return output / name if output.is_dir() else output
