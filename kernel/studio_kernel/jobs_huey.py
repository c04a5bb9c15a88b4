"""Huey as the carrier of jobs: SQLite in ``STUDIO_HOME``, or Redis."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Worker as HueyWorker

from studio_kernel.storage.database import Database

# Seconds between looks at an empty queue; the sweep covers what is missed.
_LONGEST_WAIT = 0.25
# Seconds: a queue that takes longer for an answer is worse than none; it holds up whoever changes something.
_TIMEOUT = 2.0
_PAUSE = 5.0
_MOST_MESSAGES = 10_000
_LOOK_EVERY = 100

_log = logging.getLogger(__name__)


def open_huey(redis_url: str, home: Path) -> Huey:
    """The queue: Redis when there is a URL, else a file beside the database."""
    if redis_url:
        return RedisHuey("studio", connection_pool=_pool(redis_url), results=False, blocking=True, read_timeout=1)
    # NOTE: no fsync: a lost message is found again by the sweep.
    return SqliteHuey("studio", filename=str(home / "queue.db"), results=False, fsync=False)


def _pool(redis_url: str) -> Any:
    from redis import ConnectionPool
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as NoConnection
    from redis.retry import Retry

    # NOTE: one more try, at once, for a connection that died since it was used; none for a server that is silent.
    retry = Retry(NoBackoff(), 1, supported_errors=(NoConnection,))
    return ConnectionPool.from_url(redis_url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=retry)


def sender(huey: Huey, run: Callable[[str], object] | None) -> Callable[[str], None]:
    """A function that sends a message, such as a job's id; ``run`` acts on it on the consumer's side."""

    def studio_job(job_id: str) -> None:
        if run is not None:
            run(job_id)

    return _Sender(huey, huey.task(name="studio_job")(studio_job))


class _Sender:
    """Sends messages; for a while none after one failed, and none while nobody takes them: the sweep makes it good."""

    def __init__(self, huey: Huey, task: Callable[[str], object]) -> None:
        self._huey = huey
        self._task = task
        self._sent = 0
        self._full = False
        self._down_until = 0.0

    def __call__(self, message: str) -> None:
        if time.monotonic() < self._down_until:
            return
        try:
            if self._sent % _LOOK_EVERY == 0:
                self._full = self._huey.pending_count() > _MOST_MESSAGES
            self._sent += 1
            if not self._full:
                self._task(message)
        except Exception:
            self._down_until = time.monotonic() + _PAUSE
            raise


def consumer_threads(huey: Huey, count: int, stopping: threading.Event, database: Database) -> list[threading.Thread]:
    """Huey's own workers, in threads of ours: its consumer would take over the process's signals."""

    def consume() -> None:
        worker: Any = HueyWorker(huey, stopping, 0.05, _LONGEST_WAIT, 1.5)
        worker.initialize()
        while not stopping.is_set():
            try:
                worker.loop()
            except Exception:
                _log.warning("the job queue can't be read; trying again", exc_info=True)
                stopping.wait(1.0)
        database.close_thread()

    return [threading.Thread(target=consume, name=f"studio-worker-{number}", daemon=True) for number in range(count)]
