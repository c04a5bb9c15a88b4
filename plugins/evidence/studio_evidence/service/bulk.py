"""Tags and links of many pieces of evidence at once, with a result for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from studio_evidence import queries
from studio_evidence.service.pieces import Pieces
from studio_evidence.service.records import Record, Records, view
from studio_kernel.context import current_context
from studio_kernel.errors import Conflict, Forbidden, NotFound, ValidationFailed
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_TAGS = 50


class Bulk:
    """Changes many pieces in one transaction; one that is refused leaves the others alone."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._records = Records(platform)
        self._pieces = Pieces(platform)

    def tag(
        self, principal: Principal, evidence_ids: Sequence[str], *, add: Sequence[str], remove: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Add and remove tags; a tag that is there already, or isn't there, is no mistake."""

        def change(record: Record) -> None:
            present = orjson.loads(record.tags)
            wanted = list(dict.fromkeys([*(each for each in present if each not in remove), *add]))
            if len(wanted) > _MOST_TAGS:
                raise ValidationFailed("add", f"The evidence would have more than {_MOST_TAGS} tags")
            self._pieces.change(principal, record.id, {"tags": wanted})

        return self._each(principal, evidence_ids, change)

    def link(
        self, principal: Principal, evidence_ids: Sequence[str], *, link: Sequence[str], unlink: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Link and unlink controls; a piece in whose project one of ``link`` is missing is refused as a whole."""

        def change(record: Record) -> None:
            present = record.controls
            kept = [each for each in present if each not in unlink]
            self._pieces.serve(principal, record.id, list(dict.fromkeys([*kept, *link])))

        return self._each(principal, evidence_ids, change)

    def _each(
        self, principal: Principal, evidence_ids: Sequence[str], change: Callable[[Record], None]
    ) -> list[dict[str, Any]]:
        distinct = list(dict.fromkeys(evidence_ids))
        with self._database.transaction():
            results = {each: self._one(principal, each, change) for each in self._in_order(distinct)}
            # NOTE: the call is about all of them, so its audit entry names none.
            context = current_context()
            context.resource_id = context.project_id = ""
        return [results[each] for each in distinct]

    def _in_order(self, evidence_ids: Sequence[str]) -> list[str]:
        """Project by project, so that two calls at once wait for each other in the same order."""
        places: dict[str, str] = dict(self._database.rows(queries.PROJECTS_OF, ids=list(evidence_ids)))
        return sorted(evidence_ids, key=lambda each: (places.get(each, ""), each))

    def _one(self, principal: Principal, evidence_id: str, change: Callable[[Record], None]) -> dict[str, Any]:
        """NOTE: every refusal comes before the first write, so nothing of a refused piece needs to be undone."""
        try:
            before = self._records.find_for_change(principal, evidence_id, "evidence:update")
            change(before)
        except (NotFound, Forbidden, Conflict, ValidationFailed) as refusal:
            error = {"code": refusal.code, "message": refusal.message, "details": refusal.details}
            return {"id": evidence_id, "ok": False, "changed": False, "error": error}
        after = self._records.read(evidence_id)
        shown = view(after, self._records.now())
        return {"id": evidence_id, "ok": True, "changed": after != before, "evidence": shown}
