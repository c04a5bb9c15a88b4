"""Huey as the carrier of jobs: SQLite in ``STUDIO_HOME``, or Redis."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Worker as HueyWorker

from studio_kernel.storage.database import Database

# Seconds between looks at an empty queue; the sweep covers what is missed.
_LONGEST_WAIT = 0.25

_log = logging.getLogger(__name__)


def open_huey(redis_url: str, home: Path) -> Huey:
    """The queue: Redis when there is a URL, else a file beside the database."""
    if redis_url:
        return RedisHuey("studio", url=redis_url, results=False, blocking=True, read_timeout=1)
    # NOTE: no fsync: a lost message is found again by the sweep.
    return SqliteHuey("studio", filename=str(home / "queue.db"), results=False, fsync=False)


def sender(huey: Huey, run: Callable[[str], object] | None) -> Callable[[str], None]:
    """A function that sends a message, such as a job's id; ``run`` acts on it on the consumer's side."""

    def studio_job(job_id: str) -> None:
        if run is not None:
            run(job_id)

    task = huey.task(name="studio_job")(studio_job)

    def send(job_id: str) -> None:
        task(job_id)

    return send


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
