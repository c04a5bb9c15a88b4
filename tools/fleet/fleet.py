"""The fleet itself: engines, processes, balancer, and the people and receivers around it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fleet.balancer import Front
from fleet.calls import ADMIN, PASSWORD, Caller, Tally
from fleet.engines import Engines
from fleet.members import Api, Member, Worker, clean_environment, studio
from fleet.people import Assessor, Chatter, Guard, Person
from fleet.probe import install_probe
from fleet.receiver import Receiver
from studio_kernel.storage.database import open_database
from studio_kernel.storage.sql import Statement

DRAIN_SECONDS = 1.0
_LATEST = Statement("SELECT COALESCE(MAX(position), 0) FROM events")
_PLENTY = ("USER", "API_KEY", "CLIENT", "ANONYMOUS")


def settings(folder: Path, engines: Mapping[str, str]) -> dict[str, str]:
    """The environment of every process."""
    return {
        **clean_environment(),
        **engines,
        **{f"STUDIO_RATE_LIMIT_{kind}": "100000000/hour" for kind in _PLENTY},
        "PYTHONPATH": str(folder),
        "STUDIO_HOME": str(folder / "home"),
        "STUDIO_EMBEDDED_WORKER": "false",
        "STUDIO_DRAIN_SECONDS": str(DRAIN_SECONDS),
        "STUDIO_JOB_LEASE_SECONDS": "3",
        "STUDIO_DATABASE_TIMEOUT": "5",
        "STUDIO_TRUSTED_PROXIES": "127.0.0.0/8",
        "STUDIO_LOG_LEVEL": "warning",
        "STUDIO_AUTH_ARGON2_TIME_COST": "1",
        "STUDIO_AUTH_ARGON2_MEMORY_KIB": "8",
        "STUDIO_WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8",
        "STUDIO_WEBHOOKS_RETRY_SECONDS": ",".join(["0.2"] * 10 + ["2"] * 10),
        "STUDIO_WEBHOOKS_RETRY_AFTER_LIMIT": "0",
    }


class Fleet:
    """``apis`` × ``studio serve`` and ``workers`` × ``studio worker`` on one set of engines, behind one address."""

    def __init__(
        self,
        folder: Path,
        *,
        apis: int = 2,
        workers: int = 2,
        assessors: int = 3,
        nginx: bool | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._stack = contextlib.ExitStack()
        try:
            self._open(apis, workers, assessors, nginx, more or {})
        except BaseException:
            self._stack.close()
            raise

    def _open(self, apis: int, workers: int, assessors: int, nginx: bool | None, more: Mapping[str, str]) -> None:
        self.trace = install_probe(self.folder)
        self.engines = self._stack.enter_context(Engines())
        self.environment = settings(self.folder, self.engines.environment) | dict(more)
        studio(self.environment, "init", "--admin-email", ADMIN, "--admin-password", PASSWORD)
        self.apis = [Api(number, self.environment, self.folder) for number in range(apis)]
        self.workers = [Worker(number, self.environment, self.folder) for number in range(workers)]
        self.members: list[Member] = [*self.apis, *self.workers]
        self._stack.callback(self._end_members)
        for member in self.members:
            member.start()
        for member in self.members:
            member.wait()
        front = Front([api.port for api in self.apis], self.folder / "front", nginx=nginx)
        self.front = self._stack.enter_context(front)
        self.base = self.front.base
        self.receiver = self._stack.enter_context(Receiver())
        self.tally = Tally()
        self._stop = threading.Event()
        self.people: list[Person] = []
        self.assessors: list[Assessor] = []
        self._prepare(assessors)

    def _prepare(self, assessors: int) -> None:
        """The accounts of the people, and a webhook for everything that happens from here on."""
        self.admin = Caller(self.base, self.tally)
        self.admin.log_in(ADMIN)
        self._assessor_count = assessors
        names = [f"{name}{number}" for number in range(assessors) for name in ("assessor", "reviewer")]
        for name in [*names, "outsider0"]:
            role = "manager" if name.startswith("assessor") else "auditor"
            body = {"email": f"{name}@fleet.example", "name": name, "role": role, "password": PASSWORD}
            self.admin.send("POST", "/api/v1/users", json=body)
        hook = {"url": self.receiver.url, "events": ["*"], "secret": "a secret of the fleet"}
        self.first_event = self._latest_event()
        """The last event before the webhook was there: it is owed all later ones."""
        self.webhook_id: str = self.admin.data("POST", "/api/v1/webhooks", json=hook)["id"]

    def _latest_event(self) -> int:
        database = open_database(self.environment["STUDIO_DATABASE_URL"])
        try:
            return int(database.value(_LATEST))
        finally:
            database.close()

    def load(self, pause: float) -> None:
        """Let people begin; each rests ``pause`` seconds between two things that they do."""
        self._stop = threading.Event()
        common = (self.base, self.tally)
        assessors = [Assessor(*common, number, self._stop, pause) for number in range(self._assessor_count)]
        self.guard = Guard(*common, 0, self._stop, pause, [api.base for api in self.apis])
        self.assessors += assessors
        at_work = [*assessors, self.guard, Chatter(*common, 1, self._stop, 4 * pause)]
        self.people += at_work
        for person in at_work:
            person.thread.start()

    def errors(self) -> list[str]:
        """What stopped people from working: a broken promise, each."""
        return [f"{each.thread.name}: {each.error!r}" for each in self.people if each.error is not None]

    def rest(self) -> None:
        """Let the people finish what they are doing and go home."""
        self._stop.set()
        for person in self.people:
            person.thread.join(180)
            assert not person.thread.is_alive(), f"{person.thread.name} doesn't come to an end"

    def _end_members(self) -> None:
        for member in self.members:
            with contextlib.suppress(AssertionError):
                member.kill()

    def logs(self) -> Sequence[Path]:
        """What the processes wrote."""
        return [member.log for member in self.members]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if hasattr(self, "admin"):
            self.admin.close()
        self._stack.close()
