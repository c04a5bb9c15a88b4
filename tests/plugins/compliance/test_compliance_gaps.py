"""What counts as a gap, and what evidence covers."""

from __future__ import annotations

import pytest

from studio_compliance.gaps import gap_severity, missing_evidence
from studio_evidence.api import EvidenceRef
from studio_kernel.frameworks import Control, ExpectedEvidence


def piece(title: str, *, status: str = "approved", is_current: bool = True, file_name: str = "x.pdf") -> EvidenceRef:
    return EvidenceRef(
        id="ev_1",
        title=title,
        file_name=file_name,
        project_id="proj_1",
        control_ids=("ctrl_1",),
        status=status,
        quality_score=80,
        uploaded_by="user_1",
        uploaded_at="",
        expires_at=None,
        is_current=is_current,
    )


CONTROL = Control("f", "1", "t", "", "c", expected_evidence=(ExpectedEvidence("Access reviews"),))


@pytest.mark.parametrize(
    ("priority", "not_started", "in_progress"),
    [
        ("critical", "critical", "moderate"),
        ("high", "critical", "moderate"),
        ("medium", "moderate", "minor"),
        ("low", "minor", "minor"),
    ],
)
def test_severity_follows_priority_and_state(priority: str, not_started: str, in_progress: str) -> None:
    assert gap_severity(priority, "not_started") == not_started
    assert gap_severity(priority, "in_progress") == in_progress


@pytest.mark.parametrize("title", ["Access Review Q3", "review of access, March", "ACCESS REVIEWS"])
def test_evidence_named_after_the_expected_one_covers_it(title: str) -> None:
    assert missing_evidence(CONTROL, [piece(title)]) == []


def test_the_file_name_counts_too() -> None:
    assert missing_evidence(CONTROL, [piece("Q3", file_name="access_review_q3.xlsx")]) == []


@pytest.mark.parametrize(
    "held",
    [piece("Access list"), piece("Access reviews", status="pending"), piece("Access reviews", is_current=False)],
)
def test_other_names_and_evidence_that_does_not_count_cover_nothing(held: EvidenceRef) -> None:
    assert missing_evidence(CONTROL, [held]) == ["Access reviews"]


@pytest.mark.parametrize(("title", "other"), [("Πολιτική πρόσβασης", "Μητρώο"), ("アクセス方針", "台帳")])
def test_words_of_every_script_tell_evidence_apart(title: str, other: str) -> None:
    control = Control("f", "1", "t", "", "c", expected_evidence=(ExpectedEvidence(title),))
    assert missing_evidence(control, [piece(other)]) == [title]
    assert missing_evidence(control, [piece(f"{title} 2026")]) == []
