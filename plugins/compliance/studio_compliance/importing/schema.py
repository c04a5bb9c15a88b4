"""The published JSON Schema of Studio's form of a framework."""

from __future__ import annotations

from typing import Any

from studio_kernel.frameworks import PRIORITIES

_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1, "pattern": r"\S"}
_TEXTS = {"type": "array", "items": {"type": "string"}}


def framework_schema() -> dict[str, Any]:
    """JSON Schema 2020-12. Rules that go across parts, such as unique numbers, are checked at import."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Studio framework",
        "description": "A compliance framework: categories, controls, and the evidence that each control expects.",
        "type": "object",
        "additionalProperties": False,
        "required": ["studio_framework", "id", "name", "version", "categories", "controls"],
        "properties": {
            "studio_framework": {"const": 1, "description": "The version of this form."},
            "id": {**_NAME, "description": "Lasting id; control ids are derived from it."},
            "name": _NAME,
            "version": {**_NAME, "description": "As the publisher calls it, in quotes."},
            "publisher": _TEXT,
            "description": _TEXT,
            "categories": {"type": "array", "minItems": 1, "items": _category()},
            "controls": {"type": "array", "minItems": 1, "items": _control()},
        },
    }


def _category() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "title"],
        "properties": {"id": _NAME, "title": _NAME, "description": _TEXT},
    }


def _control() -> dict[str, Any]:
    expected = {
        "type": "object",
        "additionalProperties": False,
        "required": ["title"],
        "properties": {"title": _NAME, "description": _TEXT},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["number", "title", "category"],
        "properties": {
            "number": {**_NAME, "description": "As the standard numbers it, in quotes."},
            "title": _NAME,
            "description": _TEXT,
            "category": {**_NAME, "description": "Id of one of the categories."},
            "priority": {"enum": list(PRIORITIES), "default": "medium"},
            "renewal_days": {"type": "integer", "minimum": 1, "maximum": 3650, "default": 365},
            "expected_evidence": {"type": "array", "items": expected},
            "references": {**_TEXTS, "description": "Numbers of related controls of this framework."},
            "identity": {**_TEXT, "description": "The number it had at first, when it was renumbered since."},
            "replaces": {**_TEXTS, "description": "Numbers of the version before that it took the place of."},
        },
    }
