"""What each kind of report says about a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from studio_compliance.gaps import SEVERITIES
from studio_compliance.reports.blocks import (
    Bars,
    Block,
    Column,
    Figure,
    Figures,
    Line,
    Report,
    Share,
    Shares,
    Table,
    Text,
    tone_of_score,
)
from studio_compliance.reports.dossier import Dossier
from studio_projects.api import ProjectControl

_STATUSES = ("complete", "in_progress", "not_started", "not_applicable")
_TONES = {"complete": "good", "in_progress": "fair", "not_started": "bad", "not_applicable": "none"}
_SEVERITY_TONES = {"critical": "bad", "moderate": "fair", "minor": "none"}
_COVERAGE_NOTE = (
    "Coverage counts a control in full once enough approved, current evidence shows it, and by half once work on it "
    "has begun. The score never stands without it: with little covered, little is known."
)


def summary(dossier: Dossier) -> Report:
    """How the project stands: score, coverage, evidence, the most urgent gaps, every control."""
    main = _controls(dossier)
    blocks: list[Block] = [_headline(dossier), _states(dossier), *_by_category(dossier), _parts(dossier)]
    if len(dossier.trend) > 1:
        blocks.append(Line("Score over time", dossier.trend))
    blocks += [_gap_table(dossier, "Most urgent gaps", most=10), main, _evidence(dossier), _team(dossier)]
    return Report("Compliance report", dossier.project.name, _facts(dossier), blocks, main, _COVERAGE_NOTE)


def gap(dossier: Dossier) -> Report:
    """What is missing, the most severe first."""
    counts = {each: sum(1 for found in dossier.gaps if found.severity == each) for each in SEVERITIES}
    figures = Figures(
        [
            Figure(each.capitalize(), str(count), "gaps", _SEVERITY_TONES[each] if count else "good")
            for each, count in counts.items()
        ]
    )
    parts = [Share(each.capitalize(), count, _SEVERITY_TONES[each]) for each, count in counts.items()]
    main = _gap_table(dossier, "Gaps")
    explained = Text(
        "How gaps are weighed",
        [
            "Critical: critical or high priority and not started. Moderate: such controls in progress, and medium "
            "ones not started. Minor: the rest."
        ],
    )
    blocks: list[Block] = [figures, Shares("Gaps by severity", parts), explained, main]
    return Report("Gap report", dossier.project.name, _facts(dossier), blocks, main)


def soa(dossier: Dossier) -> Report:
    """Statement of Applicability: each control, whether it applies and why, how far it is, what shows it."""
    applicable = sum(1 for each in dossier.controls if each.status != "not_applicable")
    excluded = len(dossier.controls) - applicable
    figures = Figures(
        [
            Figure("Controls", str(len(dossier.controls))),
            Figure("Applicable", str(applicable)),
            Figure("Excluded", str(excluded), "each with its reason"),
        ]
    )
    main = Table(
        "Statement of Applicability",
        (
            *_framework_column(dossier),
            Column("Number", 0.8, "number"),
            Column("Control", 2.2, "title"),
            Column("Applies", 0.6, "applicable"),
            Column("Justification", 1.9, "justification"),
            Column("Status", 0.8, "status"),
            Column("Evidence", 1.7, "evidence"),
        ),
        [[*_framework_cell(dossier, each), *_applicability(dossier, each)] for each in dossier.controls],
        toned=4 + len(_framework_column(dossier)),
        empty="The project has no controls.",
    )
    blocks: list[Block] = [figures, main]
    return Report("Statement of Applicability", dossier.project.name, _facts(dossier), blocks, main)


CONTENTS: Mapping[str, Callable[[Dossier], Report]] = {"summary": summary, "gap": gap, "soa": soa}


def said(status: str) -> str:
    """A status in words."""
    return status.replace("_", " ")


def _facts(dossier: Dossier) -> list[tuple[str, str]]:
    frameworks = [
        f"{found.name} ({found.version})" if found is not None else framework_id
        for framework_id, found in dossier.frameworks
    ]
    return [
        ("Project", dossier.project.name),
        ("Frameworks", ", ".join(frameworks)),
        ("Status", dossier.project.status),
        ("As of", f"{dossier.at[:10]} {dossier.at[11:16]} UTC"),
    ]


def _headline(dossier: Dossier) -> Figures:
    score = dossier.score
    overall, coverage, freshness = score["overall_score"], score["coverage"], score["freshness"]
    evidenced = f"{coverage['controls_with_evidence']} of {coverage['applicable_controls']} controls with evidence"
    current = f"{freshness['current']} current, {freshness['expired']} expired"
    return Figures(
        [
            Figure("Score", f"{overall}", str(score["band"]), tone_of_score(overall)),
            Figure("Coverage", f"{coverage['value']:g} %", evidenced, tone_of_score(coverage["value"])),
            Figure("Freshness", f"{freshness['value']:g} %", current, tone_of_score(freshness["value"])),
            Figure(
                "Gaps", str(len(dossier.gaps)), f"{_critical(dossier)} critical", "good" if not dossier.gaps else ""
            ),
        ]
    )


def _critical(dossier: Dossier) -> int:
    return sum(1 for each in dossier.gaps if each.severity == "critical")


def _states(dossier: Dossier) -> Shares:
    counts = {status: sum(1 for each in dossier.controls if each.status == status) for status in _STATUSES}
    return Shares(
        "Controls by status", [Share(said(each).capitalize(), counts[each], _TONES[each]) for each in _STATUSES]
    )


def _by_category(dossier: Dossier) -> list[Block]:
    primary = dossier.project.framework
    items = [
        (dossier.category_title(primary, category), int(value))
        for category, value in dossier.score["framework_scores"].items()
    ]
    return [Bars(f"Score by category of {dossier.framework_name(primary)}", items)] if items else []


def _parts(dossier: Dossier) -> Table:
    rows = [
        [
            said(part["name"]).capitalize(),
            f"{part['value']:g}",
            f"{part['weight'] * 100:g} %",
            f"{part['contribution']:g}",
        ]
        for part in dossier.score["explanation"]["parts"]
    ]
    columns = (Column("Part", 2), Column("Value (0-100)"), Column("Weight"), Column("Adds"))
    return Table("How the score came about", columns, rows)


def _gap_table(dossier: Dossier, title: str, most: int = 0) -> Table:
    shown = dossier.gaps[:most] if most else dossier.gaps
    rows = [
        [
            each.severity,
            *_framework_cell(dossier, each.control),
            each.control.number,
            each.control.title,
            each.control.priority,
            said(each.control.status),
            "; ".join(each.missing) or "evidence",
        ]
        for each in shown
    ]
    columns = (
        Column("Severity", 0.8, "severity"),
        *_framework_column(dossier),
        Column("Number", 0.8, "number"),
        Column("Control", 2.2, "title"),
        Column("Priority", 0.7, "priority"),
        Column("Status", 0.8, "status"),
        Column("Missing", 2.2, "missing"),
    )
    return Table(title, columns, rows, toned=0, empty="No gaps: every applicable control is complete.")


def _controls(dossier: Dossier) -> Table:
    columns = (
        *_framework_column(dossier),
        Column("Number", 0.8, "number"),
        Column("Control", 2.4, "title"),
        Column("Category", 1.2, "category"),
        Column("Priority", 0.7, "priority"),
        Column("Status", 0.9, "status"),
        Column("Evidence", 0.7, "evidence"),
        Column("Owner", 1.0, "owner"),
        Column("Due", 0.8, "due"),
    )
    rows = [
        [
            *_framework_cell(dossier, each),
            each.number,
            each.title,
            dossier.category_title(each.framework_id, each.category),
            each.priority,
            said(each.status),
            str(each.evidence_count),
            dossier.name(each.owner_id),
            (each.due_date or "")[:10],
        ]
        for each in dossier.controls
    ]
    return Table("Controls", columns, rows, toned=4 + len(_framework_column(dossier)))


def _framework_column(dossier: Dossier) -> tuple[Column, ...]:
    """Numbers alone don't tell the controls of several frameworks apart."""
    return (Column("Framework", 0.9, "framework"),) if len(dossier.frameworks) > 1 else ()


