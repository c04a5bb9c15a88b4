"""Closing what was committed into a chain of seals.

Entries are written inside many transactions at once, which commit in another order than they began. So no entry names
the one before it. A sealer, one at a time, takes what is committed and unsealed, whatever its position, and closes it
with a seal: the root of a hash tree over the entries, the hash of the seal before, and a signature. An entry that
commits later than its neighbours is simply in a later seal.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import peewee

from studio_kernel.audit import form
from studio_kernel.audit.keys import SealKeys, UnknownKey, new_salt
from studio_kernel.clock import Clock, from_text, later, to_text
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.storage.database import Database
from studio_kernel.storage.models import Table, TimeField
from studio_kernel.storage.sql import Statement

_MOST_ENTRIES = 1000
_COUNTED = 10_000


class SealRow(Table):
    """One seal. ``total`` counts all entries up to it; ``pruned`` is a signed note that its entries were deleted."""

    number = peewee.BigIntegerField(primary_key=True)
    sealed_at = TimeField()
    entries = peewee.IntegerField()
    total = peewee.BigIntegerField()
    first_at = TimeField()
    last_at = TimeField()
    root = peewee.CharField(max_length=64)
    contents = peewee.TextField()
    contents_digest = peewee.CharField(max_length=64)
    previous = peewee.CharField(max_length=64)
    hash = peewee.CharField(max_length=64)
    key_id = peewee.CharField(max_length=8)
    signature = peewee.CharField(max_length=100)
    pruned = peewee.CharField(max_length=120)

    class Meta:
        table_name = "audit_seals"


SEAL_ROW = tuple(SealRow._meta.columns)
_ENTRY = ", ".join(form.ENTRY_COLUMNS)
_HEAD = Statement(f"SELECT {', '.join(SEAL_ROW)} FROM audit_seals ORDER BY number DESC LIMIT 1")
# NOTE: entries without a signature are older than the seal; `studio audit adopt` takes them in.
_TAKE = Statement(
    "UPDATE audit_log SET seal = :number WHERE position IN (SELECT position FROM audit_log WHERE seal IS NULL "
    f"AND mac <> '' ORDER BY position LIMIT :limit) RETURNING {_ENTRY}"
)
_OLDEST_UNSEALED = Statement("SELECT at FROM audit_log WHERE seal IS NULL ORDER BY position LIMIT 1")
_COUNT_UNSEALED = Statement(
    f"SELECT COUNT(*) FROM (SELECT 1 FROM audit_log WHERE seal IS NULL LIMIT {_COUNTED}) AS unsealed"
)
_UNSIGNED = Statement(
    f"SELECT {_ENTRY} FROM audit_log WHERE seal IS NULL AND mac = '' ORDER BY position LIMIT {_MOST_ENTRIES}"
)
_SIGN = Statement("UPDATE audit_log SET salt = :salt, mac = :mac WHERE position = :position")
_OLD = Statement(
    "SELECT number, hash FROM audit_seals WHERE pruned = '' AND last_at < :before AND number < "
    "(SELECT COALESCE(MIN(number), :after) FROM audit_seals WHERE pruned = '' AND last_at >= :before) "
    "ORDER BY number LIMIT :limit"
)
_COUNT_OLD = Statement(
    "SELECT COALESCE(SUM(entries), 0) FROM audit_seals WHERE pruned = '' AND last_at < :before AND number < "
    "(SELECT COALESCE(MIN(number), :after) FROM audit_seals WHERE pruned = '' AND last_at >= :before)"
)
_NOTE_PRUNED = Statement("UPDATE audit_seals SET contents = '', pruned = :note WHERE number = :number AND pruned = ''")
_DELETE = Statement("DELETE FROM audit_log WHERE seal = :number")
_BEYOND = 2**62


def last_seal(database: Database) -> dict[str, Any] | None:
    """The chain's end, None before the first seal."""
    row = database.row(_HEAD)
    return None if row is None else dict(zip(SEAL_ROW, row, strict=True))


@dataclass(frozen=True, slots=True)
class SealState:
    """How far the log is sealed. ``unsealed`` counts up to 10,000; ``unsealed_age`` is in seconds."""

    head: dict[str, Any] | None
    unsealed: int
    unsealed_since: str | None
    unsealed_age: float


