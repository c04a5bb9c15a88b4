"""Projects on imported frameworks: they follow each change, with what was done in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from studio_compliance.importing import queries
from studio_compliance.importing.changes import Lineage
from studio_compliance.importing.models import RetiredControlRow
from studio_compliance.importing.source import kept_framework
from studio_evidence.api import EvidenceCarrying, Moved
from studio_kernel.clock import to_text
from studio_kernel.errors import Conflict, Contended
from studio_kernel.events import Event, Subscriber
from studio_kernel.frameworks import Framework
from studio_kernel.jobs import JobRun, JobType
from studio_projects.api import FRAMEWORK_DETACHED, PROJECT_DELETED, PROJECT_UPDATED, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

CATCH_UP = "compliance.catch_up"
_EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class _Revision:
    """How one version followed the one before; ``counts`` when the present version comes from it, or is it."""

    lineage: Lineage
    counts: bool


class FollowingProjects:
    """Brings projects to the version of a framework that counts. Works inside the caller's transaction."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._projects = Projects(platform)
        self._evidence = EvidenceCarrying(platform)

    def subscribers(self) -> Sequence[Subscriber]:
        """Whatever lets a project take a framework up, or take part again, shows it the version that counts."""
        watched = ("project.created", "project.updated", "project.framework_attached")
        return (
            Subscriber("compliance.frameworks", watched, self.catch_up, mode="in_transaction"),
            Subscriber(
                "compliance.retired",
                (PROJECT_DELETED.name, FRAMEWORK_DETACHED.name),
                self._forget,
                mode="in_transaction",
            ),
        )

    def follow(self, project_id: str, framework: Framework, lineage: Lineage) -> None:
        """Bring one project to ``framework``; ``lineage`` tells which ids follow which."""
        predecessors: dict[str, list[str]] = {}
        for before, followers in lineage.items():
            for each in followers:
                predecessors.setdefault(each, []).append(before)
        returning = self._retired(project_id, framework)
        left = self._projects.follow_framework(project_id, framework, predecessors=predecessors, returning=returning)
        moved = self._evidence.follow(project_id, framework, lineage, self._evidence_of(framework.id, returning))
        left = {each: {**state, _EVIDENCE: moved.get(each, {})} for each, state in left.items()}
        self._retire(project_id, framework.id, left, returning)

    def jobs(self) -> Sequence[JobType]:
        """What couldn't be done at once."""
        summary = "Brings a project to the version of a framework that changed at the same moment"
        return (JobType(CATCH_UP, self._catch_up_later, summary=summary),)

    def catch_up(self, event: Event) -> None:
        """Bring a project to the versions that count, where it holds others: it was archived, or came in between.

        :raises Contended: a framework that the project takes up is being changed.
        :raises Conflict: it was removed meanwhile.
        """
        updated = event.name == PROJECT_UPDATED.name
        if updated:
            returned = event.data["project"].get("previous_status") == "archived"
        else:
            returned = event.name == "project.framework_attached"
        for framework_id in self._imported(event.project_id):
            # NOTE: whoever changes the framework may wait for this project, so nobody waits for them here.
            if self._database.try_share(f"framework:{framework_id}"):
                if not updated:
                    self._refuse_if_gone(framework_id)
                self._bring(event.project_id, framework_id, returned=returned)
            elif updated:
                arguments = {"project_id": event.project_id}
                self._platform.jobs.enqueue(CATCH_UP, arguments, project_id=event.project_id, owner_id="")
            else:
                raise Contended(f"The framework {framework_id} is being changed at this moment; try again")

    def _catch_up_later(self, run: JobRun) -> None:
        project_id = run.arguments["project_id"]
        with self._database.transaction():
            for framework_id in sorted(self._imported(project_id)):
                self._database.lock(f"framework:{framework_id}")
            self._projects.hold(project_id)
            for framework_id in self._imported(project_id):
                self._bring(project_id, framework_id, returned=True)

    def _imported(self, project_id: str) -> list[str]:
        owner = self._platform.claims.owner
        return [each for each in self._projects.frameworks(project_id) if not owner("framework", each)]

    def _bring(self, project_id: str, framework_id: str, *, returned: bool) -> None:
        """Follow the version that counts; after the project's return also in what its controls don't show."""
        found = self._outdated(project_id, framework_id)
        if found is not None:
            self.follow(project_id, found, self._whole_lineage(found))
        elif returned and not self._is_archived(project_id, framework_id):
            counting = self._counting(framework_id)
            if counting is not None:
                # NOTE: evidence stayed with controls that had left before the framework did; here they are again.
                returning = self._retired(project_id, counting)
                self._evidence.follow(project_id, counting, {}, {each: {} for each in returning})
                self._retire(project_id, framework_id, {}, returning)

    def _outdated(self, project_id: str, framework_id: str) -> Framework | None:
        """The version that counts, when the project holds another and isn't archived; None unless it was imported."""
        revision = self._database.value(queries.REVISION, framework_id=framework_id)
        if revision is None or self._is_archived(project_id, framework_id):
            return None
        framework = self._platform.frameworks.get(framework_id)
        held = {
            (each.control_id, each.number, each.title, each.category, each.priority)
            for each in self._projects.controls(project_id)
            if each.framework_id == framework_id
        }
        if framework is not None and held == _outline(framework):
            return None
        current = self._counting(framework_id)
        return None if current is None or held == _outline(current) else current

    def _refuse_if_gone(self, framework_id: str) -> None:
        """A framework that isn't kept here either comes from another source, or is no more."""
        if self._database.value(queries.REVISION, framework_id=framework_id) is None:
            self._platform.frameworks.refresh()
            if self._platform.frameworks.get(framework_id) is None:
                raise Conflict(f"The framework {framework_id} was removed meanwhile")

    def _counting(self, framework_id: str) -> Framework | None:
        """The version that counts, whatever this process knows of it; None unless it was imported."""
        revision = self._database.value(queries.REVISION, framework_id=framework_id)
        if revision is None:
            return None
        return kept_framework(self._database.value(queries.DEFINITION, framework_id=framework_id, revision=revision))

    def _is_archived(self, project_id: str, framework_id: str) -> bool:
        return any(each.id == project_id and each.status == "archived" for each in self._projects.using(framework_id))

    def _whole_lineage(self, framework: Framework) -> dict[str, list[str]]:
        """For every id that any version knew and this one doesn't: the ids that follow it now."""
        steps: dict[str, list[str]] = {}
        for revision in self._revisions(framework.id):
            for before, followers in revision.lineage.items():
                for each in followers:
                    # NOTE: out of a version that was given up again the way leads back.
                    here, there = (before, each) if revision.counts else (each, before)
                    steps.setdefault(here, []).append(there)
        present = {control.id for control in framework.controls}
        found = {each: _arrive(each, steps, present) for each in steps if each not in present}
        return {each: followers for each, followers in found.items() if followers}

    def _revisions(self, framework_id: str) -> list[_Revision]:
        """Every version that was kept, oldest first."""
        rows = self._database.rows(queries.LINEAGES, framework_id=framework_id)
        previous = {revision: before for revision, before, _ in rows}
        counting: set[int] = set()
        revision = self._database.value(queries.REVISION, framework_id=framework_id)
        while revision is not None:
            counting.add(revision)
            revision = previous[revision]
        return [_Revision(orjson.loads(lineage), number in counting) for number, _, lineage in rows]

    def _retired(self, project_id: str, framework: Framework) -> dict[str, dict[str, Any]]:
        present = {control.id for control in framework.controls}
        rows = self._database.rows(queries.RETIRED, project_id=project_id, framework_id=framework.id)
        return {control_id: orjson.loads(state) for control_id, state in rows if control_id in present}

    def _evidence_of(self, framework_id: str, returning: Mapping[str, Mapping[str, Any]]) -> dict[str, Moved]:
        """What was moved away from controls that come back, if the version that did so was given up again."""
        if not returning:
            return {}
        given_up = {
            each for revision in self._revisions(framework_id) if not revision.counts for each in revision.lineage
        }
        return {each: state.get(_EVIDENCE, {}) if each in given_up else {} for each, state in returning.items()}

    def _retire(
        self, project_id: str, framework_id: str, left: Mapping[str, Mapping[str, Any]], returned: Iterable[str]
    ) -> None:
        gone = sorted({*left, *returned})
        if gone:
            self._database.execute(queries.FORGET_RETIRED, project_id=project_id, control_ids=gone)
        now = to_text(self._platform.clock())
        rows = [
            {
                "project_id": project_id,
                "control_id": control_id,
                "framework_id": framework_id,
                "state": dict(state),
                "retired_at": now,
            }
            for control_id, state in left.items()
        ]
        self._database.insert_many(RetiredControlRow, rows)

    def _forget(self, event: Event) -> None:
        """All of a project that goes; where only a framework leaves it, what people decided about the controls."""
        if event.name == PROJECT_DELETED.name:
            self._database.delete(RetiredControlRow, where={"project_id": event.project_id})
        else:
            where = {"project_id": event.project_id, "framework_id": event.data["framework"]["id"]}
            self._database.update(RetiredControlRow, {"state": {}}, where=where)


def _outline(framework: Framework) -> set[tuple[str, str, str, str, str]]:
    return {(each.id, each.number, each.title, each.category, each.priority) for each in framework.controls}


def _arrive(control_id: str, steps: Lineage, present: set[str]) -> list[str]:
    """The ids in ``present`` that a walk along the lineage ends at."""
    arrived: dict[str, None] = {}
    seen: set[str] = set()
    waiting = [control_id]
    while waiting:
        each = waiting.pop(0)
        if each in present:
            arrived[each] = None
        elif each not in seen:
            seen.add(each)
            waiting += steps.get(each, ())
    return list(arrived)
