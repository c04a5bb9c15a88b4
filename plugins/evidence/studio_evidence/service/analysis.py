"""Analysis of quality: a job that judges the current version and notes what it found."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import orjson

from studio_evidence import queries
from studio_evidence.events import (
    EVIDENCE_ANALYSED,
    EVIDENCE_LINKED,
    EVIDENCE_UNLINKED,
    EVIDENCE_UPDATED,
)
from studio_evidence.models import AnalysisRow
from studio_evidence.quality.facts import WEIGHTS, Check, Facts, Judgement, ServedControl, TextState, quality_band
from studio_evidence.quality.rubric import judge, part_score
from studio_evidence.service.analysers import Analysers
from studio_evidence.service.records import Record, Records
from studio_evidence.service.refinements import Refinements
from studio_evidence.texts import ExtractedTexts
from studio_kernel.clock import from_text
from studio_kernel.errors import NotFound
from studio_kernel.events import Event, Subscriber
from studio_kernel.jobs import JobRun, JobType, RetryLater
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform

ANALYSE = "evidence.analyse"
_TRIGGERS = (EVIDENCE_UPDATED, EVIDENCE_LINKED, EVIDENCE_UNLINKED)


def order_analysis(platform: Platform, evidence_id: str, project_id: str, owner_id: str) -> str:
    """Have the current version analysed in the background; the id of the job, which ``owner_id`` may see."""
    return platform.jobs.enqueue(
        ANALYSE,
        {"evidence_id": evidence_id},
        order_key=f"{ANALYSE}:{evidence_id}",
        project_id=project_id,
        owner_id=owner_id,
    )


class Analysis:
    """Judges evidence. A reviewer's score stays above the analysis: it is never replaced by it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._records = Records(platform)
        self._analysers = Analysers(platform)
        self._refinements = Refinements(platform)
        self._texts = ExtractedTexts(platform)

    # -- for callers ----------------------------------------------------------------------------------

    def show(self, principal: Principal, evidence_id: str) -> dict[str, Any]:
        """The score that counts, where it comes from, the analysis of the current version, and what refines it."""
        record = self._records.find(principal, evidence_id, "evidence:read")
        analysis = self._noted(record)
        source = record.quality_source or "none"
        return {
            "evidence_id": record.id,
            "version": record.version,
            "quality_score": record.quality_score,
            "band": quality_band(record.quality_score) if source != "none" else None,
            "source": source,
            "analyzed": analysis is not None,
            "message": _message(source, analysis is not None),
            "review_score": record.quality_score if source == "review" else None,
            "analysis": analysis,
            "refinements": self._refinements.of(record),
        }

    def order(self, principal: Principal, evidence_id: str) -> dict[str, Any]:
        """Have the current version analysed again; the job. ``Conflict`` in an archived project."""
        with self._database.transaction():
            record = self._records.find_for_change(principal, evidence_id, "evidence:update")
            return self._platform.jobs.show(
                order_analysis(self._platform, record.id, record.project_id, principal.user_id)
            )

    # -- in the background ----------------------------------------------------------------------------

    def subscriber(self) -> Subscriber:
        """Whatever the rubric looks at changed: another analysis follows. A new text has one follow by itself."""
        return Subscriber(
            "evidence.analysis", tuple(each.name for each in _TRIGGERS), self._follow, mode="in_transaction"
        )

    def job(self) -> JobType:
        """The work itself."""
        return JobType(ANALYSE, self._run, summary="Judges the quality of evidence on the rubric", max_attempts=5)

    def _follow(self, event: Event) -> None:
        order_analysis(self._platform, event.resource_id, event.project_id, event.actor_id)

    def _run(self, run: JobRun) -> dict[str, Any] | None:
        try:
            record = self._records.read(run.arguments["evidence_id"])
        except NotFound:
            # NOTE: deleted meanwhile.
            return None
        now = self._platform.clock().replace(hour=0, minute=0, second=0, microsecond=0)
        read = self._texts.current(record.id)
        if read is None or read.state == "pending":
            # NOTE: the reading of the text has an analysis follow, however it ends.
            return None
        run.report(50)
        facts = self._facts(record, read.text, cast("TextState", read.outcome), now)
        judgement = judge(facts, self._analysers.checks(facts))
        run.report(90)
        return self._settle(facts, judgement, record.id, read.number)

    def _settle(self, facts: Facts, judgement: Judgement, evidence_id: str, version: int) -> dict[str, Any] | None:
        """Note a judgement, if the piece is still as it was judged."""
        with self._database.transaction():
            try:
                record = self._records.read(evidence_id)
                self._records.begin(record.project_id)
                record = self._records.read(evidence_id)
            except NotFound:
                return None
            if record.version != version or self._facts(record, facts.text, facts.text_state, facts.now) != facts:
                raise RetryLater(1.0, "the evidence changed while it was analysed")
            self._note(record, facts, judgement)
        return {"evidence_id": evidence_id, "version": version, "score": judgement.score}

    def _note(self, record: Record, facts: Facts, judgement: Judgement) -> None:
        key = {"evidence_id": record.id, "version": record.version}
        self._database.delete(AnalysisRow, where=key)
        found = {
            "project_id": record.project_id,
            "score": judgement.score,
            "checks": [asdict(check) for check in judgement.checks],
            "text_state": facts.text_state,
            "analyzed_at": self._records.now(),
        }
        self._database.insert(AnalysisRow, {**key, **found})
        values = {"quality_score": judgement.score, "quality_source": "analysis"}
        if record.quality_source != "review" and any(getattr(record, name) != each for name, each in values.items()):
            record = self._records.write(record.id, values)
        told = {"version": record.version, "score": judgement.score, "band": quality_band(judgement.score)}
        shown = {**told, "text_state": facts.text_state, "quality_score": record.quality_score}
        self._records.publish(EVIDENCE_ANALYSED, record, analysis=shown)

    def _facts(self, record: Record, text: str, state: TextState, now: datetime) -> Facts:
        found = [self._platform.frameworks.control(each) for each in record.controls]
        key = {"evidence_id": record.id, "number": record.version}
        uploaded_at = str(self._database.value(queries.VERSION_UPLOADED_AT, **key))
        return Facts(
            title=record.title,
            description=record.description,
            tags=tuple(orjson.loads(record.tags)),
            kind=record.kind,
            content_type=record.content_type,
            file_size=record.file_size,
            uploaded_at=from_text(uploaded_at),
            period_start=_moment(record.period_start),
            period_end=_moment(record.period_end),
            valid_until=_moment(record.valid_until),
            controls=tuple(
                ServedControl(each.title, tuple(wanted.title for wanted in each.expected_evidence), each.renewal_days)
                for each in found
                if each is not None
            ),
            text=text,
            text_state=state,
            renewal_days=self._records.settings.default_renewal_days,
            now=now,
        )

    def _noted(self, record: Record) -> dict[str, Any] | None:
        row = self._database.row(queries.ANALYSIS, evidence_id=record.id, version=record.version)
        return None if row is None else _shown(*row)


def _shown(score: int, checks: str, text_state: str, analyzed_at: str) -> dict[str, Any]:
    found = [Check(**each) for each in orjson.loads(checks)]
    parts = {part: round(float(part_score(part, found)), 2) for part in WEIGHTS}
    return {
        "score": score,
        "band": quality_band(score),
        "text_state": text_state,
        "analyzed_at": analyzed_at,
        "parts": parts,
        "checks": [asdict(check) for check in found],
    }


def _message(source: str, analyzed: bool) -> str:
    if source == "review":
        return "The score is a reviewer's; the analysis is shown beside it" if analyzed else "The score is a reviewer's"
    return "The score is that of the analysis" if analyzed else "Not analyzed yet: quality_score is 0 until then"


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_text(text)
