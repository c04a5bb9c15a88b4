"""Recomputing the whole log: every edit, deletion, insertion and reordering is found and named.

Seals are read one after the other, each with its at most 1,000 entries, so memory stays the same however long the log
is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio_kernel.audit import form
from studio_kernel.audit.keys import SealKeys, UnknownKey, confirms
from studio_kernel.audit.seals import SEAL_ROW, last_seal
from studio_kernel.clock import from_text, later
from studio_kernel.storage.database import Database
from studio_kernel.storage.sql import Statement

_ENTRY = ", ".join(form.ENTRY_COLUMNS)
_SEALS = Statement(
    f"SELECT {', '.join(SEAL_ROW)} FROM audit_seals WHERE number > :after AND number <= :until "
    "ORDER BY number LIMIT 100"
)
_SEAL = Statement(f"SELECT {', '.join(SEAL_ROW)} FROM audit_seals WHERE number = :number")
_ENTRIES = Statement(f"SELECT {_ENTRY} FROM audit_log WHERE seal = :number ORDER BY position")
_UNSEALED = Statement(
    f"SELECT {_ENTRY} FROM audit_log WHERE seal IS NULL AND position > :after ORDER BY position LIMIT 1000"
)
_STRAY = Statement(
    "SELECT position, id FROM audit_log WHERE seal IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM audit_seals s WHERE s.number = audit_log.seal) ORDER BY position LIMIT 1"
)
_TWICE = Statement(
    "SELECT MAX(position), id FROM audit_log GROUP BY id HAVING COUNT(*) > 1 ORDER BY MAX(position) LIMIT 1"
)
_MOST_PROBLEMS = 20
# NOTE: an entry is sealed within seconds of its time; after a day it is an old one put in again. A day and not an hour,
# because entries wait in memory while the database is away.
_LATE_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that isn't as it was sealed. ``position`` and ``entry_id`` say where, as far as that is known."""

    what: str
    seal: int | None = None
    position: int | None = None
    entry_id: str = ""

    def __str__(self) -> str:
        place = [f"entry {self.entry_id}"] if self.entry_id else []
        place += [f"position {self.position}"] if self.position is not None else []
        place += [f"seal {self.seal}"] if self.seal is not None else []
        return f"{', '.join(place) or 'audit log'}: {self.what}"


@dataclass(slots=True)
class Report:
    """What a verification found; ``problems`` in order, the first 20 of ``broken``."""

    entries: int = 0
    seals: int = 0
    pruned_seals: int = 0
    unsealed: int = 0
    unsealed_since: str | None = None
    head: Mapping[str, Any] | None = None
    anchors: int = 0
    broken: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.broken

    def add(self, found: Sequence[Problem]) -> None:
        """Take in what was found."""
        self.broken += len(found)
        self.problems += found[: _MOST_PROBLEMS - len(self.problems)]


