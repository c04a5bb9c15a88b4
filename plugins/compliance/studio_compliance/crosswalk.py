"""Evidence for one control counts wherever the control is mapped, at once and without a copy (docs/mappings.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from studio_compliance.formula import COMPLETE, IN_PROGRESS, NOT_STARTED
from studio_kernel.mappings import MappedPath, MappingRegistry
from studio_projects.api import ProjectControl, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# A person sees why; further sources would add nothing.
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Via:
    """A control whose evidence counts for another, the way between them, and the status that follows."""

    control: ProjectControl
    path: MappedPath
    status: str

    def shown(self) -> dict[str, Any]:
        """As it stands in a control's ``via``."""
        return {
            "control_id": self.control.control_id,
            "framework": self.control.framework_id,
            "number": self.control.number,
            "relation": self.path.relation,
            "counts": self.path.counts,
            "path": list(self.path.controls),
        }


def carried_status(own: str, counts: str) -> str | None:
    """What evidence for a control shows of one that it is mapped to: a whole in full, or in part; None for nothing."""
    if own == COMPLETE:
        return COMPLETE if counts == "full" else IN_PROGRESS
    return IN_PROGRESS if own == IN_PROGRESS and counts == "full" else None


def carried_to(target: str, sources: Mapping[str, ProjectControl], mappings: MappingRegistry) -> list[Via]:
    """Which of ``sources`` count for the control ``target``, the one that shows most first.

    Only their own evidence travels; a control that doesn't apply passes nothing on.
    """
    ways = mappings.sources(target)
    found = []
    for control_id in ways.keys() & sources.keys():
        control, path = sources[control_id], ways[control_id]
        status = carried_status(control.derived_status, path.counts) if control.applicable else None
        if status is not None:
            found.append(Via(control, path, status))
    return sorted(found, key=lambda via: (via.status != COMPLETE, via.path.counts != "full", via.path.controls))


class Crosswalk:
    """Keeps ``mapped_status`` and ``via`` of a project's controls true, inside the transactions that move them."""

    def __init__(self, platform: Platform) -> None:
        self._mappings = platform.mappings
        self._projects = Projects(platform)

    def carry(self, project_id: str, control_ids: Collection[str]) -> None:
        """Take evidence for these controls, as it is now, to where it counts."""
        targets = {target for each in control_ids for target in self._mappings.targets(each)}
        if not targets or len(self._projects.frameworks(project_id)) < 2:
            return
        states = self._projects.controls_among(project_id, targets)
        wanted = {source for state in states for source in self._mappings.sources(state.control_id)}
        self._note(project_id, states, self._projects.controls_among(project_id, wanted) if wanted else ())

    def carry_all(self, project_id: str) -> None:
        """The same for all of a project's evidence; also takes back what no longer counts."""
        shown = self._projects.shown_controls(project_id)
        targets = {target for each in shown for target in self._mappings.targets(each.control_id)}
        targets |= {each.control_id for each in shown if each.mapped_status is not None}
        self._note(project_id, self._projects.controls_among(project_id, targets) if targets else (), shown)

    def _note(self, project_id: str, states: Iterable[ProjectControl], sources: Iterable[ProjectControl]) -> None:
        known = {each.control_id: each for each in sources if each.derived_status != NOT_STARTED}
        for state in states:
            found = carried_to(state.control_id, known, self._mappings)
            status = found[0].status if found else None
            via = orjson.dumps([each.shown() for each in found[:_MOST_SHOWN]]).decode() if found else None
            if (state.mapped_status, state.mapped_via) != (status, via):
                self._projects.set_control_mapped(project_id, state.control_id, status=status, via=via)