def _framework_cell(dossier: Dossier, control: ProjectControl) -> tuple[str, ...]:
    return (dossier.framework_name(control.framework_id),) if _framework_column(dossier) else ()


def _evidence(dossier: Dossier) -> Table:
    numbers = {each.control_id: each.number for each in dossier.controls}
    rows = [
        [
            each.title,
            ", ".join(numbers[control_id] for control_id in each.control_ids if control_id in numbers),
            said(each.status),
            str(each.quality_score),
            dossier.name(each.uploaded_by),
            (each.expires_at or "")[:10],
        ]
        for each in dossier.current
    ]
    columns = (Column("Evidence", 2.4), Column("Controls", 1.4), Column("Status", 0.8), Column("Quality", 0.6),
               Column("Uploaded by", 1.0), Column("Expires", 0.8))  # fmt: skip
    return Table("Evidence", columns, rows, empty="There is no evidence yet.")


def _team(dossier: Dossier) -> Table:
    rows = [[dossier.name(each.user_id), said(each.role), each.joined_at[:10]] for each in dossier.members]
    return Table("Team", (Column("Name", 2), Column("Role"), Column("Since")), rows)


def _applicability(dossier: Dossier, control: ProjectControl) -> list[str]:
    applies = control.status != "not_applicable"
    reason = control.not_applicable_reason if not applies else control.override_reason
    return [
        control.number,
        control.title,
        "yes" if applies else "no",
        reason or (f"Required by {dossier.framework_name(control.framework_id)}" if applies else ""),
        said(control.status),
        "; ".join(dossier.shown_by(control)),
    ]


def view_of(report: Report) -> dict[str, Any]:
    """A report as JSON: its facts, its figures, and its tables by title, rows by the keys of their columns."""
    tables = [block for block in report.blocks if isinstance(block, Table)]
    figures = [figure for block in report.blocks if isinstance(block, Figures) for figure in block.items]
    return {
        "title": report.title,
        "facts": {label.lower().replace(" ", "_"): value for label, value in report.facts},
        "figures": [{"label": each.label, "value": each.value, "note": each.note} for each in figures],
        "tables": [
            {
                "title": table.title,
                "rows": [
                    {_key(column): cell for column, cell in zip(table.columns, row, strict=True)} for row in table.rows
                ],
            }
            for table in tables
        ],
    }


def _key(column: Column) -> str:
    return column.key or column.title.lower().replace(" ", "_")
