"""Reading a definition of whatever form: Studio YAML or JSON, OSCAL JSON, CSV. Every problem says where it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from studio_compliance.importing.csv_table import framework_from_csv
from studio_compliance.importing.oscal_catalog import framework_from_catalog
from studio_compliance.importing.oscal_profile import resolve_profile
from studio_compliance.importing.studio_form import PROBLEMS_SHOWN, located
from studio_kernel.frameworks import Control, Framework, FrameworkError, framework_from_document

FORMATS = ("studio", "oscal-catalog", "oscal-profile", "csv")
FRAMEWORK_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")

# Studio's form has a list of tables in a list of tables; the parser's own memory ends with a few thousand more.
_DEEPEST = 20
_MOST_CONTROLS = 20_000
_LONGEST = {"number": 200, "title": 2_000, "description": 100_000, "category": 200}
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Naming:
    """What a form that doesn't name its framework needs to be told; it goes before what the form says."""

    id: str = ""
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a definition. ``columns`` maps fields to headings of a CSV file; ``catalog`` is for a profile."""

    naming: Naming = field(default_factory=Naming)
    columns: Mapping[str, str] = field(default_factory=dict)
    catalog: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A framework that was read, with the form it came in; ``original`` is an OSCAL catalogue as it was given."""

    framework: Framework
    format: str
    original: str = ""


def read_definition(content: bytes, media_type: str, options: Options, source: str = "framework") -> Definition:
    """Read and check a definition; :class:`FrameworkError` lists what is wrong, with line or path, and the fix.

    ``media_type`` decides between CSV and the rest; JSON is YAML, and OSCAL is known by its first key.
    """
    text = _decoded(content, source)
    if media_type == "text/csv":
        naming = options.naming
        found = framework_from_csv(text, naming.id, naming.name, naming.version, options.columns, source)
        return Definition(_checked(found, source), "csv")
    document = _parsed(text, media_type, source)
    if isinstance(document, Mapping) and ("catalog" in document or "profile" in document):
        return _from_oscal(document, options, source)
    try:
        found = framework_from_document(document, source)
    except FrameworkError as error:
        raise FrameworkError(source, located(text, error.problems)) from None
    return Definition(_checked(_named(found, options.naming), source), "studio")


def _from_oscal(document: Mapping[str, Any], options: Options, source: str) -> Definition:
    form = "oscal-catalog"
    if "profile" in document:
        form, document = "oscal-profile", resolve_profile(document, options.catalog, source)
    naming = options.naming
    found = framework_from_catalog(document, naming.id, naming.name, naming.version, source)
    try:
        original = orjson.dumps(document).decode()
    except TypeError as error:
        # NOTE: YAML knows more than JSON does, and nothing may lie deeper than a few hundred lists and tables.
        raise FrameworkError(source, [f"file: can't be kept as JSON: {error}"]) from None
    return Definition(_checked(found, source), form, original)


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FrameworkError(source, [f"line {line}: is not UTF-8; save the file as UTF-8"]) from None


def _parsed(text: str, media_type: str, source: str) -> Any:
    # PERF: JSON is read as JSON; YAML would take twenty times as long for a catalogue of megabytes.
    if text.lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            if "yaml" not in media_type:
                problem = f"line {error.lineno}, column {error.colno}: is not JSON: {error.msg}"
                raise FrameworkError(source, [problem]) from None
    return _parsed_yaml(text, source)


def _parsed_yaml(text: str, source: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_bombs(yaml.parse(text, Loader=loader), source)
        return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, in C
    except FrameworkError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "file"
        raise FrameworkError(source, [f"{place}: is not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FrameworkError(source, [f"file: is not YAML: {str(error)[:200]}"]) from None


def _refuse_bombs(events: Iterable[Any], source: str) -> None:
    """APPSEC: a few lines of aliases can stand for more than the memory holds, and values are built by a recursion in
    C, which ends the process where it goes too deep."""
    import yaml

    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            problem = "aliases (*name) aren't taken; write the value out"
        elif isinstance(event, yaml.CollectionStartEvent) and depth == _DEEPEST:
            problem = f"lies too deep; at most {_DEEPEST} lists and tables may lie in one another"
        else:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            continue
        raise FrameworkError(source, [f"line {event.start_mark.line + 1}: {problem}"])


def _named(framework: Framework, naming: Naming) -> Framework:
    """With another name or version, if the caller gave one. The id stays: controls are known by it."""
    return replace(framework, name=naming.name or framework.name, version=naming.version or framework.version)


def _checked(framework: Framework, source: str) -> Framework:
    """What holds for every imported framework, whatever form it came in."""
    problems: list[str] = []
    if not FRAMEWORK_ID.match(framework.id):
        problems.append(
            f"id: {framework.id[:80]!r} can't be used; give 1 to 64 of a-z, 0-9, '.', '_' and '-', "
            "beginning with a letter or digit"
        )
    if len(framework.controls) > _MOST_CONTROLS:
        problems.append(f"controls: {len(framework.controls)} are more than the {_MOST_CONTROLS} that fit")
    for name, value in (("name", framework.name), ("version", framework.version)):
        if not value.strip() or len(value) > 200:
            problems.append(f"{name}: a text of 1 to 200 characters is needed")
    problems += [
        f"{place}: control characters aren't taken" for place, value in _texts(framework) if _FORBIDDEN.search(value)
    ]
    counts = Counter(each.id for each in framework.categories)
    problems += [f"categories: the id {each[:80]!r} stands {counts[each]} times" for each in counts if counts[each] > 1]
    problems += [problem for control in framework.controls for problem in _problems_of(control)]
    if problems:
        raise FrameworkError(source, problems[:PROBLEMS_SHOWN])
    return framework


def _problems_of(control: Control) -> Iterator[str]:
    for name, most in _LONGEST.items():
        value = getattr(control, name)
        if len(value) > most or _FORBIDDEN.search(value):
            yield f"controls ({control.number[:40]}).{name}: at most {most} characters, none of them control characters"


def _texts(framework: Framework) -> Iterator[tuple[str, str]]:
    """Every text with its place, but for those of :data:`_LONGEST`."""
    for name in ("name", "version", "publisher", "description"):
        yield name, getattr(framework, name)
    for number, category in enumerate(framework.categories):
        for name in ("id", "title", "description"):
            yield f"categories.{number}.{name}", getattr(category, name)
    for control in framework.controls:
        place = f"controls ({control.number[:40]})"
        yield from (
            (f"{place}.expected_evidence", f"{each.title}{each.description}") for each in control.expected_evidence
        )
        yield from ((f"{place}.identity", each) for each in (control.identity, *control.replaces))
