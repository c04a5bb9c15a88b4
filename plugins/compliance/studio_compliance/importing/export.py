"""Frameworks as files: Studio YAML and JSON, OSCAL, CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from studio_compliance.cells import csv_bytes
from studio_compliance.importing.csv_table import csv_of
from studio_compliance.importing.library import FrameworkLibrary
from studio_compliance.importing.oscal_catalog import identify, ids_of
from studio_compliance.importing.oscal_export import catalog_of, oscal_ids
from studio_compliance.importing.studio_form import document_of, yaml_of
from studio_kernel.clock import to_text
from studio_kernel.errors import NotFound
from studio_kernel.frameworks import Framework

if TYPE_CHECKING:
    from studio_kernel.app import Platform

EXPORTS = ("yaml", "json", "oscal", "csv")


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file ready to be handed out."""

    name: str
    media_type: str
    content: bytes


def exported(platform: Platform, framework_id: str, form: str) -> MadeFile:
    """A framework in one of :data:`EXPORTS`; :class:`NotFound` without such a framework."""
    framework = platform.frameworks.get(framework_id)
    if framework is None:
        raise NotFound(f"There is no framework {framework_id}")
    makers: dict[str, Callable[[], MadeFile]] = {
        "yaml": lambda: _file(framework, "yaml", "application/yaml", yaml_of(framework).encode()),
        "json": lambda: _file(framework, "json", "application/json", _json(document_of(framework))),
        "csv": lambda: _file(framework, "csv", "text/csv; charset=utf-8", csv_bytes(csv_of(framework))),
        "oscal": lambda: _oscal(platform, framework),
    }
    return makers[form]()


def catalogue_ids(platform: Platform, framework: Framework) -> Mapping[str, str]:
    """The ids that controls have where the framework is exported as OSCAL, by number."""
    original = _original(platform, framework)
    return oscal_ids(framework) if original is None else ids_of(original)


def _oscal(platform: Platform, framework: Framework) -> MadeFile:
    document = _original(platform, framework)
    if document is None:
        document = catalog_of(framework, to_text(platform.clock()))
    else:
        identify(document, framework)
    return _file(framework, "oscal.json", "application/json", _json(document))


def _original(platform: Platform, framework: Framework) -> Mapping[str, Any] | None:
    """The catalogue that an imported framework was made from."""
    if platform.claims.owner("framework", framework.id):
        return None
    return FrameworkLibrary(platform).original(framework.id)


def _json(document: object) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _file(framework: Framework, suffix: str, media_type: str, content: bytes) -> MadeFile:
    return MadeFile(f"{framework.id}.{suffix}", media_type, content)
