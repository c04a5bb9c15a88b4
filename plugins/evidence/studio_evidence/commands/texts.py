"""``studio evidence``: finding evidence by its words, and what is behind that: texts and the index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Literal

import click

from studio_auth.api import acting_session, as_option
from studio_evidence import queries
from studio_evidence.commands.evidence import evidence
from studio_evidence.library import STATUSES
from studio_evidence.service.extracting import Extracting
from studio_evidence.service.indexing import SearchIndex
from studio_evidence.service.searching import EvidenceSearch
from studio_kernel.commands.answers import plain, request
from studio_kernel.commands.session import json_option, platform_session, show


@evidence.command("search")
@click.argument("words", nargs=-1, required=True)
@as_option
@click.option("--project", "project_id", default=None, help="Only evidence of this project.")
@click.option("--control", "control_id", default=None, help="Only evidence that serves this control.")
@click.option("--status", type=click.Choice(STATUSES), default=None, help="Only evidence in this state.")
@click.option("--kind", type=click.Choice(queries.KINDS), default=None, help="Only evidence of this kind.")
@click.option("--tag", default=None, help="Only evidence with this tag.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@json_option
def search(words: tuple[str, ...], account: str, as_json: bool, **wanted: Any) -> None:
    """Search the evidence within reach by its words, the best match first.

    All WORDS must be there, in whatever form; '"in this order"' is a phrase, and -- -draft leaves out what has a word.
    """
    with acting_session("evidence.search", account, "evidence:read") as (platform, principal):
        asked = request(queries.SEARCH_LISTING, {**wanted, "q": " ".join(words)})
        found = plain(EvidenceSearch(platform).find(principal, asked))
    show(found["evidence"], as_json, lambda: _text(found))


def _text(found: dict[str, Any]) -> str:
    lines = [line for each in found["evidence"] for line in _lines(each)]
    shown, total = len(found["evidence"]), found["pagination"]["total"]
    return "\n".join([*lines, f"{shown} of {total}"])


def _lines(piece: dict[str, Any]) -> list[str]:
    lines = [f"{piece['id']}  {piece['status']}  {piece['title']}"]
    for match in piece["matches"]:
        snippet = "".join(f"[{part['text']}]" if part["match"] else part["text"] for part in match["snippet"])
        where = f"{match['field']}, {match['place']}" if match["place"] else match["field"]
        lines.append(f"    {where}: {' '.join(snippet.split())}")
    return lines


@evidence.command("reindex")
@click.option("--project", "project_ids", multiple=True, metavar="ID", help="Only this project; may be given again.")
@click.option("--anew", is_flag=True, help="Begin again, also when an earlier run was stopped half-way.")
@json_option
def reindex(project_ids: tuple[str, ...], anew: bool, as_json: bool) -> None:
    """Make the index of search again from the evidence; a run that was stopped goes on where it was."""
    with platform_session("evidence.reindex") as platform:
        index = SearchIndex(platform)
        waited = 0 if anew else index.waiting()
        if not waited:
            index.put_off(project_ids or None)
        count = _counted("Indexing", index.waiting(), index.catch_up())
    show({"indexed": count, "resumed": bool(waited)}, as_json, lambda: _indexed(count, bool(waited)))


@evidence.command("extract")
@click.option(
    "--again",
    type=click.Choice(["unsupported", "failed"]),
    multiple=True,
    help="Also files that nothing could read, or whose reading failed; may be given again.",
)
@json_option
def extract(again: tuple[Literal["unsupported", "failed"], ...], as_json: bool) -> None:
    """Read the texts of files that are still unread after a quarter of an hour, now instead of within the hour."""
    with platform_session("evidence.extract") as platform:
        extracting = Extracting(platform)
        for state in dict.fromkeys(again):
            extracting.put_off(state)
        count = _counted("Reading", extracting.waiting(), extracting.read_on())
    show({"read": count}, as_json, lambda: f"{count} files are read")


def _counted(label: str, length: int, work: Iterator[str]) -> int:
    """Do it all, with a bar for somebody who looks on; how much it was."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(work, length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        return sum(1 for _ in bar)


def _indexed(count: int, resumed: bool) -> str:
    how = " that were still waiting; --anew begins again" if resumed else ""
    return f"Indexed {count} pieces of evidence{how}"
