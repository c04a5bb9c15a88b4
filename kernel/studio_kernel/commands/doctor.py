"""``studio doctor``"""

from __future__ import annotations

import sys

import click

from studio_kernel.commands.session import json_option, platform_session, show
from studio_kernel.errors import StudioError


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Look for what is wrong and say what to do. Exit code 1 when something needed fails."""
    findings: list[dict[str, object]] = []
    with platform_session("doctor") as platform:
        for check in platform.health_checks:
            finding: dict[str, object] = {"check": check.name, "ok": True, "needed": check.needed, "reason": ""}
            try:
                check.check()
            except Exception as error:
                finding["ok"] = False
                finding["reason"] = error.message if isinstance(error, StudioError) else str(error)
            findings.append(finding)
        for record in platform.plugins.records:
            if record.state == "left out":
                findings.append(
                    {"check": f"plugin {record.name}", "ok": False, "needed": False, "reason": record.reason}
                )
    show(findings, as_json, lambda: "\n".join(_line(finding) for finding in findings))
    if any(not finding["ok"] and finding["needed"] for finding in findings):
        sys.exit(1)


def _line(finding: dict[str, object]) -> str:
    if finding["ok"]:
        return f"ok       {finding['check']}"
    word = "FAILED  " if finding["needed"] else "warning "
    return f"{word} {finding['check']}: {finding['reason']}"
