"""``studio doctor``"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from studio_kernel.commands.session import json_option, show

if TYPE_CHECKING:
    from studio_kernel.diagnosis import Finding


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Look for what is wrong and say what to do. Exit code 1 when something needed fails, 2 for wrong settings."""
    from studio_kernel.diagnosis.looking import diagnose

    findings = list(diagnose())
    show([asdict(finding) for finding in findings], as_json, lambda: "\n".join(map(_line, findings)))
    if any(not finding.ok and finding.needed for finding in findings):
        sys.exit(1)


def _line(finding: Finding) -> str:
    if finding.ok:
        return f"ok       {finding.check}"
    word = "FAILED  " if finding.needed else "warning "
    return f"{word} {finding.check}: {finding.reason}\n         → {finding.to_do}"
