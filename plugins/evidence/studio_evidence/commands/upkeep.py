"""``studio evidence``: what the operator of the machine does."""

from __future__ import annotations

import sys

import click

from studio_evidence import queries
from studio_evidence.commands.evidence import evidence
from studio_evidence.service.upkeep import Upkeep
from studio_kernel.commands.session import json_option, platform_session, show


@evidence.command("expire")
@json_option
def expire(as_json: bool) -> None:
    """Announce approved evidence whose time is over, now instead of within five minutes."""
    with platform_session("evidence.expire") as platform:
        count = Upkeep(platform).expire()
    show({"expired": count}, as_json, lambda: f"{count} pieces of evidence have expired")


@evidence.command("sweep")
@json_option
def sweep(as_json: bool) -> None:
    """Delete stored files that no evidence has referred to for an hour, now instead of within one."""
    with platform_session("evidence.sweep") as platform:
        count = Upkeep(platform).sweep()
    show({"removed": count}, as_json, lambda: f"{count} files are removed")


@evidence.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Read every stored file and compare its hash; the exit code is 1 when one is missing or damaged."""
    with platform_session("evidence.verify") as platform:
        digests = [row[0] for row in platform.database.rows(queries.ALL_DIGESTS)]
        with click.progressbar(digests, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            broken = [each for each in bar if not platform.files.verify(each)]
        pieces = [row[0] for row in platform.database.rows(queries.PIECES_WITH, digests=broken)] if broken else []
    answer = {"checked": len(digests), "broken": broken, "evidence": pieces}
    show(answer, as_json, lambda: _text(len(digests), broken, pieces))
    if broken:
        raise SystemExit(1)


def _text(checked: int, broken: list[str], pieces: list[str]) -> str:
    lines = [f"{checked} files are checked, {len(broken)} are missing or damaged"]
    lines += [f"damaged: {each}" for each in broken]
    return "\n".join(lines + [f"belongs to: {each}" for each in pieces])