@dataclass(slots=True)
class Sealer:
    """Seals the log of one application, and deletes what is old, seal by seal."""

    database: Database
    clock: Clock
    keys: SealKeys

    def seal(self) -> int:
        """Seal all that is committed now; how many entries. Any number of processes may call this at once."""
        sealed = 0
        while count := self._seal_some():
            sealed += count
            if count < _MOST_ENTRIES:
                break
        return sealed

    def _seal_some(self) -> int:
        with self.database.transaction():
            self.database.lock("studio.audit.seal")
            before = last_seal(self.database)
            self._check_key(before)
            number = 1 if before is None else before["number"] + 1
            rows = self.database.rows(_TAKE, number=number, limit=_MOST_ENTRIES)
            if rows:
                entries = [dict(zip(form.ENTRY_COLUMNS, row, strict=True)) for row in sorted(rows)]
                self.database.insert(SealRow, self._made(number, entries, before))
        return len(rows)

    def _check_key(self, before: dict[str, Any] | None) -> None:
        """A process that doesn't know the newest key yet leaves sealing to those that do."""
        try:
            self.keys.age(self.keys.newest.id if before is None else before["key_id"])
        except UnknownKey as unknown:
            raise ServiceUnavailable(
                f"The audit log is sealed with the key {unknown}, which isn't among this process's STUDIO_AUDIT_KEYS"
            ) from unknown

    def _made(self, number: int, entries: list[dict[str, Any]], before: dict[str, Any] | None) -> dict[str, Any]:
        key = self.keys.newest
        leaves = [form.leaf(entry) for entry in entries]
        moments = [entry["at"] for entry in entries]
        contents = form.listed(entries, leaves)
        seal = {
            "number": number,
            "sealed_at": to_text(self.clock()),
            "entries": len(entries),
            "total": len(entries) + (0 if before is None else before["total"]),
            "first_at": min(moments),
            "last_at": max(moments),
            "root": form.tree_root(leaves),
            "contents": contents,
            "contents_digest": hashlib.sha256(contents.encode()).hexdigest(),
            "previous": form.NO_HASH if before is None else before["hash"],
            "key_id": key.id,
            "pruned": "",
        }
        seal["hash"] = form.seal_hash(seal)
        seal["signature"] = key.sign(form.seal_signed_part(seal["hash"]))
        return seal

    def state(self) -> SealState:
        """How far the log is sealed, in a constant number of queries."""
        since = self.database.value(_OLDEST_UNSEALED)
        age = 0.0 if since is None else max(0.0, (self.clock() - from_text(since)).total_seconds())
        return SealState(last_seal(self.database), self.database.value(_COUNT_UNSEALED), since, age)

    def adopt(self) -> int:
        """Sign entries that were written before there was a seal, as they are now; how many."""
        adopted = 0
        while True:
            with self.database.transaction():
                rows = self.database.rows(_UNSIGNED)
                for row in rows:
                    entry = dict(zip(form.ENTRY_COLUMNS, row, strict=True)) | {"salt": new_salt()}
                    mac = self.keys.newest.mac(form.signed_part(entry))
                    self.database.execute(_SIGN, salt=entry["salt"], mac=mac, position=entry["position"])
            if not rows:
                return adopted
            adopted += len(rows)

    def count_old(self, days: float) -> int:
        """How many entries :meth:`prune` would delete."""
        before = later(self.clock(), -days * 86_400)
        return int(self.database.value(_COUNT_OLD, before=before, after=_BEYOND))

    def prune(self, days: float) -> int:
        """Delete entries older than ``days``, in whole seals from the beginning on; how many.

        Their seals stay, with a signed note, so that the chain and everything after them still verifies.
        """
        before = later(self.clock(), -days * 86_400)
        deleted = 0
        while old := self.database.rows(_OLD, before=before, after=_BEYOND, limit=100):
            for number, digest in old:
                with self.database.transaction():
                    self.database.lock("studio.audit.seal")
                    at = to_text(self.clock())
                    note = f"{at}|{self.keys.newest.mac(form.pruned_part(digest, at))}"
                    if self.database.execute(_NOTE_PRUNED, number=number, note=note):
                        deleted += self.database.execute(_DELETE, number=number)
        return deleted
