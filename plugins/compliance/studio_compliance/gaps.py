"""Gaps: applicable controls that aren't complete (product rules, Gaps)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from studio_compliance.formula import COMPLETE, NOT_APPLICABLE, NOT_STARTED
from studio_evidence.api import EvidenceRef
from studio_kernel.frameworks import Control, ExpectedEvidence, FrameworkRegistry
from studio_projects.api import ProjectControl

SEVERITIES = ("critical", "moderate", "minor")

_WORDS = re.compile(r"[^\W_]+")
# Words that say nothing about what a document is.
_EMPTY_WORDS = frozenset(("a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with"))


@dataclass(frozen=True, slots=True)
class Gap:
    """A control that isn't complete; ``missing`` are titles of expected evidence that nothing current covers."""

    control: ProjectControl
    severity: str
    missing: list[str]


def gap_severity(priority: str, status: str) -> str:
    """How much a gap matters.

    ``critical``: critical or high priority and not started. ``moderate``: the same priorities in progress, and
    medium not started. ``minor``: the rest.
    """
    if priority in ("critical", "high"):
        return "critical" if status == NOT_STARTED else "moderate"
    return "moderate" if priority == "medium" and status == NOT_STARTED else "minor"


def find_gaps(
    controls: Sequence[ProjectControl], evidence: Iterable[EvidenceRef], frameworks: FrameworkRegistry
) -> list[Gap]:
    """The gaps among ``controls``, the most severe first, else in the order of the framework.

    ``evidence`` serves them, or controls that are mapped to them.
    """
    shown: dict[str, list[EvidenceRef]] = {}
    for piece in evidence:
        for control_id in piece.control_ids:
            shown.setdefault(control_id, []).append(piece)
    gaps = [
        Gap(control, gap_severity(control.priority, control.status), _missing(control, shown, frameworks))
        for control in controls
        if control.status not in (COMPLETE, NOT_APPLICABLE)
    ]
    return sorted(gaps, key=lambda gap: SEVERITIES.index(gap.severity))


def _missing(
    control: ProjectControl, shown: Mapping[str, Sequence[EvidenceRef]], frameworks: FrameworkRegistry
) -> list[str]:
    served = (control.control_id, *(via["control_id"] for via in control.via))
    held = [piece for each in served for piece in shown.get(each, ())]
    return missing_evidence(frameworks.control(control.control_id), held)


def missing_evidence(definition: Control | None, evidence: Iterable[EvidenceRef]) -> list[str]:
    """Titles of expected evidence that no current, approved piece covers.

    A piece covers what it is named after: every significant word of the expected title stands in the piece's title
    or file name, in singular or plural. Evidence under another name is not recognised; a person's judgement of the
    control (its status) goes before.
    """
    if definition is None:
        return []
    held = [_significant(f"{each.title} {each.file_name}") for each in evidence if _counts(each)]
    return [each.title for each in definition.expected_evidence if not _covered(each, held)]


def _counts(piece: EvidenceRef) -> bool:
    return piece.status == "approved" and piece.is_current


def _covered(expected: ExpectedEvidence, held: Sequence[frozenset[str]]) -> bool:
    wanted = _significant(expected.title)
    return any(wanted <= words for words in held)


def _significant(text: str) -> frozenset[str]:
    words = _WORDS.findall(text.casefold().replace("policies", "policy"))
    return frozenset(word.removesuffix("s") for word in words if word not in _EMPTY_WORDS)
