"""The changes that would raise a score most, each with the score that a recomputation gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from studio_compliance.assessment import known_priority, rounded
from studio_compliance.crosswalk import carried_status
from studio_compliance.formula import (
    COMPLETE,
    IN_PROGRESS,
    NOT_APPLICABLE,
    ControlInput,
    Inputs,
    round_half_up,
    score_from,
    totals_of,
)
from studio_compliance.standing import Effect, Standing
from studio_evidence.api import EvidenceLibrary, EvidenceRef
from studio_projects.api import ProjectControl

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.mappings import MappingRegistry

MOST_CHANGES = 5
# The easier one first: of several for one control the first that helps is told.
KINDS = (
    "approve_evidence",
    "renew_evidence",
    "change_override",
    "complete_milestone",
    "improve_evidence",
    "provide_evidence",
)
# What good evidence scores (product rules, Evidence), assumed where a project has none to go by.
_GOOD, _HIGH = 80, 90
# Controls and pieces that are tried out in full; of each kind, those that promise most.
_TRIED = 25


@dataclass(frozen=True, slots=True)
class Change:
    """Something that would raise the score. ``assumed_quality`` is what evidence is taken to score that has none."""

    kind: str
    subject_id: str
    title: str
    effect: Effect
    control: ProjectControl | None = None
    assumed_quality: int | None = None


def best_changes(standing: Standing, candidates: Iterable[Change]) -> list[dict[str, Any]]:
    """The five that raise the score most, as the API shows them; one for each control or thing."""
    before = standing.score.exact
    best: dict[str, tuple[Fraction, Change]] = {}
    for change in sorted(candidates, key=lambda each: KINDS.index(each.kind)):
        gain = standing.after(change.effect).exact - before
        if gain > 0:
            best.setdefault(change.control.control_id if change.control else change.subject_id, (gain, change))
    ranked = sorted(best.values(), key=lambda pair: (-pair[0], pair[1].subject_id))
    return [_shown(standing, change) for _, change in ranked[:MOST_CHANGES]]


def _shown(standing: Standing, change: Change) -> dict[str, Any]:
    # NOTE: from nothing, not from the totals by which it was found.
    after = standing.recomputed(change.effect)
    also = [each.control for each in standing.moved(change.effect) if each.control is not change.control]
    return {
        "kind": change.kind,
        "id": change.subject_id,
        "title": change.title,
        "control": None if change.control is None else _control(change.control),
        "assumed_quality": change.assumed_quality,
        "score_after": after.overall,
        "gain": rounded(after.exact - standing.score.exact),
        "also_moves": [_control(each) for each in also],
    }


def _control(control: ProjectControl) -> dict[str, Any]:
    return {"control_id": control.control_id, "framework": control.framework_id, "number": control.number}


class Candidates:
    """Finds what could be done in a project; three queries, whatever its size."""

    def __init__(self, platform: Platform) -> None:
        self._library = EvidenceLibrary(platform)
        self._mappings = platform.mappings

    def of(self, project_id: str, standing: Standing, now: str) -> Iterator[Change]:
        """Every kind of change, of each kind those that promise most."""
        yield from _controls(standing, self._mappings)
        for piece in self._library.awaiting(project_id, _TRIED):
            yield _counting("approve_evidence", standing, piece)
        for piece in self._library.over(project_id, _TRIED):
            yield _counting("renew_evidence", standing, piece)
        for piece in self._library.weakest(project_id, MOST_CHANGES):
            if piece.quality_score < _HIGH:
                effect = Effect(quality=_HIGH - piece.quality_score)
                yield Change("improve_evidence", piece.id, piece.title, effect, None, _HIGH)
        for milestone in standing.milestones:
            if milestone.status != "completed" and milestone.due_date < now:
                effect = Effect(milestones=(milestone.id,))
                yield Change("complete_milestone", milestone.id, milestone.name, effect)


def _counting(kind: str, standing: Standing, piece: EvidenceRef) -> Change:
    """A piece that there is comes to count. One that nobody has judged is taken to be as good as the others."""
    assumed = None if piece.quality_score else _usual_quality(standing)
    quality = piece.quality_score if assumed is None else assumed
    effect = Effect(own=dict.fromkeys(piece.control_ids, COMPLETE), current=1, quality=quality)
    return Change(kind, piece.id, piece.title, effect, _first(standing, piece), assumed)


def _usual_quality(standing: Standing) -> int:
    return round_half_up(standing.held.mean) if standing.held.current else _GOOD


def _first(standing: Standing, piece: EvidenceRef) -> ProjectControl | None:
    return next((standing.controls[each] for each in piece.control_ids if each in standing.controls), None)


def _controls(standing: Standing, mappings: MappingRegistry) -> list[Change]:
    """Evidence for controls that aren't complete, and another word on those that a person decided on."""
    quality = _usual_quality(standing)
    worth = _Worth(standing)
    found = []
    for control in standing.controls.values():
        if control.status in (COMPLETE, NOT_APPLICABLE):
            continue
        if control.override_status is not None:
            effect = Effect(decided={control.control_id: COMPLETE})
            change = Change("change_override", control.control_id, control.title, effect, control)
            promise = worth.of(control, COMPLETE)
        else:
            effect = Effect(own={control.control_id: COMPLETE}, pieces=1, current=1, quality=quality)
            change = Change("provide_evidence", control.control_id, control.title, effect, control, quality)
            promise = worth.of(control, COMPLETE) + _carried(standing, mappings, worth, control)
        found.append((-promise, control.control_id, change))
    found.sort(key=lambda each: each[:2])
    return [change for _, _, change in found[:_TRIED]]


def _carried(standing: Standing, mappings: MappingRegistry, worth: _Worth, control: ProjectControl) -> Fraction:
    """What mapped controls would gain besides."""
    gain = Fraction(0)
    for target in standing.reach(control.control_id):
        path = mappings.sources(target.control_id)[control.control_id]
        status = carried_status(COMPLETE, path.counts)
        better = status == COMPLETE or (status == IN_PROGRESS and target.status == "not_started")
        if better and target.override_status is None and target.status not in (COMPLETE, NOT_APPLICABLE):
            gain += worth.of(target, status or IN_PROGRESS)
    return gain


class _Worth:
    """How much a control's step to another status adds to the score, evidence aside. PERF: told once for a kind."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._known: dict[tuple[str, str, str, bool], Fraction] = {}

    def of(self, control: ProjectControl, status: str) -> Fraction:
        """In points of the score."""
        late = control.due_date is not None and control.due_date < self._standing.now
        key = (control.priority, control.status, status, late)
        if key not in self._known:
            self._known[key] = self._gain(control, status)
        return self._known[key]

    def _gain(self, control: ProjectControl, status: str) -> Fraction:
        standing = self._standing
        priority = known_priority(control.priority)
        empty = Inputs((), (), standing.held.mean, True, standing.now)

        def totals(state: str) -> Any:
            one = ControlInput(control.category, priority, state, control.due_date)
            return totals_of(Inputs([one], (), Fraction(0), False, standing.now), standing.weights)

        after = standing.totals - totals(control.status) + totals(status)
        then, now = (score_from(each, empty, standing.weights).exact for each in (after, standing.totals))
        return then - now
