"""Frameworks as a table: one row a control, columns by name or by a map."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

from studio_compliance.cells import plain_cell
from studio_kernel.frameworks import Category, Framework, FrameworkError, framework_from_document

FIELDS = (
    "number",
    "title",
    "description",
    "category",
    "priority",
    "renewal_days",
    "expected_evidence",
    "references",
    "identity",
    "replaces",
)
NEEDED = ("number", "title")
_LISTS = ("expected_evidence", "references", "replaces")
_WITHOUT_CATEGORY = "general"
_PLACE = re.compile(r"controls\.(\d+) \((.*?)\)")


def framework_from_csv(
    text: str, framework_id: str, name: str, version: str, columns: Mapping[str, str], source: str
) -> Framework:
    """Read a table with a heading row; ``columns`` maps fields to headings, the rest go by their own names.

    Lists are separated by semicolons. ``FrameworkError`` names line and field of each problem.
    """
    missing = [field for field, given in (("id", framework_id), ("name", name), ("version", version)) if not given]
    if missing:
        raise FrameworkError(source, [f"{field}: a table can't say it; give it as a parameter" for field in missing])
    lines, rows = _rows(text, columns, source)
    titles = dict.fromkeys(row.get("category") or _WITHOUT_CATEGORY for row in rows)
    categories = {_slug(title): title for title in reversed(titles)}
    document = {
        "studio_framework": 1,
        "id": framework_id,
        "name": name,
        "version": version,
        "categories": [{"id": slug, "title": title} for slug, title in reversed(categories.items())],
        "controls": [_control(row) for row in rows],
    }
    try:
        return framework_from_document(document, source)
    except FrameworkError as error:
        raise FrameworkError(source, [_by_line(problem, lines) for problem in error.problems[:50]]) from None


def _rows(text: str, columns: Mapping[str, str], source: str) -> tuple[list[int], list[dict[str, str]]]:
    """The rows with their lines, fields by name."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[int] = []
    rows: list[dict[str, str]] = []
    line = 1
    try:
        places = _places(next(reader, []), columns, source)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append(line)
                rows.append({field: plain_cell(cells[at].strip()) for field, at in places.items() if at < len(cells)})
            line = reader.line_num + 1
    except csv.Error as error:
        raise FrameworkError(source, [f"line {line}: is not CSV: {error}"]) from None
    if not rows:
        raise FrameworkError(source, ["line 2: no control follows; a row for each control is needed"])
    return lines, rows


def _places(headings: list[str], columns: Mapping[str, str], source: str) -> dict[str, int]:
    """At which place each field stands."""
    known = {heading.strip().casefold(): place for place, heading in enumerate(headings)}
    problems = [
        f"columns.{field}: there is no such field; fields are {', '.join(FIELDS)}"
        for field in columns
        if field not in FIELDS
    ]
    places: dict[str, int] = {}
    for field in FIELDS:
        wanted = columns.get(field, field)
        place = known.get(wanted.strip().casefold(), known.get(wanted.replace("_", " ").casefold()))
        if place is not None:
            places[field] = place
        elif field in columns or field in NEEDED:
            shown = ", ".join(heading for heading in headings if heading)[:300]
            problems.append(f"line 1: there is no column {wanted!r} for {field}; map it to one of: {shown}")
    if problems:
        raise FrameworkError(source, problems)
    return places


def _control(row: Mapping[str, str]) -> dict[str, object]:
    control: dict[str, object] = {name: row[name] for name in ("number", "title", "description") if name in row}
    control["category"] = _slug(row.get("category") or _WITHOUT_CATEGORY)
    if row.get("priority"):
        control["priority"] = row["priority"].casefold()
    if row.get("renewal_days"):
        days = row["renewal_days"]
        control["renewal_days"] = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else days
    if row.get("identity"):
        control["identity"] = row["identity"]
    for name in _LISTS:
        items = [item.strip() for item in row.get(name, "").split(";") if item.strip()]
        if items:
            control[name] = [{"title": item} for item in items] if name == "expected_evidence" else items
    return control


def _slug(title: str) -> str:
    return re.sub(r"[^\w]+", "_", title.casefold()).strip("_") or _WITHOUT_CATEGORY


def _by_line(problem: str, lines: list[int]) -> str:
    """``controls.3 (AC-2).priority: …`` as ``line 5, priority (AC-2): …``."""
    found = _PLACE.match(problem)
    if found is None:
        return problem
    rest = problem[found.end() :].lstrip(".")
    field, _, text = rest.partition(": ")
    return f"line {lines[int(found[1])]}, {field or 'row'} ({found[2]}): {text}"


def csv_of(framework: Framework) -> Iterator[list[str]]:
    """The rows of a framework, the heading first; they read back to controls of the same ids, in like categories."""
    titles = {category.id: _title(category) for category in framework.categories}
    yield list(FIELDS)
    for control in framework.controls:
        yield [
            control.number,
            control.title,
            control.description,
            titles.get(control.category, control.category),
            control.priority,
            str(control.renewal_days),
            "; ".join(each.title for each in control.expected_evidence),
            "; ".join(control.references),
            control.identity,
            "; ".join(control.replaces),
        ]


def _title(category: Category) -> str:
    return category.title if _slug(category.title) == category.id else category.id
