"""A project held in memory: what its score would be after a change, without changing anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from studio_compliance.assessment import known_priority
from studio_compliance.crosswalk import carried_to
from studio_compliance.formula import (
    COMPLETE,
    IN_PROGRESS,
    NOT_APPLICABLE,
    NOT_STARTED,
    ControlInput,
    Inputs,
    MilestoneInput,
    Score,
    Totals,
    Weights,
    score_from,
    score_of,
    totals_of,
)
from studio_compliance.holdings import EvidenceHeld
from studio_kernel.mappings import MappingRegistry
from studio_projects.api import Milestone, ProjectControl

_RANK = {NOT_STARTED: 0, IN_PROGRESS: 1, COMPLETE: 2}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does.

    ``own`` is what a control's own evidence then shows, ``decided`` what a person then says of a control; ``pieces``,
    ``current`` and ``quality`` are added to the number of pieces, of current and approved ones, and their quality;
    ``milestones`` are completed.
    """

    own: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[str, str] = field(default_factory=dict)
    pieces: int = 0
    current: int = 0
    quality: int = 0
    milestones: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A control that a change gives another status."""

    control: ProjectControl
    status: str


class Standing:
    """Where a project stands: controls, milestones and evidence as of ``now`` (RFC 3339 text)."""

    def __init__(
        self,
        controls: Sequence[ProjectControl],
        milestones: Sequence[Milestone],
        held: EvidenceHeld,
        now: str,
        weights: Weights,
        mappings: MappingRegistry,
    ) -> None:
        self.controls = {each.control_id: each for each in controls}
        self.milestones = milestones
        self.held = held
        self.weights = weights
        self.now = now
        self._mappings = mappings
        self._sources = {each.control_id: each for each in controls if each.derived_status != NOT_STARTED}
        self._crosses = len({each.framework_id for each in controls}) > 1
        everything = self._inputs(Effect(), {})
        self.totals = totals_of(everything, weights)
        self.score = score_from(self.totals, everything, weights)

    def moved(self, effect: Effect) -> list[Moved]:
        """The controls that get another status, also those that only a mapping reaches."""
        statuses = [Moved(each, self._status_after(each, effect)) for each in self._touched(effect)]
        return [each for each in statuses if each.status != each.control.status]

    def after(self, effect: Effect) -> Score:
        """The score after a change. PERF: only what moved is added up again."""
        moved = self.moved(effect)
        done = [each for each in self.milestones if each.id in effect.milestones]
        before = self._tally(
            [_input(each.control, each.control.status) for each in moved],
            [MilestoneInput(each.due_date, each.status == "completed") for each in done],
        )
        then = self._tally(
            [_input(each.control, each.status) for each in moved],
            [MilestoneInput(each.due_date, completed=True) for each in done],
        )
        return score_from(self.totals - before + then, self._with_evidence(effect, (), ()), self.weights)

    def recomputed(self, effect: Effect) -> Score:
        """The same from nothing: every control and milestone as it then is."""
        statuses = {each.control.control_id: each.status for each in self.moved(effect)}
        return score_of(self._inputs(effect, statuses), self.weights)

    def coverage(self, framework_id: str, statuses: Mapping[str, str]) -> Fraction:
        """The part ``coverage`` of one framework, with other statuses than the present ones where given."""
        own = [
            _input(each, statuses.get(each.control_id, each.status))
            for each in self.controls.values()
            if each.framework_id == framework_id
        ]
        return score_of(Inputs(own, (), Fraction(0), False, self.now), self.weights).part("coverage").value

    def reach(self, control_id: str) -> list[ProjectControl]:
        """The project's controls for which evidence on this one counts."""
        if not self._crosses:
            return []
        return [self.controls[each] for each in self._mappings.targets(control_id) if each in self.controls]

    def _tally(self, controls: Sequence[ControlInput], milestones: Sequence[MilestoneInput]) -> Totals:
        return totals_of(Inputs(controls, milestones, Fraction(0), False, self.now), self.weights)

    def _inputs(self, effect: Effect, statuses: Mapping[str, str]) -> Inputs:
        controls = [_input(each, statuses.get(each.control_id, each.status)) for each in self.controls.values()]
        milestones = [
            MilestoneInput(each.due_date, each.status == "completed" or each.id in effect.milestones)
            for each in self.milestones
        ]
        return self._with_evidence(effect, controls, milestones)

    def _with_evidence(
        self, effect: Effect, controls: Sequence[ControlInput], milestones: Sequence[MilestoneInput]
    ) -> Inputs:
        current = self.held.current + effect.current
        quality = Fraction(self.held.quality_sum + effect.quality, current) if current else Fraction(0)
        there = self.held.total + effect.pieces > 0
        return Inputs(controls, milestones, quality, there, self.now, current)

    def _touched(self, effect: Effect) -> Iterable[ProjectControl]:
        touched = {each: self.controls[each] for each in (*effect.own, *effect.decided) if each in self.controls}
        for control_id in effect.own:
            touched.update({each.control_id: each for each in self.reach(control_id)})
        return touched.values()

    def _status_after(self, control: ProjectControl, effect: Effect) -> str:
        if not control.applicable:
            return NOT_APPLICABLE
        decided = effect.decided.get(control.control_id, control.override_status)
        if decided is not None:
            return decided
        own = effect.own.get(control.control_id, control.derived_status)
        mapped = self._mapped_after(control, effect)
        return max(own, mapped or NOT_STARTED, key=_RANK.__getitem__)

    def _mapped_after(self, control: ProjectControl, effect: Effect) -> str | None:
        if not self._crosses or not effect.own:
            return control.mapped_status
        changed = {
            each: replace(self.controls[each], derived_status=status)
            for each, status in effect.own.items()
            if each in self.controls
        }
        found = carried_to(control.control_id, {**self._sources, **changed}, self._mappings)
        return found[0].status if found else None


def _input(control: ProjectControl, status: str) -> ControlInput:
    return ControlInput(control.category, known_priority(control.priority), status, control.due_date)
