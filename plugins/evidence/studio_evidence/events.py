"""What the plugin announces. Every ``data`` carries ``evidence`` in the form that the API reference prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow
from marshmallow import fields

from studio_kernel.events import EventType


class EvidenceFacts(marshmallow.Schema):
    """The piece of evidence that an event is about. ``control_id`` is its first control."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    file_name = fields.String(required=True)
    project_id = fields.String(required=True)
    control_id = fields.String(required=True, allow_none=True)
    uploaded_by = fields.String(required=True)


class EvidenceHappened(marshmallow.Schema):
    """Something happened to a piece of evidence."""

    evidence = fields.Nested(EvidenceFacts, required=True)


class EvidenceVersioned(EvidenceHappened):
    """``version`` is the number of the new version, from 2 on."""

    version = fields.Integer(required=True)


class EvidenceUpdated(EvidenceHappened):
    """``changed`` names the fields that have another value now."""

    changed = fields.List(fields.String(), required=True)


class ReviewFacts(marshmallow.Schema):
    """A reviewer's decision on one version. ``score`` is from 0 to 100, null when none was given."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    reviewer_id = fields.String(required=True)
    decision = fields.String(required=True)
    score = fields.Integer(required=True, allow_none=True)
    status = fields.String(required=True)


class EvidenceReviewed(EvidenceHappened):
    """A review and the status that followed from it."""

    review = fields.Nested(ReviewFacts, required=True)


class EvidenceLink(EvidenceHappened):
    """``control_id`` is the control that was linked or unlinked."""

    control_id = fields.String(required=True)


class EvidenceExpired(EvidenceHappened):
    """``expires_at`` is the moment since when the evidence doesn't count any more."""

    expires_at = fields.String(required=True)


class EvidenceTextReady(EvidenceHappened):
    """``version`` is the number of the version that was read; ``characters`` is the length of its text, maybe 0."""

    version_id = fields.String(required=True)
    version = fields.Integer(required=True)
    characters = fields.Integer(required=True)


class AnalysisFacts(marshmallow.Schema):
    """A judgement on one version. ``quality_score`` is what counts: a reviewer's score, where there is one."""

    version = fields.Integer(required=True)
    score = fields.Integer(required=True)
    band = fields.String(required=True)
    text_state = fields.String(required=True)
    quality_score = fields.Integer(required=True)


class EvidenceAnalysed(EvidenceHappened):
    """What the analysis of quality said."""

    analysis = fields.Nested(AnalysisFacts, required=True)


_EXAMPLE: Mapping[str, Any] = {
    "evidence": {
        "id": "ev_1234567890",
        "title": "Security Policy v2.1",
        "file_name": "security_policy_v2.1.pdf",
        "project_id": "proj_1234567890",
        "control_id": "ctrl_1234567890",
        "uploaded_by": "user_1234567890",
    }
}

EVIDENCE_UPLOADED = EventType("evidence.uploaded", "A piece of evidence was uploaded.", EvidenceHappened, _EXAMPLE)
EVIDENCE_VERSIONED = EventType(
    "evidence.versioned",
    "A new version of a piece of evidence was uploaded; its review starts again.",
    EvidenceVersioned,
    {**_EXAMPLE, "version": 2},
)
EVIDENCE_UPDATED = EventType(
    "evidence.updated",
    "Title, description, tags, dates or review state of a piece of evidence changed.",
    EvidenceUpdated,
    {**_EXAMPLE, "changed": ["title"]},
)
EVIDENCE_REVIEWED = EventType(
    "evidence.reviewed",
    "A piece of evidence was approved, rejected, or sent back for changes.",
    EvidenceReviewed,
    {
        **_EXAMPLE,
        "review": {
            "id": "rev_1234567890",
            "version": 1,
            "reviewer_id": "user_2345678901",
            "decision": "approve",
            "score": 92,
            "status": "approved",
        },
    },
)
EVIDENCE_LINKED = EventType(
    "evidence.linked",
    "A piece of evidence now also serves another control.",
    EvidenceLink,
    {**_EXAMPLE, "control_id": "ctrl_2345678901"},
)
EVIDENCE_UNLINKED = EventType(
    "evidence.unlinked",
    "A piece of evidence no longer serves a control.",
    EvidenceLink,
    {**_EXAMPLE, "control_id": "ctrl_2345678901"},
)
EVIDENCE_DELETED = EventType(
    "evidence.deleted", "A piece of evidence was deleted with all its versions.", EvidenceHappened, _EXAMPLE
)
EVIDENCE_EXPIRED = EventType(
    "evidence.expired",
    "Approved evidence has reached the end of its time and counts no more.",
    EvidenceExpired,
    {**_EXAMPLE, "expires_at": "2025-01-15T10:30:00.000000Z"},
)
EVIDENCE_TEXT_READY = EventType(
    "evidence.text_ready",
    "The text of a version was read out of its file and can be searched and analysed.",
    EvidenceTextReady,
    {**_EXAMPLE, "version_id": "evv_1234567890", "version": 1, "characters": 18250},
)
EVIDENCE_ANALYSED = EventType(
    "evidence.analysed",
    "The quality of the current version of a piece of evidence was analysed.",
    EvidenceAnalysed,
    {
        **_EXAMPLE,
        "analysis": {"version": 1, "score": 92, "band": "excellent", "text_state": "extracted", "quality_score": 92},
    },
)
EVENT_TYPES = (
    EVIDENCE_UPLOADED,
    EVIDENCE_VERSIONED,
    EVIDENCE_UPDATED,
    EVIDENCE_REVIEWED,
    EVIDENCE_LINKED,
    EVIDENCE_UNLINKED,
    EVIDENCE_DELETED,
    EVIDENCE_EXPIRED,
    EVIDENCE_TEXT_READY,
    EVIDENCE_ANALYSED,
)
