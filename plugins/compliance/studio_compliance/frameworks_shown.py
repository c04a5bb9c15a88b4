"""Frameworks as the API shows them."""

from __future__ import annotations

from typing import Any

from studio_kernel.frameworks import Control, Framework


def summary_of(framework: Framework) -> dict[str, Any]:
    """A framework as it stands in the list."""
    return _head(framework) | {"controls": [_control(control) for control in framework.controls]}


def detail_of(framework: Framework) -> dict[str, Any]:
    """A framework with its controls in full."""
    return _head(framework) | {"controls": [_control_in_full(control) for control in framework.controls]}


def _head(framework: Framework) -> dict[str, Any]:
    return {
        "id": framework.id,
        "name": framework.name,
        "description": framework.description,
        "version": framework.version,
        "publisher": framework.publisher,
        "categories": [
            {"id": each.id, "title": each.title, "description": each.description} for each in framework.categories
        ],
    }


def _control(control: Control) -> dict[str, Any]:
    return {"id": control.id, "number": control.number, "title": control.title, "category": control.category}


def _control_in_full(control: Control) -> dict[str, Any]:
    return _control(control) | {
        "description": control.description,
        "priority": control.priority,
        "renewal_days": control.renewal_days,
        "expected_evidence": [
            {"title": each.title, "description": each.description} for each in control.expected_evidence
        ],
        "references": list(control.references),
    }
