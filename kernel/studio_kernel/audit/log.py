"""The audit log: every call of the API, changes in the same transaction as the change.

A change's entry is written by :meth:`Audit.write_with_change` just before the commit. Calls that change nothing
(reads, refusals) are collected and written in groups by a thread, so that a read costs no write of its own. Each entry
is signed as it is written, with a key that isn't in the database.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import peewee

from studio_kernel.audit import form
from studio_kernel.audit.keys import SealKeys, new_salt
from studio_kernel.clock import Clock, to_text
from studio_kernel.context import CallContext, own_bookkeeping
from studio_kernel.ids import new_id
from studio_kernel.storage.database import Database
from studio_kernel.storage.models import Table, TimeField

_log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9_.:-]{0,80}")
_FLUSH_SECONDS = 0.5
_FLUSH_COUNT = 500
_MOST_WAITING = 50_000
_WRITTEN = "audit.written"
_Noted = tuple[CallContext, int, datetime]
"""A call that is to be entered, how it ended, and when."""


class AuditRow(Table):
    """One call: who, what, on which resource, from where, with what result. Never bodies, never secrets.

    ``mac`` signs the entry; ``seal`` is the number of the seal that closed it. ``withheld`` stands for address and path
    where a person's traces were taken out.
    """

    position = peewee.BigAutoField()
    id = peewee.CharField(max_length=40, unique=True)
    at = TimeField(index=True)
    actor_kind = peewee.CharField(max_length=12)
    actor_id = peewee.CharField(max_length=80)
    user_id = peewee.CharField(max_length=80, index=True)
    action = peewee.CharField(max_length=100, index=True)
    resource_id = peewee.CharField(max_length=80, index=True)
    project_id = peewee.CharField(max_length=80)
    address = peewee.CharField(max_length=64)
    method = peewee.CharField(max_length=8)
    path = peewee.CharField(max_length=300)
    status = peewee.IntegerField()
    request_id = peewee.CharField(max_length=80)
    salt = peewee.CharField(max_length=32)
    withheld = peewee.CharField(max_length=120)
    mac = peewee.CharField(max_length=60)
    seal = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "audit_log"
        id_prefix = "aud"


@dataclass(slots=True)
class Audit:
    """The log of one application."""

    database: Database
    clock: Clock
    keys: SealKeys
    with_reads: bool = True
    _waiting: deque[_Noted] = field(default_factory=deque)
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopping: bool = False
    _thread: threading.Thread | None = None

    def entry(self, context: CallContext, status: int, at: datetime | None = None) -> dict[str, Any]:
        """The row for a call that ended with that HTTP status, at that moment or now."""
        principal = context.principal
        entry = {
            "id": new_id("aud"),
            "at": to_text(at or self.clock()),
            "actor_kind": principal.kind,
            "actor_id": principal.id[:80],
            "user_id": principal.user_id,
            "action": context.action,
            # APPSEC: a path may hold anything; what can't be an id, such as somebody's address, is no resource.
            "resource_id": context.resource_id if _ID.fullmatch(context.resource_id) else "",
            "project_id": context.project_id,
            "address": context.address,
            "method": context.method,
            "path": context.path[:300].replace("\0", ""),
            "status": status,
            "request_id": context.request_id,
            "salt": new_salt(),
            "withheld": "",
        }
        entry["mac"] = self.keys.newest.mac(form.signed_part(entry))
        return entry

    def write_with_change(self, context: CallContext) -> None:
        """Write a change's entry inside the open transaction, once a call.

        Only a commit makes it so: of what is rolled back there is no entry, and :meth:`note` logs how the call ended.
        """
        transaction = self.database.current
        assert transaction is not None, "a change's entry is written inside its transaction"
        if context.audited or _WRITTEN in transaction.facts:
            return
        self.database.insert(AuditRow, self.entry(context, context.success_status))
        transaction.facts[_WRITTEN] = True
        transaction.after_commit(lambda: setattr(context, "audited", True))

    def note(self, context: CallContext, status: int, *, always: bool = False) -> None:
        """Log a call that changed nothing, soon and together with others; ``always`` also where reads aren't logged.

        A call that was refused after all, with a change of its own kept, gets an entry for either.
        """
        if context.audited and (status < 400 or context.success_status >= 400):
            return
        if status < 400 and not (self.with_reads or always):
            return
        if len(self._waiting) >= _MOST_WAITING:
            # NOTE: backpressure instead of loss: the caller's thread writes the group.
            self.flush()
        # PERF: put together and signed where it is written, many at a time: one by one that costs three times as much.
        self._waiting.append((context, status, self.clock()))
        if len(self._waiting) >= _FLUSH_COUNT:
            self._wake.set()

    def flush(self) -> None:
        """Write what waits."""
        while self._waiting:
            noted: list[_Noted] = []
            while self._waiting and len(noted) < _FLUSH_COUNT:
                noted.append(self._waiting.popleft())
            try:
                # NOTE: it may be a caller's thread, amid a call that is no change of its own by that.
                with own_bookkeeping(), self.database.transaction():
                    self.database.insert_many(AuditRow, [self.entry(*each) for each in noted])
            except Exception:
                self._waiting.extendleft(reversed(noted))
                raise

    def start(self) -> None:
        """Start the thread that writes groups."""
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="studio-audit", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write the rest and end the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(10.0)
            self._thread = None

    def _loop(self) -> None:
        while True:
            self._wake.wait(_FLUSH_SECONDS)
            self._wake.clear()
            stopping = self._stopping
            try:
                self.flush()
            except Exception:
                _log.warning("audit entries can't be written at the moment and are kept", exc_info=True)
            if stopping:
                self.database.close_thread()
                return
