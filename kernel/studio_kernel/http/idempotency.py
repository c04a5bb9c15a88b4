"""Idempotency keys: the same POST sent twice happens once, and both get the first answer.

The key's row, the change and the stored answer commit in one transaction, so that no crash can separate them.
Two requests at once meet at the row's unique key: the second waits for the first and replays its answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import peewee

from studio_kernel.clock import Clock, later, to_text
from studio_kernel.errors import Conflict, ValidationFailed
from studio_kernel.http.wire import Wire
from studio_kernel.security.secrets import SecretBox
from studio_kernel.storage.database import Database
from studio_kernel.storage.models import SealedField, Table, TimeField
from studio_kernel.storage.sql import Statement


class IdempotencyRow(Table):
    """An answer kept for replay; encrypted, because an answer may show a secret once."""

    key = peewee.CharField(max_length=64, primary_key=True)
    fingerprint = peewee.CharField(max_length=64)
    answer = SealedField("idempotency", null=True)
    created_at = TimeField(index=True)

    class Meta:
        table_name = "idempotency_keys"


_FIND = Statement("SELECT fingerprint, answer FROM idempotency_keys WHERE key = :key AND created_at > :horizon")
_FORGET = Statement("DELETE FROM idempotency_keys WHERE key = :key AND created_at <= :horizon")
_FORGET_CLAIM = Statement("DELETE FROM idempotency_keys WHERE key = :key AND answer IS NULL AND created_at <= :horizon")
_CLAIM_SECONDS = 600.0


@dataclass(slots=True)
class Idempotency:
    """The kept answers of one application."""

    database: Database
    clock: Clock
    box: SecretBox
    hours: float

    def run(self, caller: str, operation: str, key: str, body: bytes, act: Callable[[], Wire]) -> Wire:
        """Do ``act`` once for this caller, operation and key; ``Conflict`` when the body is another one."""
        row_key, fingerprint = _identify(caller, operation, key, body)
        with self.database.transaction():
            self.database.lock(f"idempotency:{row_key}")
            kept = self._find(row_key)
            if kept is not None:
                return self._replay(kept, fingerprint)
            wire = act()
            self.database.insert(
                IdempotencyRow,
                {
                    "key": row_key,
                    "fingerprint": fingerprint,
                    "answer": self.box.seal(_pack(wire)),
                    "created_at": to_text(self.clock()),
                },
            )
            return wire

    def run_slow(self, caller: str, operation: str, key: str, body: bytes, act: Callable[[], Wire]) -> Wire:
        """The same for work that waits for the outside world and so must not hold a transaction open.

        The key is claimed first; the answer is kept with it afterwards. A repeat that comes meanwhile is a
        ``Conflict``; so is one after a crash in between, until the claim is ten minutes old.
        """
        row_key, fingerprint = _identify(caller, operation, key, body)
        kept = self._claim(row_key, fingerprint)
        if kept is not None:
            return self._replay(kept, fingerprint)
        try:
            wire = act()
        except BaseException:
            with self.database.transaction():
                self.database.delete(IdempotencyRow, where={"key": row_key})
            raise
        with self.database.transaction():
            self.database.update(IdempotencyRow, {"answer": self.box.seal(_pack(wire))}, where={"key": row_key})
        return wire

    def _claim(self, row_key: str, fingerprint: str) -> tuple[Any, ...] | None:
        """The kept answer, or None once the key is this caller's to answer."""
        now = self.clock()
        with self.database.transaction():
            self.database.lock(f"idempotency:{row_key}")
            self.database.execute(_FORGET_CLAIM, key=row_key, horizon=later(now, -_CLAIM_SECONDS))
            kept = self._find(row_key)
            if kept is not None and kept[0] == fingerprint and kept[1] is None:
                raise Conflict("The first request with this Idempotency-Key is still under way; try again later")
            if kept is None:
                row = {"key": row_key, "fingerprint": fingerprint, "answer": None, "created_at": to_text(now)}
                self.database.insert(IdempotencyRow, row)
            return kept

    def _horizon(self) -> str:
        return later(self.clock(), -3600 * self.hours)

    def _find(self, row_key: str) -> tuple[Any, ...] | None:
        horizon = self._horizon()
        self.database.execute(_FORGET, key=row_key, horizon=horizon)
        return self.database.row(_FIND, key=row_key, horizon=horizon)

    def _replay(self, kept: tuple[Any, ...], fingerprint: str) -> Wire:
        if kept[0] != fingerprint:
            raise Conflict(
                "This Idempotency-Key was used with another request body",
                details={"field": "Idempotency-Key", "error": "Use a new key for a new request"},
            )
        wire = _unpack(self.box.open(kept[1]))
        wire.headers["Idempotency-Replayed"] = "true"
        return wire


def _identify(caller: str, operation: str, key: str, body: bytes) -> tuple[str, str]:
    """The row's key, and what tells one body from another."""
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise ValidationFailed("Idempotency-Key", "Must be 1 to 255 printable ASCII characters")
    row_key = hashlib.sha256("\0".join((caller, operation, key)).encode()).hexdigest()
    return row_key, hashlib.sha256(body).hexdigest()


def _pack(wire: Wire) -> bytes:
    return orjson.dumps([wire.status, wire.headers, wire.content_type, (wire.body or b"").decode()])


def _unpack(raw: bytes) -> Wire:
    status, headers, content_type, body = orjson.loads(raw)
    return Wire(status, body.encode(), headers, content_type)
