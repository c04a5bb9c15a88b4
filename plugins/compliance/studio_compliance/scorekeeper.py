"""The stored score follows every change: computed once at the end of the transaction that changed something.

PERF: a change publishes many events (a review, its control, …); the score is computed once for all of them, as the
last thing before the commit, so whoever reads after the change sees it and nobody sees one without the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from studio_compliance import queries
from studio_compliance.assessment import Assessment, rounded
from studio_compliance.crosswalk import Crosswalk
from studio_compliance.events import SCORE_CHANGED
from studio_compliance.formula import Score
from studio_compliance.holdings import Holdings
from studio_compliance.models import ScoreHistoryRow, ScoreRow
from studio_kernel.clock import to_text
from studio_kernel.events import Event, Subscriber
from studio_kernel.jobs import JobRun, JobType
from studio_kernel.storage.database import Row
from studio_projects.api import (
    CONTROL_CHANGED,
    FRAMEWORK_ATTACHED,
    FRAMEWORK_DETACHED,
    FRAMEWORK_UPGRADED,
    PROJECT_CREATED,
    PROJECT_DELETED,
    Projects,
)

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# NOTE: `score.changed` is not among them: the score never answers to itself.
WATCHED = ("project.*", "control.*", "milestone.*", "evidence.*", "framework.*")
RECOMPUTE = "compliance.recompute"
_TOUCHED, _SETTLING = "compliance.touched", "compliance.settling"
_REDRAWN = (FRAMEWORK_ATTACHED.name, FRAMEWORK_DETACHED.name, FRAMEWORK_UPGRADED.name)


@dataclass(slots=True)
class Touch:
    """What changed of a project in one transaction; ``redrawn`` when its set of controls is another now.

    ``created`` when the project itself is of this transaction, so that nothing is kept of it yet.
    """

    created: bool = False
    deleted: bool = False
    redrawn: bool = False
    pieces: set[str] = field(default_factory=set)
    controls: set[str] = field(default_factory=set)

    def add(self, event: Event) -> None:
        """Take one more event in."""
        self.created = self.created or event.name == PROJECT_CREATED.name
        self.deleted = self.deleted or event.name == PROJECT_DELETED.name
        self.redrawn = self.redrawn or event.name in _REDRAWN or event.name.startswith("framework.")
        if event.name.startswith("evidence."):
            self.pieces.add(event.resource_id)
        elif event.name.startswith("control."):
            self.controls.add(event.resource_id)


class Scorekeeper:
    """Keeps the tables of scores true."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._assessment = Assessment(platform)
        self._projects = Projects(platform)
        self._holdings = Holdings(platform)
        self._crosswalk = Crosswalk(platform)

    def subscribers(self) -> Sequence[Subscriber]:
        """One, inside the transaction of the change."""
        return (Subscriber("compliance.score", WATCHED, self.note, mode="in_transaction"),)

    def jobs(self) -> Sequence[JobType]:
        """Every hour: scores of projects that have none for the day yet."""
        daily = "Notes one score a project a day, also where only time passed"
        everything = "Makes what is kept of every project again, after the mappings became others"
        return (
            JobType("compliance.daily", self._daily, summary=daily, every=3600.0, max_attempts=3),
            JobType(RECOMPUTE, self._everything, summary=everything, timeout=3600.0, max_attempts=5),
        )

    def note(self, event: Event) -> None:
        """Remember what changed of a project; its score is computed before the transaction commits."""
        transaction = self._database.current
        if transaction is None or not event.project_id:
            return
        if transaction.facts.get(_SETTLING) and event.name == CONTROL_CHANGED.name:
            # NOTE: told by the crosswalk while the score is brought up to date, and part of it already.
            return
        touched: dict[str, Touch] | None = transaction.facts.get(_TOUCHED)
        if touched is None:
            touched = transaction.facts[_TOUCHED] = {}
            transaction.before_commit(self._settle)
        touched.setdefault(event.project_id, Touch()).add(event)

    def _settle(self) -> None:
        transaction = self._database.current
        assert transaction is not None, "runs before the commit of a transaction"
        touched: dict[str, Touch] = transaction.facts.pop(_TOUCHED, {})
        transaction.facts[_SETTLING] = True
        for project_id, touch in sorted(touched.items()):
            if touch.deleted:
                self._forget(project_id)
            elif touch.redrawn:
                self.recompute(project_id)
            else:
                self._follow(project_id, touch)
        transaction.facts[_SETTLING] = False

    def _follow(self, project_id: str, touch: Touch) -> None:
        if not touch.created:
            self._hold(project_id)
        served = self._holdings.take_in(project_id, touch.pieces)
        self._crosswalk.carry(project_id, served | touch.controls)
        self._recalculate(project_id, first=touch.created)

    def recompute(self, project_id: str) -> None:
        """Make everything that is kept of a project again from its controls and evidence, inside the transaction."""
        self._hold(project_id)
        self._holdings.rebuild(project_id)
        self._crosswalk.carry_all(project_id)
        self._recalculate(project_id)

    def _recalculate(self, project_id: str, *, first: bool = False) -> None:
        """Bring the stored score up to date; publishes ``score.changed`` if it moved. ``first``: none is stored yet."""
        found = self._assessment.of(project_id, "")
        parts = {part.name: rounded(part.value) for part in found.score.parts}
        parts["freshness"] = found.held.freshness
        stored = None if first else self._database.row(queries.STORED, project_id=project_id)
        self._store(project_id, found.score, parts, stored)

    def _hold(self, project_id: str) -> None:
        """One score of a project at a time, so that none is computed from half of what commits.

        NOTE: on PostgreSQL the project's own row is the lock (its score is written again before the commit). A lock
        of another name could be waited for by a change that holds that row, and each would wait for the other.
        """
        if self._database.dialect == "postgresql":
            self._projects.set_score(project_id, 0)

    def _store(self, project_id: str, score: Score, parts: dict[str, float], stored: Row | None) -> None:
        now = to_text(self._platform.clock())
        today, text = now[:10], orjson.dumps(parts).decode()
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
        self._database.execute(queries.NOTE_DAY, project_id=project_id, day=today, overall=score.overall, parts=text)
        if stored is not None and stored[0] != score.overall:
            self._announce(project_id, stored[0], score.overall)

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
        self._holdings.forget(project_id)

    def _daily(self, run: JobRun) -> int:
        """How many projects were scored."""
        today = to_text(self._platform.clock())[:10]
        done = {row[0] for row in self._database.rows(queries.SCORED_ON, day=today)}
        return self.recompute_all([each for each in self._projects.ids() if each not in done], run)

    def _everything(self, run: JobRun) -> int:
        return self.recompute_all(self._projects.ids(), run)

    def recompute_all(self, project_ids: Sequence[str], run: JobRun | None = None) -> int:
        """Make what is kept of these projects again; how many there were.

        Each in a transaction of its own, so that nobody waits for all of them.
        """
        for number, project_id in enumerate(project_ids):
            if run is not None and run.is_cancelled():
                break
            with self._database.transaction():
                # NOTE: nothing may be kept of a project that somebody deletes at this moment.
                self._projects.keep(project_id)
                if self._projects.frameworks(project_id):
                    self.recompute(project_id)
            if run is not None:
                run.report(100 * (number + 1) // len(project_ids))
        return len(project_ids)
