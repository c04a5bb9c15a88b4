"""``studio compliance``: how projects stand, for the operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from studio_compliance.service import ComplianceService
from studio_kernel.commands.session import json_option, platform_session, show, table
from studio_kernel.errors import NotFound
from studio_kernel.security.principal import SYSTEM


@click.group()
def compliance() -> None:
    """Show where projects stand, and recompute what is kept of them."""


@contextmanager
def _service(action: str) -> Iterator[ComplianceService]:
    with platform_session(f"compliance.{action}") as platform:
        yield ComplianceService(platform)


@compliance.command("score")
@click.argument("project_id")
@click.option("--explain", is_flag=True, help="Parts, weights, inputs, and what would raise it most.")
@json_option
def score(project_id: str, explain: bool, as_json: bool) -> None:
    """The score of a project, with coverage and freshness."""
    with _service("score") as service:
        if explain:
            view = service.explained_score(SYSTEM, project_id)
        else:
            view = service.score(SYSTEM, project_id).shown()
    show(view, as_json, lambda: "\n".join(_score_lines(view)))


def _score_lines(view: dict[str, Any]) -> Iterator[str]:
    coverage, freshness = view["coverage"], view["freshness"]
    yield f"{view['overall_score']} of 100, {view['band']}"
    yield (
        f"coverage {coverage['value']:g} %: {coverage['controls_with_evidence']} of "
        f"{coverage['applicable_controls']} controls have current, approved evidence"
    )
    yield f"freshness {freshness['value']:g} %: {freshness['current']} pieces current, {freshness['expired']} expired"
    if "explanation" in view:
        parts = [(part["name"], part["value"], part["weight"], part["contribution"]) for part in _parts(view)]
        yield table(("PART", "VALUE", "WEIGHT", "ADDS"), parts)
        changes = view["explanation"]["changes"]
        yield table(("GAIN", "SCORE", "CHANGE", "TITLE"), [_change_cells(each) for each in changes])


def _parts(view: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = view["explanation"]["parts"]
    return parts


def _change_cells(change: dict[str, Any]) -> tuple[str, ...]:
    number = f"{change['control']['number']} " if change["control"] else ""
    return (f"+{change['gain']:g}", str(change["score_after"]), change["kind"], number + change["title"])


@compliance.command("gaps")
@click.argument("project_id")
@click.option("--severity", type=click.Choice(("critical", "moderate", "minor")))
@json_option
def gaps(project_id: str, severity: str | None, as_json: bool) -> None:
    """Applicable controls that aren't complete, and what evidence each lacks."""
    with _service("gaps") as service:
        report = service.gap_report(SYSTEM, project_id, severity)
    rows = [
        (gap["severity"], gap["framework"], gap["number"], gap["title"], "; ".join(gap["missing"]))
        for gap in report["gaps"]
    ]
    show(report, as_json, lambda: table(("SEVERITY", "FRAMEWORK", "NUMBER", "TITLE", "MISSING"), rows))


@compliance.command("trends")
@click.argument("project_id")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True)
@json_option
def trends(project_id: str, days: int, as_json: bool) -> None:
    """One score a day."""
    with _service("trends") as service:
        trend = service.trend(SYSTEM, project_id, days)
    rows = [(each["date"], each["overall_score"], each["coverage"], each["freshness"]) for each in trend["points"]]
    show(trend, as_json, lambda: table(("DAY", "SCORE", "COVERAGE", "FRESHNESS"), rows))


@compliance.command("projection")
@click.argument("project_id")
@click.argument("framework")
@json_option
def projection(project_id: str, framework: str, as_json: bool) -> None:
    """What a project would score in another framework with the evidence that it has."""
    with _service("projection") as service:
        view = service.projection(SYSTEM, project_id, framework)
    rows = [
        (each["number"], each["status"], ", ".join(f"{via['framework']} {via['number']}" for via in each["via"]))
        for each in view["controls"]
    ]
    head = f"{view['projected_score']} of 100 in {framework}, coverage {view['coverage']['value']:g} %"
    show(view, as_json, lambda: head + "\n" + table(("CONTROL", "STATUS", "VIA"), rows))


@compliance.command("recompute")
@click.argument("project_ids", nargs=-1)
@json_option
def recompute(project_ids: tuple[str, ...], as_json: bool) -> None:
    """Make what is kept of projects (all of them, unless some are named) again from controls and evidence."""
    from studio_compliance.scorekeeper import Scorekeeper
    from studio_projects.api import Projects

    with platform_session("compliance.recompute") as platform:
        keeper = Scorekeeper(platform)
        known = Projects(platform).ids()
        unknown = [project_id for project_id in project_ids if project_id not in known]
        if unknown:
            raise NotFound(f"There is no project {unknown[0]}")
        ids = list(project_ids) or known
        with click.progressbar(ids, label="projects", hidden=as_json) as bar:
            done = sum(keeper.recompute_all([project_id]) for project_id in bar)
    show({"recomputed": done}, as_json, lambda: f"{done} recomputed.")
