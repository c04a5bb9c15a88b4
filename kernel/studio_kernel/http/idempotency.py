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
from studio_kernel.context import current_context, own_bookkeeping
from studio_kernel.errors import ConfigurationError, Conflict, ValidationFailed
from studio_kernel.http.wire import Wire
from studio_kernel.security.secrets import SecretBox
from studio_kernel.storage.database import Database
from studio_kernel.storage.models import SealedField, Table, TimeField
from studio_kernel.storage.sql import Statement


class IdempotencyRow(Table):
    """An answer kept for replay; encrypted, because an answer may show a secret once.

    APPSEC: what tells one body from another is sealed with the answer: a body may hold a password, and a plain hash of
    it could be guessed from. ``fingerprint``, for such hashes once, is always empty; to take the column away would hold
    up upgrades for nothing.
    """

    key = peewee.CharField(max_length=64, primary_key=True)
    fingerprint = peewee.CharField(max_length=64)
    answer = SealedField("idempotency", null=True)
    created_at = TimeField(index=True)

    class Meta:
        table_name = "idempotency_keys"


_FIND = Statement("SELECT answer FROM idempotency_keys WHERE key = :key AND created_at > :horizon")
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
        """Do ``act`` once for this caller, operation and key; ``Conflict`` when the input is another one.

        ``body`` is the request's input: its body, and its query if it has one. An answer that is a file or a stream is
        not kept: a repeat makes it anew.
        """
        row_key, fingerprint = _identify(caller, operation, key, body)
        with self.database.transaction():
            self.database.lock(f"idempotency:{row_key}")
            kept = self._find(row_key)
            wire = act() if kept is None else self._replay(kept[0], fingerprint)
            # NOTE: the audit entry is written with the commit: it says what is answered, refusals too.
            current_context().success_status = wire.status
            if kept is None and _is_whole(wire):
                answer = self.box.seal(_pack(wire, fingerprint))
                self.database.insert(IdempotencyRow, _row(row_key, answer, to_text(self.clock())))
            return wire

    def run_slow(self, caller: str, operation: str, key: str, body: bytes, act: Callable[[], Wire]) -> Wire:
        """The same for work that waits for the outside world and so must not hold a transaction open.

        The key is claimed first; the answer is kept with it afterwards. A repeat that comes meanwhile is a
        ``Conflict``; so is one after a crash in between, until the claim is ten minutes old.
        """
        row_key, fingerprint = _identify(caller, operation, key, body)
        kept = self._claim(row_key)
        if kept is not None:
            return self._replay(kept, fingerprint)
        try:
            wire = act()
        except BaseException:
            with own_bookkeeping(), self.database.transaction():
                self.database.delete(IdempotencyRow, where={"key": row_key})
            raise
        with own_bookkeeping(), self.database.transaction():
            if _is_whole(wire):
                answer = self.box.seal(_pack(wire, fingerprint))
                self.database.update(IdempotencyRow, {"answer": answer}, where={"key": row_key})
            else:
                self.database.delete(IdempotencyRow, where={"key": row_key})
        return wire

    def _claim(self, row_key: str) -> str | None:
        """The kept answer, or None once the key is this caller's to answer."""
        now = self.clock()
        with own_bookkeeping(), self.database.transaction():
            self.database.lock(f"idempotency:{row_key}")
            self.database.execute(_FORGET_CLAIM, key=row_key, horizon=later(now, -_CLAIM_SECONDS))
            kept = self._find(row_key)
            if kept is None:
                self.database.insert(IdempotencyRow, _row(row_key, None, to_text(now)))
                return None
            if kept[0] is None:
                raise Conflict("The first request with this Idempotency-Key is still under way; try again later")
            return str(kept[0])

    def _horizon(self) -> str:
        return later(self.clock(), -3600 * self.hours)

    def _find(self, row_key: str) -> tuple[Any, ...] | None:
        horizon = self._horizon()
        self.database.execute(_FORGET, key=row_key, horizon=horizon)
        return self.database.row(_FIND, key=row_key, horizon=horizon)

    def _replay(self, answer: str, fingerprint: str) -> Wire:
        try:
            wire, of_body = _unpack(self.box.open(answer))
        except ConfigurationError:
            raise Conflict("The answer kept with this Idempotency-Key can't be read any more; use a new key") from None
        if of_body != fingerprint:
            raise Conflict(
                "This Idempotency-Key was used with another request body or query",
                details={"field": "Idempotency-Key", "error": "Use a new key for a new request"},
            )
        wire.headers["Idempotency-Replayed"] = "true"
        return wire


def _identify(caller: str, operation: str, key: str, body: bytes) -> tuple[str, str]:
    """The row's key, and what tells one body from another."""
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise ValidationFailed("Idempotency-Key", "Must be 1 to 255 printable ASCII characters")
    row_key = hashlib.sha256("\0".join((caller, operation, key)).encode()).hexdigest()
    return row_key, hashlib.sha256(body).hexdigest()


def _row(key: str, answer: str | None, created_at: str) -> dict[str, Any]:
    return {"key": key, "fingerprint": "", "answer": answer, "created_at": created_at}


def _is_whole(wire: Wire) -> bool:
    """Whether all of the answer is there, so that it can be kept."""
    return wire.file is None and wire.stream is None


def _pack(wire: Wire, fingerprint: str) -> bytes:
    # NOTE: a body is any bytes; each of them is a character of Latin-1.
    return orjson.dumps(
        [wire.status, wire.headers, wire.content_type, (wire.body or b"").decode("latin-1"), fingerprint]
    )


def _unpack(raw: bytes) -> tuple[Wire, str]:
    """The answer, and the fingerprint of its request's body."""
    status, headers, content_type, body, fingerprint = orjson.loads(raw)
    return Wire(status, body.encode("latin-1"), headers, content_type), fingerprint