@dataclass(slots=True)
class Verifier:
    """Recomputes the log of one application; it changes nothing."""

    database: Database
    keys: SealKeys

    def verify(
        self, anchors: Sequence[Mapping[str, Any]] = (), *, progress: Callable[[int, int], None] | None = None
    ) -> Report:
        """Look at everything up to now. ``progress`` is told how many seals are done, of how many."""
        report = Report()
        self._check_anchors(anchors, report)
        head = last_seal(self.database)
        last = 0 if head is None else head["number"]
        before: Mapping[str, Any] | None = None
        for seal in self._seals(last):
            report.add(self._seal_problems(seal, before, report))
            before = seal
            if progress is not None:
                progress(seal["number"], last)
        report.head = before
        report.add(self._strays())
        self._check_unsealed(before, report)
        return report

    def _seals(self, last: int) -> Iterator[Mapping[str, Any]]:
        after = 0
        while rows := self.database.rows(_SEALS, after=after, until=last):
            for row in rows:
                yield dict(zip(SEAL_ROW, row, strict=True))
            after = rows[-1][0]

    def _seal_problems(
        self, seal: Mapping[str, Any], before: Mapping[str, Any] | None, report: Report
    ) -> list[Problem]:
        report.seals += 1
        problems = self._chain_problems(seal, before)
        count, found = self._contents_problems(seal, before)
        if found:
            # NOTE: entries may have been deleted for their age between the reading of the seal and of its entries.
            row = self.database.row(_SEAL, number=seal["number"])
            if row is not None:
                seal = dict(zip(SEAL_ROW, row, strict=True))
                count, found = self._contents_problems(seal, before)
        report.entries += count
        report.pruned_seals += seal["pruned"] != ""
        return problems + found

    # -- the chain ------------------------------------------------------------------------------------

    def _chain_problems(self, seal: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[Problem]:
        number = seal["number"]
        expected = 1 if before is None else before["number"] + 1
        if number != expected:
            return [Problem(f"it should be number {expected}: seals between are missing or were put in", number)]
        if seal["previous"] != (form.NO_HASH if before is None else before["hash"]):
            return [Problem("the seal doesn't follow from the one before it", number)]
        if seal["total"] != seal["entries"] + (0 if before is None else before["total"]):
            return [Problem("the seal counts wrong", number)]
        return self._signature_problems(seal, before)

    def _signature_problems(self, seal: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[Problem]:
        number = seal["number"]
        if form.seal_hash(seal) != seal["hash"]:
            return [Problem("the seal was changed", number)]
        try:
            key = self.keys.find(seal["key_id"])
            if before is not None and self.keys.age(before["key_id"]) > self.keys.age(seal["key_id"]):
                return [Problem("the seal is signed with a key that was replaced before it", number)]
        except UnknownKey as unknown:
            return [_unknown(unknown, number)]
        if not confirms(key.public_key, form.seal_signed_part(seal["hash"]), seal["signature"]):
            return [Problem("the seal's signature is false", number)]
        return []

    # -- a seal's entries -----------------------------------------------------------------------------

    def _contents_problems(
        self, seal: Mapping[str, Any], before: Mapping[str, Any] | None
    ) -> tuple[int, list[Problem]]:
        rows = self.database.rows(_ENTRIES, number=seal["number"])
        entries = [dict(zip(form.ENTRY_COLUMNS, row, strict=True)) for row in rows]
        if seal["pruned"] != "":
            return 0, self._pruned_problems(seal, entries)
        leaves = [form.leaf(entry) for entry in entries]
        sealed = _sealed_list(seal)
        if sealed is None:
            return len(entries), [Problem("the seal's list of entries was changed", seal["number"])]
        earliest = "" if before is None else _earliest(before["sealed_at"])
        problems = self._entry_problems(seal["number"], entries, leaves, dict(sealed), earliest)
        if not problems and (len(entries) != seal["entries"] or form.tree_root(leaves) != seal["root"]):
            problems.append(Problem("its entries aren't those that were sealed", seal["number"]))
        return len(entries), problems

    def _pruned_problems(self, seal: Mapping[str, Any], entries: Sequence[form.Entry]) -> list[Problem]:
        number = seal["number"]
        at, _, mac = seal["pruned"].partition("|")
        try:
            genuine = self.keys.confirms(form.pruned_part(seal["hash"], at), mac)
        except UnknownKey as unknown:
            return [_unknown(unknown, number)]
        if not genuine:
            return [Problem("its entries were deleted, and not because of their age", number)]
        return [
            Problem("was put into a part of the log that was deleted for its age", number, each["position"], each["id"])
            for each in entries
        ]

    def _entry_problems(
        self,
        number: int,
        entries: Sequence[form.Entry],
        leaves: Sequence[bytes],
        sealed: Mapping[int, str],
        earliest: str,
    ) -> list[Problem]:
        here = {entry["position"] for entry in entries}
        problems = [Problem("was deleted", number, position) for position in sealed if position not in here]
        for entry, leaf in zip(entries, leaves, strict=True):
            what = self._entry_problem(entry, earliest)
            expected = sealed.get(entry["position"])
            if expected is None:
                what = "was put in after it was sealed"
            elif not what and expected != form.text_of(leaf[:6]):
                what = "isn't the entry that was sealed here"
            if what:
                problems.append(Problem(what, number, entry["position"], entry["id"]))
        return sorted(problems, key=lambda problem: problem.position or 0)

    def _entry_problem(self, entry: form.Entry, earliest: str) -> str:
        """What is wrong with one entry by itself, or an empty text."""
        if not entry["mac"]:
            return "has no signature; if it is older than the seal itself, `studio audit adopt` takes it in"
        try:
            if not self.keys.confirms(form.signed_part(entry), entry["mac"]):
                return "was changed"
            if entry["withheld"] and not self._withheld_rightly(entry):
                return "was changed"
        except UnknownKey as unknown:
            return _unknown(unknown, None).what
        return "is older than what was sealed before it" if entry["at"] < earliest else ""

    def _withheld_rightly(self, entry: form.Entry) -> bool:
        digest, _, mac = entry["withheld"].partition(".")
        bare = not (entry["address"] or entry["path"] or entry["salt"])
        return bare and self.keys.confirms(form.withheld_part(entry["id"], digest), mac)

    # -- what no seal covers --------------------------------------------------------------------------

    def _strays(self) -> list[Problem]:
        problems = []
        if stray := self.database.row(_STRAY):
            problems.append(Problem("names a seal that isn't there", None, *stray))
        if twice := self.database.row(_TWICE):
            problems.append(Problem("is there twice", None, *twice))
        return problems

    def _check_unsealed(self, head: Mapping[str, Any] | None, report: Report) -> None:
        earliest = "" if head is None else _earliest(head["sealed_at"])
        after = 0
        while rows := self.database.rows(_UNSEALED, after=after):
            entries = [dict(zip(form.ENTRY_COLUMNS, row, strict=True)) for row in rows]
            report.unsealed += len(entries)
            report.unsealed_since = report.unsealed_since or entries[0]["at"]
            for entry in entries:
                if what := self._entry_problem(entry, earliest):
                    report.add([Problem(what, None, entry["position"], entry["id"])])
            after = rows[-1][0]

    # -- anchors --------------------------------------------------------------------------------------

    def _check_anchors(self, anchors: Sequence[Mapping[str, Any]], report: Report) -> None:
        for anchor in anchors:
            report.anchors += 1
            if what := self._anchor_problem(anchor):
                report.add([Problem(what, anchor["number"])])

    def _anchor_problem(self, anchor: Mapping[str, Any]) -> str:
        try:
            key = self.keys.find(anchor["key_id"])
        except UnknownKey as unknown:
            return _unknown(unknown, None).what
        if not confirms(key.public_key, form.anchor_signed_part(anchor), anchor["signature"]):
            return f"the anchor of {anchor['anchored_at']} was changed or is another install's"
        row = self.database.row(_SEAL, number=anchor["number"])
        told = f"the anchor of {anchor['anchored_at']} tells of {anchor['total']} entries up to here"
        if row is None:
            return f"the log was cut off: {told}, and this seal isn't there"
        if dict(zip(SEAL_ROW, row, strict=True))["hash"] != anchor["hash"]:
            return f"the log was rewritten: {told}, with another hash"
        return ""


def _earliest(sealed_at: str) -> str:
    try:
        return later(from_text(sealed_at), -_LATE_SECONDS)
    except ValueError:
        return ""  # a seal with such a time was changed, which is told elsewhere


def _sealed_list(seal: Mapping[str, Any]) -> list[tuple[int, str]] | None:
    """Position and hash of each entry as it was sealed, None when the list is another one."""
    if hashlib.sha256(seal["contents"].encode()).hexdigest() != seal["contents_digest"]:
        return None
    try:
        return form.read_list(seal["contents"])
    except ValueError:
        return None


def _unknown(key: UnknownKey, seal: int | None) -> Problem:
    return Problem(f"is signed with the key {str(key)[:20]!r}, which isn't among STUDIO_AUDIT_KEYS", seal)
