"""The quality of evidence over HTTP."""

from __future__ import annotations

from typing import Any

from studio_evidence import schemas
from studio_evidence.service.analysis import Analysis
from studio_kernel.errors import Conflict, Forbidden, NotFound
from studio_kernel.http.jobs import JobState
from studio_kernel.http.operations import Answer, Call, operation

_QUALITY = "/api/v1/evidence/{evidence_id}/quality"


class QualityResource:
    """What is known of the quality of a piece."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    @operation(
        "evidence.quality",
        "GET",
        _QUALITY,
        summary="Show the quality of evidence",
        permission="evidence:read",
        scope="evidence:read",
        response=schemas.QualityView,
        errors=(NotFound,),
    )
    def show(self, call: Call) -> Any:
        """The score, its band, where it comes from, and each check of the analysis with what would raise it."""
        return self._analysis.show(call.principal, call.path["evidence_id"])

    @operation(
        "evidence.analyse",
        "POST",
        _QUALITY,
        summary="Analyse the quality of evidence again",
        permission="evidence:update",
        scope="evidence:write",
        response=JobState,
        status=202,
        errors=(NotFound, Forbidden, Conflict),
    )
    def analyse(self, call: Call) -> Answer:
        """A background job does it; the answer is that job. It needs no body."""
        job = self._analysis.order(call.principal, call.path["evidence_id"])
        return Answer(job, location=f"/api/v1/jobs/{job['id']}")
