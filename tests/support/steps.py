"""One change of evidence, and a process that ends itself at a given step of it."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from typing import Any

from studio_evidence.service.files import EvidenceFiles
from studio_evidence.service.intake import Arrival
from studio_evidence.service.pieces import Pieces
from studio_evidence.service.reviews import Reviews
from studio_kernel.app import Platform
from studio_kernel.context import CallContext, call_context
from studio_kernel.security.principal import Principal
from studio_kernel.storage import files_directory
from studio_kernel.storage.database import Database
from studio_kernel.storage.files import StagedFile

CONTENT = b"# The new one\n" * 4000


class _Countdown:
    """Kills this process once it has been told of that many steps."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def __call__(self) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        """Count a step before each call of ``owner.name``."""
        function: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(function)
        def counted(*arguments: Any, **options: Any) -> Any:
            self()
            return function(*arguments, **options)

        setattr(owner, name, counted)


def perform(platform: Platform, change: str, steps: int, arguments: list[str]) -> None:
    """Do one change as the account ``arguments[0]``; each statement and each touch of a file is a step."""
    principal = Principal("user", arguments[0], arguments[0], "admin", frozenset(("read", "write")))
    countdown = _Countdown(steps)
    countdown.around(Database, "_attempt")
    for name in ("write", "finish", "discard"):
        countdown.around(StagedFile, name)
    for name in ("replace", "utime", "fsync"):
        countdown.around(files_directory.os, name)
    with call_context(CallContext(principal, f"test.{change}")):
        CHANGES[change](platform, principal, *arguments[1:])


def _arrival(platform: Platform) -> Arrival:
    staged = platform.files.stage()
    for start in range(0, len(CONTENT), 16_384):
        staged.write(CONTENT[start : start + 16_384])
    return Arrival("new.md", staged)


def _upload(platform: Platform, principal: Principal, project_id: str, control_id: str) -> None:
    arrival = _arrival(platform)
    given = {"title": "New", "description": "", "project_id": project_id, "control_id": control_id, "tags": ["a", "b"]}
    dates = dict.fromkeys(("period_start", "period_end", "valid_until"))
    Pieces(platform).upload(principal, arrival, {**given, **dates})
    arrival.staged.discard()


def _version(platform: Platform, principal: Principal, evidence_id: str) -> None:
    arrival = _arrival(platform)
    EvidenceFiles(platform).add_version(principal, evidence_id, arrival, {"comment": ""})
    arrival.staged.discard()


def _review(platform: Platform, principal: Principal, evidence_id: str) -> None:
    given = {"decision": "approve", "score": 90, "comment": "", "version": None}
    Reviews(platform).add(principal, evidence_id, given)


def _delete(platform: Platform, principal: Principal, evidence_id: str) -> None:
    Pieces(platform).delete(principal, evidence_id)


CHANGES: dict[str, Callable[..., None]] = {
    "upload": _upload,
    "version": _version,
    "review": _review,
    "delete": _delete,
}
