"""Evidence follows its controls when another version of a framework splits or merges them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from studio_evidence import queries
from studio_evidence.events import EVIDENCE_LINKED, EVIDENCE_UNLINKED
from studio_evidence.models import ControlLinkRow
from studio_evidence.service.records import Record, Records

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class EvidenceCarrying:
    """Moves links between evidence and controls, for trusted callers."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._records = Records(platform)

    def follow(self, project_id: str, lineage: Mapping[str, Sequence[str]], recount: Collection[str]) -> int:
        """Let evidence of a project serve the controls that follow its own, inside the caller's transaction.

        ``lineage`` gives the ids that follow each id. The evidence of those, and of the ids in ``recount``, is
        counted anew. How many pieces serve other controls now.
        """
        self._records.lock(project_id)
        touched: set[str] = set(recount)
        moved = 0
        if lineage:
            found = self._database.rows(queries.SERVING_ANY, project_id=project_id, control_ids=sorted(lineage))
            for (evidence_id,) in found:
                touched |= self._move(self._records.read(evidence_id), lineage)
                moved += 1
        self._records.refresh_controls(project_id, touched)
        return moved

    def _move(self, record: Record, lineage: Mapping[str, Sequence[str]]) -> set[str]:
        before = record.controls
        after = list(dict.fromkeys(new for each in before for new in lineage.get(each, (each,))))
        links = {"evidence_id": record.id, "project_id": record.project_id}
        record = self._records.write(record.id, {"control_ids": after, "control_id": after[0] if after else None})
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
