"""``studio graph``"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.security.principal import SYSTEM


@click.group()
def graph() -> None:
    """Ask the graph, and make it again."""


@graph.command("rebuild")
@json_option
def rebuild(as_json: bool) -> None:
    """Make the graph again from the database; changes may go on meanwhile."""
    from studio_compliance.graph.keeper import GraphKeeper

    with (
        platform_session("graph.rebuild") as platform,
        click.progressbar(length=100, label="graph", hidden=as_json) as bar,
    ):
        nodes, edges = GraphKeeper(platform).rebuild(lambda percent: bar.update(percent - bar.pos))
    show({"nodes": nodes, "edges": edges}, as_json, lambda: f"{nodes} nodes, {edges} edges.")


@contextmanager
def _questions(action: str) -> Iterator[Any]:
    from studio_compliance.graph.questions import GraphQuestions

    with platform_session(f"graph.{action}") as platform:
        yield GraphQuestions(platform)


@graph.command("show")
@click.argument("node")
@click.option("--depth", type=click.IntRange(0, 6), default=1, show_default=True)
@json_option
def show_around(node: str, depth: int, as_json: bool) -> None:
    """What is around a node: a framework, control, project, person, piece of evidence or tag:NAME."""
    with _questions("show") as questions:
        found = questions.around(SYSTEM, node, depth)
    rows = [(edge["source"], edge["kind"], edge["target"]) for edge in found["edges"]]
    show(found, as_json, lambda: table(("FROM", "KIND", "TO"), rows))


@graph.command("impact")
@click.argument("evidence_id")
@json_option
def impact(evidence_id: str, as_json: bool) -> None:
    """What losing a piece of evidence would mean."""
    with _questions("impact") as questions:
        found = questions.impact(SYSTEM, evidence_id)
    rows = [
        (each["framework"], each["number"], each["by"], each["status_before"], each["status_after"])
        for each in found["controls"]
    ]
    (project,) = found["projects"]
    head = f"{project['name']}: {project['score_before']} → {project['score_after']}"
    heads = ("FRAMEWORK", "CONTROL", "BY", "NOW", "WITHOUT IT")
    show(found, as_json, lambda: head + "\n" + table(heads, rows))


@graph.command("path")
@click.argument("start")
@click.argument("end")
@json_option
def path(start: str, end: str, as_json: bool) -> None:
    """A shortest way by mappings between two frameworks or controls."""
    with _questions("path") as questions:
        found = questions.path(start, end)
    names = [f"{each['properties']['framework']} {each['properties']['number']}" for each in found["controls"]]
    text = " → ".join(names) if found["found"] else "There is no way."
    show(found, as_json, lambda: text)


@graph.command("experts")
@click.argument("control_id")
@json_option
def experts(control_id: str, as_json: bool) -> None:
    """Who knows about a control."""
    with _questions("experts") as questions:
        found = questions.experts(SYSTEM, control_id)
    rows = [(each["name"], each["uploaded"], each["reviewed"], each["last_at"]) for each in found["experts"]]
    show(found, as_json, lambda: table(("NAME", "UPLOADED", "REVIEWED", "LAST"), rows))


@graph.command("orphans")
@click.argument("project_id")
@json_option
def orphans(project_id: str, as_json: bool) -> None:
    """What hangs loose in a project."""
    with _questions("orphans") as questions:
        found = questions.orphans(SYSTEM, project_id)
    kinds = ("evidence_without_control", "controls_without_evidence", "members_without_evidence")
    rows = [(kind.replace("_", " "), each["id"], _name(each["properties"])) for kind in kinds for each in found[kind]]
    show(found, as_json, lambda: table(("WHAT", "ID", "NAME"), rows))


def _name(properties: dict[str, Any]) -> str:
    number = f"{properties['number']} " if "number" in properties else ""
    return number + str(properties.get("title") or properties.get("name") or "")
