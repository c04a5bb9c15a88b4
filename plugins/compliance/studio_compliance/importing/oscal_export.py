"""A framework as an OSCAL catalogue: categories as groups, expected evidence as what an assessor examines."""

from __future__ import annotations

import re
import uuid
from typing import Any

from studio_kernel.frameworks import Category, Control, Framework

OSCAL_VERSION = "1.1.2"
NAMESPACE = uuid.UUID("5a6e5b0e-6d0c-5f0e-9d3a-6c1d5b8c2f41")
"""Names below it give the same UUID for the same thing, on every install."""


def catalog_of(framework: Framework, moment: str) -> dict[str, Any]:
    """``{"catalog": …}``; ``moment`` (RFC 3339) is when it was written. It reads back to the same controls."""
    ids = oscal_ids(framework)
    metadata: dict[str, Any] = {
        "title": framework.name,
        "last-modified": moment,
        "version": framework.version,
        "oscal-version": OSCAL_VERSION,
    }
    if framework.publisher:
        party = {"uuid": named_uuid("party", framework.publisher), "type": "organization", "name": framework.publisher}
        metadata["parties"] = [party]
    if framework.description:
        metadata["remarks"] = framework.description
    return {
        "catalog": {
            "uuid": named_uuid("catalog", framework.id, framework.version),
            "metadata": metadata,
            "groups": [_group(each, framework, ids) for each in framework.categories],
        }
    }


def oscal_ids(framework: Framework) -> dict[str, str]:
    """An OSCAL token for each control's number: ``AC-2(1)`` becomes ``ac-2.1``, as NIST writes it."""
    taken: set[str] = set()
    ids: dict[str, str] = {}
    for control in framework.controls:
        token = wanted = token_of(control.number)
        step = 2
        while token in taken:
            token, step = f"{wanted}-{step}", step + 1
        taken.add(token)
        ids[control.number] = token
    return ids


def token_of(text: str) -> str:
    """Text as an OSCAL token: a letter or underscore, then letters, digits, ``.``, ``_`` and ``-``."""
    token = re.sub(r"\((\w+)\)", r".\1", text.strip().lower())
    token = re.sub(r"[^\w.-]+", "-", token).strip("-.")
    return token if token[:1].isalpha() or token[:1] == "_" else f"c-{token or 'x'}"


def named_uuid(*parts: str) -> str:
    """A UUID that is the same for the same parts."""
    return str(uuid.uuid5(NAMESPACE, "\0".join(parts)))


def _group(category: Category, framework: Framework, ids: dict[str, str]) -> dict[str, Any]:
    group: dict[str, Any] = {"id": token_of(category.id), "title": category.title}
    if category.description:
        group["parts"] = [{"name": "overview", "prose": category.description}]
    controls = [_control(each, ids) for each in framework.controls if each.category == category.id]
    return group | ({"controls": controls} if controls else {})


def _control(control: Control, ids: dict[str, str]) -> dict[str, Any]:
    token = ids[control.number]
    shown: dict[str, Any] = {
        "id": token,
        "title": control.title,
        "props": [
            {"name": "label", "value": control.number.strip()},
            {"name": "priority", "value": control.priority, "ns": "https://studio-platform.example/ns/oscal"},
        ],
    }
    if control.references:
        shown["links"] = [{"href": f"#{ids[each]}", "rel": "related"} for each in control.references]
    parts: list[dict[str, Any]] = []
    if control.description:
        parts.append({"id": f"{token}_smt", "name": "statement", "prose": control.description})
    if control.expected_evidence:
        objects = "\n\n".join(each.title for each in control.expected_evidence)
        parts.append(
            {
                "id": f"{token}_asm-examine",
                "name": "assessment-method",
                "props": [{"name": "method", "value": "EXAMINE"}],
                "parts": [{"name": "assessment-objects", "prose": objects}],
            }
        )
    return shown | ({"parts": parts} if parts else {})
