"""What a project's evidence adds up to, kept piece by piece, so that a score doesn't read all of it.

PERF: a change of one piece costs the same in a project of 500 and of 50,000. Nothing here is a truth of its own:
:meth:`Holdings.rebuild` makes all of it again from the evidence, with the same result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import orjson

from studio_compliance import queries
from studio_compliance.models import HoldingRow, HoldingTotalsRow
from studio_evidence.api import EvidenceLibrary, EvidenceRef
from studio_kernel.clock import from_text, to_text
from studio_projects.api import Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_SOON = timedelta(days=30)
_COLUMNS = ("pieces", "high", "good", "approved", "counted", "quality_sum")


@dataclass(frozen=True, slots=True)
class EvidenceHeld:
    """The evidence of a project at one moment.

    ``high`` (≥ 90), ``good`` (70-89) and ``needs_improvement`` (< 70) count all ``total`` pieces by quality (product
    rules, Evidence). ``approved`` pieces were accepted, ``current`` ones of them still count, ``expiring`` of those
    end within 30 days. ``mean`` is the mean quality of the current ones, 0 without any; ``by_category`` is the same
    for each category of one framework with a control that such evidence serves.
    """

    total: int = 0
    high: int = 0
    good: int = 0
    approved: int = 0
    current: int = 0
    quality_sum: int = 0
    expiring: int = 0
    by_category: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def needs_improvement(self) -> int:
        """Pieces of a quality below 70."""
        return self.total - self.high - self.good

    @property
    def mean(self) -> Fraction:
        """The mean quality of current, approved evidence, 0 without any."""
        return Fraction(self.quality_sum, self.current) if self.current else Fraction(0)

    @property
    def freshness(self) -> float:
        """How much of the approved evidence is current, in percent; 0 without any."""
        return round(100 * self.current / self.approved, 2) if self.approved else 0.0


@dataclass(frozen=True, slots=True)
class _Share:
    """What one piece adds to each of its scopes."""

    quality: int
    approved: bool
    counted: bool
    expires_at: str | None
    controls: tuple[str, ...]
    scopes: tuple[str, ...]

    def amounts(self) -> tuple[int, ...]:
        """In the order of the columns of the totals."""
        high = self.quality >= 90
        good = not high and self.quality >= 70
        return (1, high, good, self.approved, self.counted, self.quality if self.counted else 0)


class Holdings:
    """Keeps the totals of each project's evidence, inside the transactions that change it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._database = platform.database
        self._library = EvidenceLibrary(platform)
        self._projects = Projects(platform)

    def held(self, project_id: str, framework_id: str, now: str) -> EvidenceHeld:
        """The evidence as of ``now``; at most two queries. Categories are those of ``framework_id``."""
        soon = to_text(from_text(now) + _SOON)
        rows = self._database.rows(queries.HOLDING_TOTALS, project_id=project_id, now=now, soon=soon, yes=True)
        totals = {scope: list(amounts) for scope, *amounts in rows}
        counted = any(amounts[4] for amounts in totals.values())
        over = self._database.rows(queries.HOLDINGS_OVER, project_id=project_id, now=now, yes=True) if counted else ()
        for quality, scopes in over:
            for scope in orjson.loads(scopes):
                totals[scope][4] -= 1
                totals[scope][5] -= quality
        pieces, high, good, approved, current, quality_sum, expiring = map(int, totals.get("", [0] * 7))
        prefix = f"{framework_id}/"
        by_category = {
            scope.removeprefix(prefix): Fraction(int(amounts[5]), amounts[4])
            for scope, amounts in totals.items()
            if scope.startswith(prefix) and amounts[4]
        }
        return EvidenceHeld(pieces, high, good, approved, current, quality_sum, expiring, by_category)

    def take_in(self, project_id: str, evidence_ids: Collection[str]) -> set[str]:
        """Bring pieces up to date that were added, changed or removed; the controls that they serve or served."""
        if not evidence_ids:
            return set()
        before = self._known(project_id, evidence_ids)
        after = self._shares(project_id, self._library.pieces(project_id, evidence_ids))
        self._change_totals(project_id, before.values(), after.values())
        for evidence_id in sorted(before.keys() - after.keys()):
            self._database.delete(HoldingRow, where={"evidence_id": evidence_id})
        for evidence_id, share in after.items():
            if before.get(evidence_id) != share:
                self._write(project_id, evidence_id, share, known=evidence_id in before)
        return {control for share in (*before.values(), *after.values()) for control in share.controls}

    def rebuild(self, project_id: str) -> None:
        """Make everything of a project again from its evidence."""
        self.forget(project_id)
        shares = self._shares(project_id, self._library.of_project(project_id))
        rows = [_row(project_id, evidence_id, share) for evidence_id, share in shares.items()]
        self._database.insert_many(HoldingRow, rows)
        self._change_totals(project_id, (), shares.values())

    def forget(self, project_id: str) -> None:
        """Remove everything of a project."""
        self._database.delete(HoldingRow, where={"project_id": project_id})
        self._database.delete(HoldingTotalsRow, where={"project_id": project_id})

    def _known(self, project_id: str, evidence_ids: Collection[str]) -> dict[str, _Share]:
        rows = self._database.rows(queries.HOLDINGS, project_id=project_id, ids=sorted(evidence_ids))
        return {
            row[0]: _Share(row[1], bool(row[2]), bool(row[3]), row[4], _texts(row[5]), _texts(row[6])) for row in rows
        }

    def _shares(self, project_id: str, pieces: Sequence[EvidenceRef]) -> dict[str, _Share]:
        served = {control_id for piece in pieces for control_id in piece.control_ids}
        scopes = self._scopes(project_id, served)
        shares = {}
        for piece in pieces:
            approved = piece.status == "approved"
            own = {scope for control_id in piece.control_ids for scope in scopes.get(control_id, ())}
            counted = approved and piece.is_current
            shares[piece.id] = _Share(
                piece.quality_score, approved, counted, piece.expires_at, piece.control_ids, ("", *sorted(own))
            )
        return shares

    def _scopes(self, project_id: str, control_ids: set[str]) -> dict[str, set[str]]:
        """In which categories evidence for each control counts: its own, and those of controls mapped to it."""
        if not control_ids:
            return {}
        reached = {each: self._platform.mappings.targets(each) for each in control_ids}
        wanted = control_ids.union(*reached.values())
        place = {
            each.control_id: f"{each.framework_id}/{each.category}"
            for each in self._projects.controls_among(project_id, wanted)
        }
        return {
            control_id: {place[each] for each in (control_id, *targets) if each in place}
            for control_id, targets in reached.items()
        }

    def _change_totals(self, project_id: str, before: Iterable[_Share], after: Iterable[_Share]) -> None:
        changes: dict[str, list[int]] = defaultdict(lambda: [0] * len(_COLUMNS))
        for sign, shares in ((-1, before), (1, after)):
            for share in shares:
                amounts = share.amounts()
                for scope in share.scopes:
                    for place, amount in enumerate(amounts):
                        changes[scope][place] += sign * amount
        for scope, amounts_changed in sorted(changes.items()):
            if any(amounts_changed):
                values = dict(zip(_COLUMNS, amounts_changed, strict=True))
                self._database.execute(queries.ADD_TO_TOTALS, project_id=project_id, scope=scope, **values)
        if any(amounts[0] < 0 for amounts in changes.values()):
            self._database.execute(queries.REMOVE_EMPTY_TOTALS, project_id=project_id)

    def _write(self, project_id: str, evidence_id: str, share: _Share, *, known: bool) -> None:
        row = _row(project_id, evidence_id, share)
        if known:
            self._database.update(HoldingRow, row, where={"evidence_id": evidence_id})
        else:
            self._database.insert(HoldingRow, row)


def _row(project_id: str, evidence_id: str, share: _Share) -> dict[str, Any]:
    return {
        "evidence_id": evidence_id,
        "project_id": project_id,
        "quality": share.quality,
        "approved": share.approved,
        "counted": share.counted,
        "expires_at": share.expires_at,
        "controls": list(share.controls),
        "scopes": list(share.scopes),
    }


def _texts(json: str) -> tuple[str, ...]:
    return tuple(cast("list[str]", orjson.loads(json)))
