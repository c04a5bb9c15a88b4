"""``studio evidence``: find evidence, bring it in, and change it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from studio_auth.api import acting_session, as_option
from studio_evidence import queries, schemas
from studio_evidence.commands.files import staged_file
from studio_evidence.library import STATUSES
from studio_evidence.service.bulk import Bulk
from studio_evidence.service.pieces import Pieces
from studio_kernel.commands.answers import listed, plain, request, show_one
from studio_kernel.commands.session import json_option, show
from studio_kernel.http.schemas import load

F = TypeVar("F", bound=Callable[..., Any])

_LISTED = ("id", "kind", "status", "version", "title", "file_name", "tags")
_SHOWN = ("id", "status", "title")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def evidence() -> None:
    """Work with evidence, as an account that may do so."""


def _described(command: F) -> F:
    """The options that describe new evidence."""
    for option in reversed(
        (
            click.option("--project", "project_id", required=True, help="Id of the project."),
            click.option("--title", required=True, help="Title."),
            click.option("--description", default="", help="Description."),
            click.option("--control", "control_id", default=None, help="Id of the control that it serves."),
            click.option("--tag", "tags", multiple=True, help="A tag; may be given again."),
            click.option("--period-start", default=None, help="Begin of the period it covers, in RFC 3339."),
            click.option("--period-end", default=None, help="End of that period."),
            click.option("--valid-until", default=None, help="Until when it is valid."),
        )
    ):
        command = option(command)
    return command


def _given(options: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in options.items() if value is not None}
    return {**found, "tags": list(found.get("tags", ()))}


@evidence.command("list")
@as_option
@click.option("--project", "project_id", default=None, help="Only evidence of this project.")
@click.option("--control", "control_id", default=None, help="Only evidence that serves this control.")
@click.option("--status", type=click.Choice(STATUSES), default=None, help="Only evidence in this state.")
@click.option("--kind", type=click.Choice(queries.KINDS), default=None, help="Only evidence of this kind.")
@click.option("--tag", default=None, help="Only evidence with this tag.")
@click.option("--search", default=None, help="Words in title, description or tags.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@json_option
def list_evidence(account: str, as_json: bool, **wanted: Any) -> None:
    """List the evidence within reach, the latest first."""
    with acting_session("evidence.list", account, "evidence:read") as (platform, principal):
        found = Pieces(platform).list(principal, request(queries.LISTING, wanted))
    listed(found, "evidence", _LISTED, as_json)


@evidence.command("show")
@click.argument("evidence_id")
@as_option
@json_option
def show_evidence(evidence_id: str, account: str, as_json: bool) -> None:
    """Show a piece of evidence."""
    with acting_session("evidence.show", account, "evidence:read") as (platform, principal):
        found = plain(Pieces(platform).show(principal, evidence_id))
    show(found, as_json, lambda: "\n".join(f"{name}: {value}" for name, value in found.items() if value is not None))


@evidence.command("upload")
@click.argument("file", type=_FILE)
@_described
@as_option
@json_option
def upload(file: Path, account: str, as_json: bool, **options: Any) -> None:
    """Upload a file as evidence."""
    given = load(schemas.EvidenceUpload(), _given(options))
    session = acting_session("evidence.upload", account, "evidence:upload")
    with session as (platform, principal), staged_file(platform, file) as arrival:
        made = Pieces(platform).upload(principal, arrival, given)
    show_one(made, as_json, _SHOWN)


@evidence.command("add-link")
@click.argument("url")
@_described
@as_option
@json_option
def add_link(url: str, account: str, as_json: bool, **options: Any) -> None:
    """Add a link as evidence; nothing is fetched from there."""
    given = load(schemas.LinkInput(), {**_given(options), "url": url})
    with acting_session("evidence.add-link", account, "evidence:upload") as (platform, principal):
        made = Pieces(platform).add_link(principal, given)
    show_one(made, as_json, _SHOWN)


@evidence.command("add-note")
@click.argument("text")
@_described
@as_option
@json_option
def add_note(text: str, account: str, as_json: bool, **options: Any) -> None:
    """Add a note as evidence; - reads it from standard input."""
    words = sys.stdin.read() if text == "-" else text
    given = load(schemas.NoteInput(), {**_given(options), "text": words})
    with acting_session("evidence.add-note", account, "evidence:upload") as (platform, principal):
        made = Pieces(platform).add_note(principal, given)
    show_one(made, as_json, _SHOWN)


@evidence.command("tag")
@click.argument("evidence_ids", nargs=-1, required=True)
@click.option("--add", multiple=True, help="A tag to add; may be given again.")
@click.option("--remove", multiple=True, help="A tag to remove; may be given again.")
@as_option
@json_option
def tag(evidence_ids: tuple[str, ...], account: str, as_json: bool, **changes: tuple[str, ...]) -> None:
    """Add and remove tags of one or more pieces."""
    lists = {name: list(values) for name, values in changes.items()}
    body = load(schemas.BulkTags(), {"evidence_ids": list(evidence_ids), **lists})
    with acting_session("evidence.tag", account, "evidence:update") as (platform, principal):
        results = Bulk(platform).tag(principal, body["evidence_ids"], add=body["add"], remove=body["remove"])
    _tell(results, as_json)


@evidence.command("link")
@click.argument("evidence_ids", nargs=-1, required=True)
@click.option("--control", "link", multiple=True, help="Id of a control to serve; may be given again.")
@click.option("--not-control", "unlink", multiple=True, help="Id of a control to serve no longer.")
@as_option
@json_option
def link(evidence_ids: tuple[str, ...], account: str, as_json: bool, **changes: tuple[str, ...]) -> None:
    """Let one or more pieces serve controls, or no longer."""
    lists = {name: list(values) for name, values in changes.items()}
    body = load(schemas.BulkLinks(), {"evidence_ids": list(evidence_ids), **lists})
    with acting_session("evidence.link", account, "evidence:update") as (platform, principal):
        results = Bulk(platform).link(principal, body["evidence_ids"], link=body["link"], unlink=body["unlink"])
    _tell(results, as_json)


@evidence.command("submit")
@click.argument("evidence_id")
@click.option("--withdraw", is_flag=True, help="Take it back instead.")
@as_option
@json_option
def submit(evidence_id: str, withdraw: bool, account: str, as_json: bool) -> None:
    """Submit evidence for review."""
    with acting_session("evidence.submit", account, "evidence:update") as (platform, principal):
        status = "pending" if withdraw else "in_review"
        changed = Pieces(platform).change(principal, evidence_id, {"status": status})
    show_one(changed, as_json, _SHOWN)


@evidence.command("delete")
@click.argument("evidence_id")
@click.option("--yes", is_flag=True, help="Don't ask.")
@as_option
@json_option
def delete(evidence_id: str, yes: bool, account: str, as_json: bool) -> None:
    """Delete evidence with all its versions and reviews."""
    if not yes:
        click.confirm(f"Delete {evidence_id} with all its versions?", abort=True)
    with acting_session("evidence.delete", account, "evidence:delete") as (platform, principal):
        Pieces(platform).delete(principal, evidence_id)
    show({"id": evidence_id, "deleted": True}, as_json, lambda: f"{evidence_id} is deleted")


def _tell(results: list[dict[str, Any]], as_json: bool) -> None:
    show(plain(results), as_json, lambda: "\n".join(map(_told, results)))
    if not all(each["ok"] for each in results):
        raise SystemExit(1)


def _told(result: dict[str, Any]) -> str:
    if result["ok"]:
        return f"{result['id']}  {'changed' if result['changed'] else 'as it was'}"
    refusal = result["error"]
    return f"{result['id']}  refused: {refusal['details'].get('error') or refusal['message']}"
