"""Restoring a backup into an empty install, on whichever database and file store."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from studio_kernel.backup import tables
from studio_kernel.backup.archive import Archive, BackupRefused, Manifest, TableEntry
from studio_kernel.backup.making import Watch
from studio_kernel.kernel_schema import NOT_CARRIED
from studio_kernel.marks import RESTORED, drop_mark, get_mark, set_mark
from studio_kernel.security.sealed import sealed_columns
from studio_kernel.security.secrets import key_check, read_keys, write_keys
from studio_kernel.storage.database import Database
from studio_kernel.storage.files import CHUNK, FileStore
from studio_kernel.storage.migrations import Step, migrate, turn
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.settings import KernelSettings


@dataclass(frozen=True, slots=True)
class Options:
    """How a backup is restored: ``another_key`` does without what was sealed, ``without`` leaves plugins out."""

    another_key: bool = False
    without: Sequence[str] = ()


@dataclass(slots=True)
class Restored:
    """What was restored, and what the operator has to make anew."""

    rows: int = 0
    files: int = 0
    lost: dict[str, str] = field(default_factory=dict)


def settle_key(kernel: KernelSettings, archive: Archive, manifest: Manifest, options: Options) -> None:
    """Make sure that what the backup has sealed can be read here; refuse otherwise."""
    file = kernel.home / "secret.key"
    own = kernel.secret_key.get_secret_value() or next(iter(read_keys(file)), "")
    if (own and key_check(own) == manifest.key_check) or options.another_key:
        return
    if own:
        raise BackupRefused(
            "the backup was sealed with another key: set STUDIO_SECRET_KEY (or the file secret.key in STUDIO_HOME) to "
            "the key of the install that was backed up, or add --another-key to go on without what was sealed"
        )
    if not manifest.secrets:
        raise BackupRefused(
            "the backup was made without the platform's key: give the key as STUDIO_SECRET_KEY or as secret.key in "
            "STUDIO_HOME, or add --another-key to go on without what was sealed"
        )
    write_keys(file, archive.secret("secret.key").splitlines())


def require_room(database: Database, steps: Sequence[Step], manifest: Manifest, options: Options) -> None:
    """Refuse a database that isn't empty, and a backup whose schema this program doesn't know."""
    _require_empty(database)
    known = {(step.plugin, step.migration.name) for step in steps}
    plugins = {plugin for plugin, _ in known}
    for plugin, name in manifest.schema:
        if plugin in options.without or (plugin, name) in known:
            continue
        if plugin in plugins:
            raise BackupRefused(f"the backup is newer than this program: it has the step {plugin} {name}; update first")
        raise BackupRefused(
            f"the backup has data of the plugin {plugin}, which isn't installed here: install it, or add "
            f"--without-plugin {plugin} to leave its data out"
        )


def _require_empty(database: Database) -> None:
    if taken := tables.table_names(database):
        raise BackupRefused(
            f"the database isn't empty (it has the table {taken[0]}): restore into a new database and STUDIO_HOME, "
            "before the first `studio init`, `migrate` or `serve`"
        )


def restore_files(store: FileStore, archive: Archive, manifest: Manifest, watch: Watch) -> int:
    """Keep every stored file; how many. What is kept twice is there once, so this may be repeated."""
    done = 0
    for digest, stream in archive.files(manifest.files.missing):
        _keep(store, digest, stream)
        done += 1
        watch("files", 1, manifest.files.count)
    return done


def _keep(store: FileStore, digest: str, stream: IO[bytes]) -> None:
    with store.stage() as staged:
        while chunk := stream.read(CHUNK):
            staged.write(chunk)
        staged.finish()
        if staged.sha256 != digest:
            raise BackupRefused(f"the stored file {digest} was changed while it was read; nothing was restored")
        store.keep(staged)


def restore_tables(
    platform: Platform,
    archive: Archive,
    manifest: Manifest,
    options: Options,
    watch: Watch,
) -> Restored:
    """Make the tables as they were at the time, fill them, and bring them up to date; all or nothing."""
    database = platform.database
    steps = [step for step in platform.steps if step.plugin not in options.without]
    then = set(manifest.schema)
    with turn(database):
        # NOTE: again, because somebody may have begun to work here while the stored files were put in place.
        _require_empty(database)
        migrate(database, [step for step in steps if (step.plugin, step.migration.name) in then], contract=True)
        _fill(database, archive, _wanted(manifest, options), manifest.rows, watch)
        migrate(database, steps, contract=True)
        restored = Restored(rows=sum(entry.rows for entry in _wanted(manifest, options).values()))
        if key_check(platform.secret_key) != manifest.key_check:
            restored.lost = forget_sealed(platform)
        set_mark(database, RESTORED, {"created_at": manifest.created_at}, platform.clock())
    return restored


def _wanted(manifest: Manifest, options: Options) -> dict[str, TableEntry]:
    return {
        name: entry
        for name, entry in manifest.tables.items()
        if entry.plugin not in options.without and name not in NOT_CARRIED
    }


def _fill(database: Database, archive: Archive, wanted: Mapping[str, TableEntry], total: int, watch: Watch) -> None:
    if database.dialect == "sqlite":
        database.execute(Statement("PRAGMA defer_foreign_keys = 1"))
    fillers = {name: tables.Filler(database, name, entry.columns) for name, entry in wanted.items()}
    for filler in fillers.values():
        filler.empty()
    for name, rows in archive.rows(wanted):
        try:
            fillers[name].add(rows)
        except Exception as error:
            raise BackupRefused(f"the rows of {name} don't fit into this database: {error}") from error
        watch("rows", len(rows), total)
    for filler in fillers.values():
        filler.settle()


def forget_sealed(platform: Platform) -> dict[str, str]:
    """Remove what only the lost key could open and nobody misses; for the rest, what has to be done, by table."""
    advice: dict[str, str] = {}
    database = platform.database
    there = set(tables.table_names(database))
    for name, column in sealed_columns(platform):
        if name in there and tables.count(database, name):
            if column.lost:
                advice[name] = column.lost
            else:
                database.execute(Statement(f'DELETE FROM "{name}" WHERE "{column.column_name}" IS NOT NULL'))
    return advice


def finish_restore(platform: Platform) -> bool:
    """Let plugins make again what no backup carries, once after a restore; whether there was anything to do."""
    database = platform.database
    if get_mark(database, RESTORED, platform.clock()) is None:
        return False
    with database.transaction():
        database.lock(RESTORED)
        if get_mark(database, RESTORED, platform.clock()) is None:
            return False
        platform.hooks.restored(platform)
        drop_mark(database, RESTORED)
    return True


def restore(
    platform: Platform,
    archive: Archive,
    manifest: Manifest,
    options: Options,
    watch: Watch,
) -> Restored:
    """Files first, so that no row ever names one that isn't there; then all rows in one transaction."""
    _restore_audit_keys(platform, archive)
    files = restore_files(platform.files, archive, manifest, watch)
    restored = restore_tables(platform, archive, manifest, options, watch)
    restored.files = files
    return restored


def _restore_audit_keys(platform: Platform, archive: Archive) -> None:
    """The keys that confirm the seal of the audit log, unless there are some already."""
    file = platform.home / "audit.keys"
    if not file.exists() and (found := archive.secret("audit.keys")):
        write_keys(file, found.splitlines())


def readable(path: Path) -> Archive:
    """The archive at ``path``, if there is a file to be read."""
    if not path.is_file() or not os.access(path, os.R_OK):
        raise BackupRefused(f"{path}: there is no such file that can be read")
    return Archive(path)
