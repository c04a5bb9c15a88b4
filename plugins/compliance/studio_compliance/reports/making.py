"""From a kind and a form to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import orjson

from studio_compliance.cells import csv_bytes
from studio_compliance.importing.export import MadeFile
from studio_compliance.importing.oscal_export import token_of
from studio_compliance.reports.blocks import Report
from studio_compliance.reports.contents import CONTENTS, view_of
from studio_compliance.reports.dossier import Dossier
from studio_compliance.reports.html import html_of
from studio_compliance.reports.oscal import assessment_results, security_plan

PACK = "audit-pack"
FORMS: Mapping[str, tuple[str, ...]] = {
    "summary": ("html", "pdf", "csv", "json", "oscal"),
    "gap": ("html", "pdf", "csv", "json"),
    "soa": ("html", "pdf", "csv", "json"),
    "ssp": ("oscal",),
    PACK: ("zip",),
}
"""The forms that each kind of report comes in, the usual one first."""

KINDS, ALL_FORMS = tuple(FORMS), ("html", "pdf", "csv", "json", "oscal", "zip")

_HTML = "text/html; charset=utf-8"


def suffix_of(form: str) -> str:
    """How the name of a file of that form ends."""
    return "oscal.json" if form == "oscal" else form


def make_file(dossier: Dossier, kind: str, form: str, fonts: Sequence[Path] = ()) -> MadeFile:
    """A report as a file; ``kind`` and ``form`` go together by :data:`FORMS`, and it is no audit pack."""
    name = f"{token_of(dossier.project.name)[:60]}-{kind}.{suffix_of(form)}"
    if form == "oscal":
        document = security_plan(dossier) if kind == "ssp" else assessment_results(dossier)
        return MadeFile(name, "application/json", orjson.dumps(document, option=orjson.OPT_INDENT_2))
    report = CONTENTS[kind](dossier)
    media_type, write = _WRITTEN[form]
    return MadeFile(name, media_type, write(report, fonts))


def _pdf(report: Report, fonts: Sequence[Path]) -> bytes:
    # PERF: laying out PDF needs modules that nothing else does.
    from studio_compliance.reports.pdf import pdf_of

    return pdf_of(report, fonts)


def _csv(report: Report, fonts: Sequence[Path]) -> bytes:
    table = report.main
    heads = [column.key or column.title.lower().replace(" ", "_") for column in table.columns]
    return csv_bytes([heads, *table.rows])


_WRITTEN: Mapping[str, tuple[str, Callable[[Report, Sequence[Path]], bytes]]] = {
    "html": (_HTML, lambda report, _: html_of(report)),
    "pdf": ("application/pdf", _pdf),
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", lambda report, _: orjson.dumps(view_of(report))),
}
