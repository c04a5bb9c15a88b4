"""Evidence follows its controls when another version of a framework splits or merges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from studio_evidence import queries
from studio_evidence.events import EVIDENCE_LINKED, EVIDENCE_UNLINKED, EVIDENCE_UPDATED
from studio_evidence.models import ControlLinkRow
from studio_evidence.service.records import Record, Records
from studio_kernel.errors import NotFound
from studio_kernel.frameworks import Control, Framework

if TYPE_CHECKING:
    from studio_kernel.app import Platform

Moved = dict[str, list[str]]
"""Evidence that was moved away from a control: for each piece the controls that it came to serve instead."""


class EvidenceCarrying:
    """Moves links between evidence and controls, for trusted callers."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._records = Records(platform)

    def follow(
        self,
        project_id: str,
        framework: Framework,
        lineage: Mapping[str, Sequence[str]],
        returning: Mapping[str, Moved],
    ) -> dict[str, Moved]:
        """Let evidence of a project follow to another version of a framework, inside the caller's transaction.

        ``framework`` is the version that counts from the commit on: approved evidence expires as it says. ``lineage``
        gives the ids that follow each control's id, and evidence of that serves those; ``returning`` are the controls
        that come back, with what an earlier call answered of each: that evidence is theirs again. The answer is what
        this call moved away from each control. Evidence of all of them is counted anew.
        """
        self._records.lock(project_id)
        touched = self._bring_back(project_id, returning) | set(returning)
        touched.update(each for followers in lineage.values() for each in followers)
        moved: dict[str, Moved] = {}
        if lineage:
            found = self._database.rows(queries.SERVING_ANY, project_id=project_id, control_ids=sorted(lineage))
            for (evidence_id,) in found:
                touched |= self._move(self._records.read(evidence_id), lineage, moved)
        touched |= self._date(project_id, framework)
        self._records.refresh_controls(project_id, touched)
        return moved

    def _move(self, record: Record, lineage: Mapping[str, Sequence[str]], moved: dict[str, Moved]) -> set[str]:
        before = record.controls
        after = list(dict.fromkeys(new for each in before for new in lineage.get(each, (each,))))
        for control_id in before:
            if control_id not in after:
                new = [each for each in lineage[control_id] if each not in before]
                moved.setdefault(control_id, {})[record.id] = new
        return self._serve(record, after)

    def _bring_back(self, project_id: str, returning: Mapping[str, Moved]) -> set[str]:
        """Give controls the evidence back that was moved away from them, unless somebody has unlinked it since."""
        pieces: dict[str, Moved] = {}
        for control_id, moved in returning.items():
            for evidence_id, new in moved.items():
                pieces.setdefault(evidence_id, {})[control_id] = new
        touched: set[str] = set()
        for evidence_id, former in sorted(pieces.items()):
            try:
                record = self._records.read(evidence_id)
            except NotFound:
                continue
            controls = _as_before(record.controls, former)
            if record.project_id == project_id and controls != record.controls:
                touched |= self._serve(record, controls)
        return touched

    def _serve(self, record: Record, after: Sequence[str]) -> set[str]:
        before = record.controls
        links = {"evidence_id": record.id, "project_id": record.project_id}
        values = {"control_ids": list(after), "control_id": after[0] if after else None}
        record = self._records.write(record.id, values)
        for control_id in after:
            if control_id not in before:
                made = {"linked_by": record.uploaded_by, "linked_at": self._records.now()}
                self._database.insert(ControlLinkRow, {**links, "control_id": control_id, **made})
                self._records.publish(EVIDENCE_LINKED, record, control_id=control_id)
        for control_id in before:
            if control_id not in after:
                where = {"evidence_id": record.id, "control_id": control_id}
                self._database.delete(ControlLinkRow, where=where)
                self._records.publish(EVIDENCE_UNLINKED, record, control_id=control_id)
        return set(after) | set(before)

    def _date(self, project_id: str, framework: Framework) -> set[str]:
        """Let approved evidence expire by the renewal periods of ``framework``; the controls that this concerns."""
        known = self._platform.frameworks
        present = known.get(framework.id)
        coming = {each.id: each for each in framework.controls}
        concerned = coming.keys() | {each.id for each in (present.controls if present else ())}

        def find(control_id: str) -> Control | None:
            return coming.get(control_id) if control_id in concerned else known.control(control_id)

        touched: set[str] = set()
        approved = self._database.rows(queries.APPROVED, project_id=project_id)
        for evidence_id, approved_at, expires_at, valid_until, ids in approved:
            controls = orjson.loads(ids)
            at = self._records.expiry(approved_at, controls, valid_until, find=find)
            if at != expires_at and not concerned.isdisjoint(controls):
                record = self._records.write(evidence_id, {"expires_at": at, "expired": False})
                self._records.publish(EVIDENCE_UPDATED, record, changed=["expires_at"])
                touched.update(controls)
        return touched


def _as_before(controls: Sequence[str], former: Mapping[str, Sequence[str]]) -> list[str]:
    """The controls of a piece with ``former`` ones in place of those that it came to serve for each of them."""
    back = [each for each, new in former.items() if not new or not set(new).isdisjoint(controls)]
    left = {new for each in back for new in former[each]}
    place = next((number for number, each in enumerate(controls) if each in left), len(controls))
    kept = [[each for each in part if each not in left] for part in (controls[:place], controls[place:])]
    return list(dict.fromkeys([*kept[0], *back, *kept[1]]))
