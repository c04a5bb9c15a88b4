"""Studio's own form of a framework: writing it, and finding the line of a problem in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from studio_kernel.frameworks import Control, Framework

PROBLEMS_SHOWN = 50


def document_of(framework: Framework) -> dict[str, Any]:
    """A framework as a document that reads back to the same framework; what has its usual value is left out."""
    document: dict[str, Any] = {
        "studio_framework": 1,
        "id": framework.id,
        "name": framework.name,
        "version": framework.version,
    }
    if framework.publisher:
        document["publisher"] = framework.publisher
    if framework.description:
        document["description"] = framework.description
    document["categories"] = [
        {"id": each.id, "title": each.title, **({"description": each.description} if each.description else {})}
        for each in framework.categories
    ]
    document["controls"] = [_control(each) for each in framework.controls]
    return document


def _control(control: Control) -> dict[str, Any]:
    shown: dict[str, Any] = {"number": control.number, "title": control.title, "category": control.category}
    # NOTE: without an identity, what a control replaces would be taken for it.
    if control.identity and (control.identity != control.number or control.replaces):
        shown["identity"] = control.identity
    if control.replaces:
        shown["replaces"] = list(control.replaces)
    if control.description:
        shown["description"] = control.description
    if control.priority != "medium":
        shown["priority"] = control.priority
    if control.renewal_days != 365:
        shown["renewal_days"] = control.renewal_days
    if control.expected_evidence:
        shown["expected_evidence"] = [
            {"title": each.title, **({"description": each.description} if each.description else {})}
            for each in control.expected_evidence
        ]
    if control.references:
        shown["references"] = list(control.references)
    return shown


def yaml_of(framework: Framework) -> str:
    """The document as YAML, in the order of its fields."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(document_of(framework), Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def located(text: str, problems: Sequence[str]) -> list[str]:
    """The first problems, each with the line of the text where it stands."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        root = None
    shown = [_with_line(root, problem) for problem in problems[:PROBLEMS_SHOWN]]
    left = len(problems) - len(shown)
    return [*shown, f"file: and {left} more problems"] if left else shown


def _with_line(root: Any, problem: str) -> str:
    place, _, _ = problem.partition(": ")
    line = _line(root, [part for part in re.sub(r" \([^)]*\)", "", place).split(".") if part])
    return f"{problem} (line {line})" if line else problem


def _line(node: Any, path: Sequence[str]) -> int:
    """The line of the innermost part of the path that is there; 0 without any."""
    import yaml

    line = 0
    for part in path:
        following = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == part:
                    line, following = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            following = node.value[int(part)]
            line = following.start_mark.line + 1
        if following is None:
            break
        node = following
    return line
