"""``studio evidence``: versions, reviews and downloads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from studio_auth.api import acting_session, as_option
from studio_evidence import queries, schemas
from studio_evidence.commands.evidence import evidence
from studio_evidence.commands.files import copy_to, staged_file, write_out
from studio_evidence.service.files import EvidenceFiles
from studio_evidence.service.reviews import DECISIONS, Reviews
from studio_kernel.commands.answers import listed, request, show_one
from studio_kernel.commands.session import json_option, show
from studio_kernel.http.schemas import load

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LIMIT = click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many at most.")


@evidence.command("add-version")
@click.argument("evidence_id")
@click.argument("file", type=_FILE)
@click.option("--comment", default=None, help="Why there is a new version.")
@click.option("--period-start", default=None, help="Begin of the period it covers; stays when not given.")
@click.option("--period-end", default=None, help="End of that period.")
@click.option("--valid-until", default=None, help="Until when it is valid.")
@as_option
@json_option
def add_version(evidence_id: str, file: Path, account: str, as_json: bool, **options: Any) -> None:
    """Upload a new version; its review starts again."""
    given = load(schemas.VersionUpload(), {name: value for name, value in options.items() if value is not None})
    session = acting_session("evidence.add-version", account, "evidence:upload")
    with session as (platform, principal), staged_file(platform, file) as arrival:
        made = EvidenceFiles(platform).add_version(principal, evidence_id, arrival, given)
    show_one(made, as_json, ("evidence_id", "version", "status"))


@evidence.command("versions")
@click.argument("evidence_id")
@_LIMIT
@as_option
@json_option
def versions(evidence_id: str, account: str, as_json: bool, **wanted: Any) -> None:
    """List the versions of evidence, the newest first."""
    with acting_session("evidence.versions", account, "evidence:read") as (platform, principal):
        found = EvidenceFiles(platform).versions(principal, evidence_id, request(queries.VERSIONS_LISTING, wanted))
    listed(found, "versions", ("version", "kind", "file_name", "file_size", "uploaded_at", "comment"), as_json)


@evidence.command("review")
@click.argument("evidence_id")
@click.argument("decision", type=click.Choice(list(DECISIONS)))
@click.option("--score", type=click.IntRange(0, 100), default=None, help="Quality, 0 to 100.")
@click.option("--comment", default="", help="What the reviewer says.")
@click.option("--version", type=click.IntRange(1), default=None, help="Refuse unless this is the current version.")
@as_option
@json_option
def review(evidence_id: str, account: str, as_json: bool, **given: Any) -> None:
    """Approve evidence, reject it, or request changes; nobody reviews what they uploaded."""
    body = load(schemas.ReviewRequest(), given)
    with acting_session("evidence.review", account, "evidence:review") as (platform, principal):
        made = Reviews(platform).add(principal, evidence_id, body)
    show_one(made, as_json, ("evidence_id", "decision", "status", "expires_at"))


@evidence.command("reviews")
@click.argument("evidence_id")
@_LIMIT
@as_option
@json_option
def reviews(evidence_id: str, account: str, as_json: bool, **wanted: Any) -> None:
    """List the reviews of evidence, the latest first."""
    with acting_session("evidence.reviews", account, "evidence:read") as (platform, principal):
        found = Reviews(platform).list(principal, evidence_id, request(queries.REVIEWS_LISTING, wanted))
    listed(found, "reviews", ("created_at", "version", "decision", "score", "reviewer_id", "comment"), as_json)


@evidence.command("download")
@click.argument("evidence_id")
@click.option("--version", type=click.IntRange(1), default=None, help="Another version than the current one.")
@click.option(
    "--output", "-o", default="", help="A file or a folder; - is standard output. Without it: its own name, here."
)
@as_option
@json_option
def download(evidence_id: str, version: int | None, output: str, account: str, as_json: bool) -> None:
    """Download the file of evidence, checked against its hash."""
    with acting_session("evidence.download", account, "evidence:read") as (platform, principal):
        files = EvidenceFiles(platform)
        file = files.find(principal, evidence_id, version)
        source = files.source(file)
        if output == "-":
            copy_to(source, file, sys.stdout.buffer)
            return
        target = Path(output) / file.file_name if not output or Path(output).is_dir() else Path(output)
        if not output and target.exists():
            raise click.ClickException(f"{target} is there already; say where to write with --output")
        write_out(source, file, target)
    told = {"file": str(target), "size": file.file_size, "sha256": file.sha256}
    show(told, as_json, lambda: f"{target}  {file.file_size} bytes  sha256 {file.sha256}")
