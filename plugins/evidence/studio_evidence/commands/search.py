"""``studio evidence``: finding evidence by its words, and the index behind that."""

from __future__ import annotations

import sys
from typing import Any

import click

from studio_auth.api import acting_session, as_option
from studio_evidence import queries
from studio_evidence.commands.evidence import evidence
from studio_evidence.library import STATUSES
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
        hidden = not sys.stderr.isatty()
        with click.progressbar(
            index.catch_up(), length=index.waiting(), label="Indexing", file=sys.stderr, hidden=hidden
        ) as bar:
            count = sum(1 for _ in bar)
    show({"indexed": count, "resumed": bool(waited)}, as_json, lambda: _indexed(count, bool(waited)))


def _indexed(count: int, resumed: bool) -> str:
    how = " that were still waiting; --anew begins again" if resumed else ""
    return f"Indexed {count} pieces of evidence{how}"
