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
    from studio_kernel.errors import NotFound
    from studio_projects.api import Projects

    with platform_session("ai.reindex") as platform:
        index, library = Assistant(platform).index, EvidenceLibrary(platform)
        known = Projects(platform).ids()
        for project_id in project_ids:
            if project_id not in known:
                raise click.ClickException(f"there is no project {project_id}")
        pieces = [piece.id for project_id in project_ids or known for piece in library.of_project(project_id)]
        passages, failed = 0, []
        with click.progressbar(pieces, label="Indexing", hidden=as_json) as bar:
            for evidence_id in bar:
                try:
                    passages += index.refresh(evidence_id)
                except NotFound:
                    # NOTE: its file is lost, which `studio doctor` tells; the others are indexed all the same.
                    failed.append(evidence_id)
        found = {"evidence": len(pieces), "passages": passages, "failed": failed}
    show(found, as_json, lambda: f"Indexed {len(pieces) - len(failed)} pieces of evidence in {passages} passages.")
    if failed:
        raise click.ClickException(f"the files of these are lost: {', '.join(failed)}")
