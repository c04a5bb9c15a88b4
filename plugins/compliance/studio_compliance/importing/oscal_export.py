"""A framework as an OSCAL catalogue: categories as groups, expected evidence as what an assessor examines.

What OSCAL has no word for stands in properties and parts of the platform's own namespace (:data:`OWN`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from studio_kernel.frameworks import Category, Control, Framework

OSCAL_VERSION = "1.1.2"
OWN = "https://studio-platform.example/ns/oscal"
"""The namespace of properties and parts that only Studio Platform knows."""
NAMESPACE = uuid.UUID("5a6e5b0e-6d0c-5f0e-9d3a-6c1d5b8c2f41")
"""Names below it give the same UUID for the same thing, on every install."""


def catalog_of(framework: Framework, moment: str) -> dict[str, Any]:
    """``{"catalog": …}``; ``moment`` (RFC 3339) is when it was written. It reads back to the same framework."""
    ids = oscal_ids(framework)
    groups = dict(zip(framework.categories, _tokens([each.id for each in framework.categories]), strict=True))
    shown = {each: _control(each, ids) for each in framework.controls}
    if not _is_grouped(framework):
        for place, each in enumerate(framework.controls):
            shown[each]["props"].append(own_property("position", str(place)))
    metadata: dict[str, Any] = {
        "title": framework.name,
        "last-modified": moment,
        "version": framework.version,
        "oscal-version": OSCAL_VERSION,
        "props": [own_property("framework-id", framework.id)],
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
            "groups": [
                _group(each, token, [shown[control] for control in framework.controls if control.category == each.id])
                for each, token in groups.items()
            ],
        }
    }


def oscal_ids(framework: Framework) -> dict[str, str]:
    """An OSCAL token for each control's number: ``AC-2(1)`` becomes ``ac-2.1``, as NIST writes it."""
    numbers = [control.number for control in framework.controls]
    return dict(zip(numbers, _tokens(numbers), strict=True))


def _tokens(texts: Sequence[str]) -> list[str]:
    """A token for each, no two alike."""
    tokens: dict[str, None] = {}
    for text in texts:
        token = wanted = token_of(text)
        step = 2
        while token in tokens:
            token, step = f"{wanted}-{step}", step + 1
        tokens[token] = None
    return list(tokens)


def token_of(text: str) -> str:
    """Text as an OSCAL token: a letter or underscore, then letters, digits, ``.``, ``_`` and ``-``."""
    token = re.sub(r"\((\w+)\)", r".\1", text.strip().lower())
    token = re.sub(r"[^\w.-]+", "-", token).strip("-.")
    return token if token[:1].isalpha() or token[:1] == "_" else f"c-{token or 'x'}"


def named_uuid(*parts: str) -> str:
    """A UUID that is the same for the same parts."""
    return str(uuid.uuid5(NAMESPACE, "\0".join(parts)))


def own_property(name: str, value: str) -> dict[str, str]:
    """A property of the platform's own namespace."""
    return {"name": name, "ns": OWN, "value": value}


def _is_grouped(framework: Framework) -> bool:
    """Whether its controls stand category by category, as they do in a catalogue."""
    places = {category.id: place for place, category in enumerate(framework.categories)}
    order = [places.get(control.category, -1) for control in framework.controls]
    return order == sorted(order)


def _group(category: Category, token: str, controls: list[dict[str, Any]]) -> dict[str, Any]:
    group: dict[str, Any] = {"id": token, "title": category.title}
    if token != category.id:
        group["props"] = [own_property("category-id", category.id)]
    if category.description:
        group["parts"] = [{"name": "overview", "prose": category.description}]
    return group | ({"controls": controls} if controls else {})


def _control(control: Control, ids: dict[str, str]) -> dict[str, Any]:
    token = ids[control.number]
    label = {"name": "label", "value": control.number.strip()}
    shown: dict[str, Any] = {"id": token, "title": control.title, "props": [label, *_own_properties(control)]}
    if control.references:
        shown["links"] = [{"href": f"#{ids[each]}", "rel": "related"} for each in control.references]
    parts = list(_parts(control, token))
    return shown | ({"parts": parts} if parts else {})


def _own_properties(control: Control) -> Iterator[dict[str, str]]:
    yield own_property("priority", control.priority)
    yield own_property("renewal-days", str(control.renewal_days))
    if control.identity:
        yield own_property("identity", control.identity)
    yield from (own_property("replaces", each) for each in control.replaces)


def _parts(control: Control, token: str) -> Iterator[dict[str, Any]]:
    if control.description:
        yield {"id": f"{token}_smt", "name": "statement", "prose": control.description}
    if not control.expected_evidence:
        return
    objects = "\n\n".join(each.title for each in control.expected_evidence)
    yield {
        "id": f"{token}_asm-examine",
        "name": "assessment-method",
        "props": [{"name": "method", "value": "EXAMINE"}],
        "parts": [{"name": "assessment-objects", "prose": objects}],
    }
    for each in control.expected_evidence:
        described = {"prose": each.description} if each.description else {}
        yield {"name": "expected-evidence", "ns": OWN, "title": each.title, **described}
