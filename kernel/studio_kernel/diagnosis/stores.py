"""Looks at what the platform stands on: databases, stores, workers, backups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_kernel.clock import from_text, to_text
from studio_kernel.diagnosis import Diagnosis, Trouble
from studio_kernel.errors import ConfigurationError
from studio_kernel.marks import LAST_BACKUP, WORKER, get_mark, marks_below
from studio_kernel.security.sealed import sealed_columns
from studio_kernel.storage.models import SealedField
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_SKEW = 5.0
_IDLE = 60.0
_BACKUP_AGE = timedelta(days=7)
_LOOKED_AT = 50
_NOW = Statement("SELECT 0", postgresql="SELECT EXTRACT(EPOCH FROM clock_timestamp())")
_WAITING = Statement("SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'waiting') AND run_at < :before")
_WAITING_KINDS = Statement(
    "SELECT kind, COUNT(*) FROM jobs WHERE state IN ('queued', 'waiting') AND run_at <= :now GROUP BY kind"
)
_FAILED = Statement(
    "SELECT kind, COUNT(*) FROM jobs WHERE state = 'failed' AND updated_at > :since GROUP BY kind ORDER BY 2"
)
_BEGIN = Statement("SELECT MIN(applied_at) FROM schema_migrations")
_PROBE = b"a probe of studio doctor"


def diagnoses(platform: Platform) -> Sequence[Diagnosis]:
    """All of them, for a platform whose schema is that of the program."""
    return (
        Diagnosis("database.clock", lambda: look_at_clock(platform), serious=False),
        Diagnosis(
            "files.writing",
            lambda: look_at_files(platform),
            "check STUDIO_FILES_URL, the bucket or folder, and that it may be written to",
        ),
        Diagnosis("cache.eviction", lambda: look_at_eviction(platform), "check STUDIO_REDIS_URL", serious=False),
        Diagnosis("worker", lambda: look_at_workers(platform)),
        Diagnosis("jobs.unknown", lambda: look_at_unknown_jobs(platform)),
        Diagnosis("jobs.failed", lambda: look_at_failed_jobs(platform)),
        Diagnosis("secret_key", lambda: look_at_seals(platform)),
        Diagnosis("backup", lambda: look_at_backups(platform)),
    )


def look_at_clock(platform: Platform) -> Trouble | None:
    """Clocks that differ: leases end early or late, and tokens with them."""
    if platform.database.dialect == "sqlite":
        return None
    skew = float(platform.database.value(_NOW)) - platform.clock().timestamp()
    if abs(skew) <= _MOST_SKEW:
        return None
    way = "behind" if skew > 0 else "ahead of"
    return Trouble(
        f"this machine's clock is {abs(skew):.0f} seconds {way} the database server's",
        "have all machines follow a time server (chrony, systemd-timesyncd)",
    )


def look_at_files(platform: Platform) -> Trouble | None:
    """A file store that takes nothing, or gives back something else."""
    with platform.files.stage() as staged:
        staged.write(_PROBE + to_text(platform.clock()).encode())
        digest = platform.files.keep(staged)
    sound = platform.files.verify(digest)
    platform.files.delete(digest)
    return None if sound else Trouble("a file comes back changed", "look at the disk or the store", serious=True)


def look_at_eviction(platform: Platform) -> Trouble | None:
    """A Redis that throws away what it was given when it is full."""
    url = platform.settings.kernel.redis_url.get_secret_value()
    if not url:
        return None
    import redis

    with redis.Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0) as client:
        info = client.info("memory")
        policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy in ("noeviction", "volatile-lru", "volatile-lfu", "volatile-ttl", "volatile-random"):
        return None
    return Trouble(
        f"Redis evicts any key when it is full ({policy}): messages to workers and counted requests get lost",
        "set maxmemory-policy to noeviction, or to volatile-lru",
    )


def look_at_workers(platform: Platform) -> Trouble | None:
    """Work that waits while no worker gives a sign of life."""
    now = platform.clock()
    waiting = platform.database.value(_WAITING, before=to_text(now - timedelta(seconds=_IDLE)))
    if not waiting or marks_below(platform.database, WORKER, now):
        return None
    return Trouble(
        f"{waiting} pieces of work are due for more than a minute, and no worker has given a sign of life",
        "start `studio worker`, or `studio serve` with STUDIO_EMBEDDED_WORKER=true",
        serious=True,
    )


def look_at_unknown_jobs(platform: Platform) -> Trouble | None:
    """Work that waits for a plugin which isn't active here, or for a newer version."""
    waiting = platform.database.rows(_WAITING_KINDS, now=to_text(platform.clock()))
    unknown = {kind: count for kind, count in waiting if kind not in platform.jobs.types}
    if not unknown:
        return None
    most = max(unknown, key=lambda kind: unknown[kind])
    return Trouble(
        f"{sum(unknown.values())} jobs wait for a process that knows their kind, most of them {most}; none here does",
        "enable the plugin that does them, or end the upgrade; what nothing will do any more is ended by "
        f"`studio jobs cancel --kind {most}` (`studio jobs list --kind {most}` shows it)",
    )


def look_at_failed_jobs(platform: Platform) -> Trouble | None:
    """Work that was given up within the last day."""
    since = to_text(platform.clock() - timedelta(days=1))
    failed = platform.database.rows(_FAILED, since=since)
    if not failed:
        return None
    kind, _ = failed[-1]
    return Trouble(
        f"{sum(count for _, count in failed)} jobs were given up within a day, most of them {kind}",
        "see why by `studio jobs list --state failed`, and repeat them by `studio jobs retry`",
    )


def look_at_seals(platform: Platform) -> Trouble | None:
    """Secrets that were sealed with a key that this process doesn't have."""
    for table, field in sealed_columns(platform):
        if not _opens(platform, table, field):
            return Trouble(
                f"secrets in the table {table} were sealed with another key",
                "set STUDIO_SECRET_KEY (or secret.key in STUDIO_HOME) to the key that all processes share",
                serious=True,
            )
    return None


def _opens(platform: Platform, table: str, field: SealedField) -> bool:
    column = field.column_name
    rows = platform.database.rows(
        Statement(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT {_LOOKED_AT}')
    )
    box = platform.secret_box(field.purpose)
    try:
        for (sealed,) in rows:
            box.open(sealed)
    except ConfigurationError:
        return False
    return True


def look_at_backups(platform: Platform) -> Trouble | None:
    """No backup for a week; a younger install has time."""
    now = platform.clock()
    last = get_mark(platform.database, LAST_BACKUP, now)
    since = last.noted_at if last is not None else platform.database.value(_BEGIN)
    if since is None or now - from_text(since) <= _BACKUP_AGE:
        return None
    days = (now - from_text(since)).days
    said = f"the last backup is {days} days old" if last is not None else f"there was no backup in {days} days"
    return Trouble(said, "run `studio backup FILE` every day, and try `studio restore FILE --verify-only`")
