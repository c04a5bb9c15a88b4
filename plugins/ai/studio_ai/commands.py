"""``studio ai``"""

from __future__ import annotations

import click

from studio_kernel.commands.session import json_option, platform_session, show


@click.group()
def ai() -> None:
    """Look after the assistant's index of evidence."""


@ai.command("reindex")
@click.option("--project", "project_ids", multiple=True, metavar="ID", help="Only this project; may be repeated.")
@json_option
def reindex(project_ids: tuple[str, ...], as_json: bool) -> None:
    """Index the text of all evidence anew, such as of evidence from before the assistant was installed."""
    from studio_ai.assembly import Assistant
    from studio_evidence.api import EvidenceLibrary
    from studio_projects.api import Projects

    with platform_session("ai.reindex") as platform:
        index, library = Assistant(platform).index, EvidenceLibrary(platform)
        wanted = list(project_ids) or Projects(platform).ids()
        pieces = [piece.id for project_id in wanted for piece in library.of_project(project_id)]
        passages = 0
        with click.progressbar(pieces, label="Indexing", hidden=as_json) as bar:
            for evidence_id in bar:
                passages += index.refresh(evidence_id)
        found = {"evidence": len(pieces), "passages": passages}
    show(found, as_json, lambda: f"Indexed {found['evidence']} pieces of evidence in {found['passages']} passages.")
