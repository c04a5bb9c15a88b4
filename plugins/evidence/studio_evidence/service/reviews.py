"""Reviews: who may judge evidence, and what follows from a judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studio_evidence import queries
from studio_evidence.events import EVIDENCE_REVIEWED
from studio_evidence.models import ReviewRow
from studio_evidence.service.records import Record, Records
from studio_kernel.errors import Conflict, Forbidden
from studio_kernel.http.listing import ListRequest
from studio_kernel.ids import new_id
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform

DECISIONS = {"approve": "approved", "reject": "rejected", "request_changes": "in_review"}
"""Decisions and the status that follows: with changes requested, the review stays open."""


class Reviews:
    """Judging evidence."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._records = Records(platform)

    def add(self, principal: Principal, evidence_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Judge the current version; the last judgement decides the status.

        An approval starts the time after which the evidence expires. Its ``score``, when given, becomes the
        piece's ``quality_score`` for as long as the version is the current one: no analysis replaces it.

        :raises Forbidden: the reviewer uploaded one of the versions (setting ``evidence.separation_of_duties``).
        :raises Conflict: ``version`` isn't the current one any more, or ``valid_until`` has passed.
        """
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:review")
            self._check_duties(principal, record)
            if given["version"] not in (None, record.version):
                raise Conflict(
                    f"The current version is {record.version}, not {given['version']}; read it first",
                    details={"version": record.version},
                )
            review = self._write(principal, record, given)
            record = self._records.write(evidence_id, self._consequences(record, review))
            self._records.refresh_controls(record.project_id, record.controls)
            told = {name: review[name] for name in ("id", "version", "reviewer_id", "decision", "score")}
            self._records.publish(EVIDENCE_REVIEWED, record, review={**told, "status": record.status})
        return {**review, "status": record.status, "expires_at": record.expires_at}

    def list(self, principal: Principal, evidence_id: str, request: ListRequest) -> dict[str, Any]:
        """A part of the reviews of all versions, the latest first."""
        self._records.find(principal, evidence_id, "evidence:read")
        page = queries.REVIEWS.run(self._database, request, evidence_id=evidence_id)
        reviews = [dict(zip(queries.REVIEW_FIELDS, row, strict=True)) for row in page.rows]
        names = self._records.names({each["reviewer_id"] for each in reviews})
        reviews = [{**each, "reviewer_name": names.get(each["reviewer_id"], "")} for each in reviews]
        return {"reviews": reviews, "pagination": page.pagination}

    def _check_duties(self, principal: Principal, record: Record) -> None:
        if not self._records.settings.separation_of_duties:
            return
        if self._database.value(queries.UPLOADED_BY, evidence_id=record.id, user_id=principal.user_id):
            raise Forbidden(
                "Nobody reviews evidence that they uploaded themselves; somebody else must review it",
                details={"rule": "separation_of_duties"},
            )

    def _write(self, principal: Principal, record: Record, given: Mapping[str, Any]) -> dict[str, Any]:
        review = {
            "id": new_id("rev"),
            "evidence_id": record.id,
            "version": record.version,
            "reviewer_id": principal.user_id,
            "decision": given["decision"],
            "score": given["score"],
            "comment": given["comment"],
            "created_at": self._records.now(),
        }
        self._database.insert(ReviewRow, {**review, "project_id": record.project_id})
        return review

    def _consequences(self, record: Record, review: Mapping[str, Any]) -> dict[str, Any]:
        status = DECISIONS[review["decision"]]
        if status != "approved":
            return {"status": status, "approved_at": None, "expires_at": None, "expired": False}
        now = review["created_at"]
        if record.valid_until is not None and record.valid_until <= now:
            raise Conflict(
                "The evidence was valid until a time that has passed; change valid_until or add a new version",
                details={"valid_until": record.valid_until},
            )
        expires_at = self._records.expiry(now, record.controls, record.valid_until)
        values = {"status": status, "approved_at": now, "expires_at": expires_at, "expired": False}
        if review["score"] is not None:
            values |= {"quality_score": review["score"], "quality_source": "review"}
        return values
