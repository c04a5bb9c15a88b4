"""What other plugins may use of the plugin ``evidence``: its events and a way to read its library."""

from __future__ import annotations

from studio_evidence.events import (
    EVIDENCE_DELETED,
    EVIDENCE_EXPIRED,
    EVIDENCE_LINKED,
    EVIDENCE_REVIEWED,
    EVIDENCE_UNLINKED,
    EVIDENCE_UPDATED,
    EVIDENCE_UPLOADED,
    EVIDENCE_VERSIONED,
)
from studio_evidence.library import EvidenceLibrary, EvidenceRef, QualitySummary

__all__ = [
    "EVIDENCE_DELETED",
    "EVIDENCE_EXPIRED",
    "EVIDENCE_LINKED",
    "EVIDENCE_REVIEWED",
    "EVIDENCE_UNLINKED",
    "EVIDENCE_UPDATED",
    "EVIDENCE_UPLOADED",
    "EVIDENCE_VERSIONED",
    "EvidenceLibrary",
    "EvidenceRef",
    "QualitySummary",
]
