"""What other plugins may use of the plugin ``evidence``: its events, and ways to read and carry what it holds."""

from __future__ import annotations

from studio_evidence.events import (
    EVIDENCE_ANALYSED,
    EVIDENCE_DELETED,
    EVIDENCE_EXPIRED,
    EVIDENCE_LINKED,
    EVIDENCE_REVIEWED,
    EVIDENCE_TEXT_READY,
    EVIDENCE_UNLINKED,
    EVIDENCE_UPDATED,
    EVIDENCE_UPLOADED,
    EVIDENCE_VERSIONED,
)
from studio_evidence.extraction.extractors import Extractor, Part, Unreadable
from studio_evidence.handover import Content, EvidenceContents, EvidenceDeposit, Piece
from studio_evidence.holdings import EvidenceHoldings, HeldReview, HeldVersion
from studio_evidence.library import EvidenceLibrary, EvidenceRef, Hand, QualitySummary
from studio_evidence.quality.facts import Analyser, Check, Facts, ServedControl
from studio_evidence.quality.refinements import Citation, Refinement, RefinementSource
from studio_evidence.service.carrying import EvidenceCarrying, Moved
from studio_evidence.texts import ExtractedTexts, TextPassage, VersionText

__all__ = [
    "EVIDENCE_ANALYSED",
    "EVIDENCE_DELETED",
    "EVIDENCE_EXPIRED",
    "EVIDENCE_LINKED",
    "EVIDENCE_REVIEWED",
    "EVIDENCE_TEXT_READY",
    "EVIDENCE_UNLINKED",
    "EVIDENCE_UPDATED",
    "EVIDENCE_UPLOADED",
    "EVIDENCE_VERSIONED",
    "Analyser",
    "Check",
    "Citation",
    "Content",
    "EvidenceCarrying",
    "EvidenceContents",
    "EvidenceDeposit",
    "EvidenceHoldings",
    "EvidenceLibrary",
    "EvidenceRef",
    "ExtractedTexts",
    "Extractor",
    "Facts",
    "Hand",
    "HeldReview",
    "HeldVersion",
    "Moved",
    "Part",
    "Piece",
    "QualitySummary",
    "Refinement",
    "RefinementSource",
    "ServedControl",
    "TextPassage",
    "Unreadable",
    "VersionText",
]
