"""The stored score follows every change: computed once at the end of the transaction that changed something.

PERF: a change publishes many events (a review, its control, …); the score is computed once for all of them, as the
last thing before the commit, so whoever reads after the change sees it and nobody sees one without the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from studio_compliance import queries
from studio_compliance.assessment import Assessment
from studio_compliance.events import SCORE_CHANGED
from studio_compliance.formula import Score
from studio_compliance.models import ScoreHistoryRow, ScoreRow
from studio_kernel.clock import to_text
from studio_kernel.events import Event, Subscriber
from studio_kernel.jobs import JobRun, JobType
from studio_projects.api import PROJECT_DELETED, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# NOTE: `score.changed` is not among them: the score never answers to itself.
WATCHED = ("project.*", "control.*", "milestone.*", "evidence.*")
_FACT = "compliance.touched"


class Scorekeeper:
    """Keeps the tables of scores true."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._assessment = Assessment(platform)
        self._projects = Projects(platform)

    def subscribers(self) -> Sequence[Subscriber]:
        """One, inside the transaction of the change."""
        return (Subscriber("compliance.score", WATCHED, self.note, mode="in_transaction"),)

    def jobs(self) -> Sequence[JobType]:
        """Every hour: scores of projects that have none for the day yet."""
        summary = "Notes one score a project a day, also where only time passed"
        return (JobType("compliance.daily", self._daily, summary=summary, every=3600.0, max_attempts=3),)

    def note(self, event: Event) -> None:
        """Remember that a project changed; its score is computed before the transaction commits."""
        transaction = self._database.current
        if transaction is None or not event.project_id:
            return
        touched: dict[str, bool] | None = transaction.facts.get(_FACT)
        if touched is None:
            touched = transaction.facts[_FACT] = {}
            transaction.before_commit(self._settle)
        touched[event.project_id] = event.name != PROJECT_DELETED.name and touched.get(event.project_id, True)

    def _settle(self) -> None:
        transaction = self._database.current
        assert transaction is not None, "runs before the commit of a transaction"
        touched: dict[str, bool] = transaction.facts.pop(_FACT, {})
        for project_id in sorted(touched):
            if touched[project_id]:
                self.recalculate(project_id)
            else:
                self._forget(project_id)

    def recalculate(self, project_id: str) -> None:
        """Bring the stored score up to date, inside the open transaction; publishes ``score.changed`` if it moved."""
        self._hold(project_id)
        score = self._assessment.of(project_id, "").score
        parts = {part.name: round(float(part.value), 2) for part in score.parts}
        self._store(project_id, score, parts)

    def _hold(self, project_id: str) -> None:
        """One score of a project at a time, so that none is computed from half of what commits.

        NOTE: on PostgreSQL the project's own row is the lock (its score is written again before the commit). A lock
        of another name could be waited for by a change that holds that row, and each would wait for the other.
        """
        if self._database.dialect == "postgresql":
            self._projects.set_score(project_id, 0)

    def _store(self, project_id: str, score: Score, parts: dict[str, float]) -> None:
        now = to_text(self._platform.clock())
        today, text = now[:10], orjson.dumps(parts).decode()
        stored = self._database.row(queries.STORED, project_id=project_id)
        self._projects.set_score(project_id, score.overall)
        row = {"overall": score.overall, "parts": text, "calculated_at": now, "day": today}
        if stored is None:
            self._database.insert(ScoreRow, {"project_id": project_id, **row})
        elif (stored[0], stored[1], stored[3]) == (score.overall, text, today):
            return
        else:
            if (stored[0], stored[1]) == (score.overall, text):
                row["calculated_at"] = stored[2]
            self._database.update(ScoreRow, row, where={"project_id": project_id})
        self._note_day(project_id, today, score.overall, text)
        if stored is not None and stored[0] != score.overall:
            self._announce(project_id, stored[0], score.overall)

    def _note_day(self, project_id: str, day: str, overall: int, parts: str) -> None:
        key = {"project_id": project_id, "day": day}
        values = {"overall": overall, "parts": parts}
        if not self._database.update(ScoreHistoryRow, values, where=key):
            self._database.insert(ScoreHistoryRow, {**key, **values})

    def _announce(self, project_id: str, before: int, after: int) -> None:
        self._platform.events.publish(
            SCORE_CHANGED,
            resource_id=project_id,
            project_id=project_id,
            data={"score": {"project_id": project_id, "overall_score": after, "previous_score": before}},
        )

    def _forget(self, project_id: str) -> None:
        self._database.delete(ScoreRow, where={"project_id": project_id})
        self._database.delete(ScoreHistoryRow, where={"project_id": project_id})

    def _daily(self, run: JobRun) -> int:
        """How many projects were scored; each in a transaction of its own, so that nobody waits for all of them."""
        today = to_text(self._platform.clock())[:10]
        done = {row[0] for row in self._database.rows(queries.SCORED_ON, day=today)}
        waiting = [each for each in self._projects.ids() if each not in done]
        for number, project_id in enumerate(waiting):
            if run.is_cancelled():
                break
            with self._database.transaction():
                if self._projects.frameworks(project_id):
                    self.recalculate(project_id)
            run.report(100 * (number + 1) // len(waiting))
        return len(waiting)
