"""Making a backup while the platform runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from studio_kernel import __version__, stored_files
from studio_kernel.backup import tables
from studio_kernel.backup.archive import ArchiveWriter, BackupRefused, FilesEntry, Manifest, TableEntry
from studio_kernel.clock import to_text
from studio_kernel.errors import NotFound
from studio_kernel.kernel_schema import NOT_CARRIED, TABLES
from studio_kernel.marks import FILES_HELD, LAST_BACKUP, get_mark, hold_files, release_files, set_mark
from studio_kernel.security.secrets import key_check
from studio_kernel.storage.database import table_name
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

# A backup that takes longer fails; one that was killed holds up the deletion of files for as long.
_LONGEST = timedelta(hours=24)
_APPLIED = Statement("SELECT plugin, name FROM schema_migrations ORDER BY applied_at, plugin, name")

Watch = Callable[[str, int, int], None]
"""Told what is being done, how much of it was done since the last time, and how much there is in all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes into a backup."""

    files: bool = True
    key: bool = False
    overwrite: bool = False


def make_backup(platform: Platform, path: Path, wanted: Wanted, watch: Watch) -> Manifest:
    """Write a backup to ``path``, which is there only once it is complete.

    ``platform`` comes from :func:`studio_kernel.app.open_as_it_is`. Clients may write meanwhile: rows are read in one
    snapshot, and no file that it names is deleted before the end.
    """
    if path.exists() and not wanted.overwrite:
        raise BackupRefused(f"{path}: there is such a file already; name another one, or add --overwrite")
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with _holding_files(platform) as check_hold, _removed_on_failure(fresh), _new_file(fresh) as stream:
        manifest = _write(platform, ArchiveWriter(stream), wanted, watch)
        stream.flush()
        os.fsync(stream.fileno())
        check_hold()
        os.replace(fresh, path)
    _note(platform, manifest)
    return manifest


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupRefused(f"{path.parent}: can't be written to: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as stream:
        yield stream


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        path.unlink(missing_ok=True)
        raise BackupRefused(f"{path.parent}: can't be written to: {error.strerror or error}") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _holding_files(platform: Platform) -> Iterator[Callable[[], None]]:
    """Nobody deletes stored files meanwhile; what is yielded makes sure that it still holds."""
    database = platform.database
    if "marks" not in tables.table_names(database):
        # NOTE: of a schema before there were holds; a file that goes meanwhile is told as missing.
        yield lambda: None
        return
    holder = secrets.token_hex(8)
    now = platform.clock()
    hold_files(database, holder, now, now + _LONGEST)

    def check() -> None:
        if get_mark(database, f"{FILES_HELD}:{holder}", platform.clock()) is None:
            raise BackupRefused(
                f"the backup took more than {_LONGEST.total_seconds() / 3600:.0f} hours; use faster disks"
            )

    try:
        yield check
    finally:
        release_files(database, holder)


def _write(platform: Platform, writer: ArchiveWriter, wanted: Wanted, watch: Watch) -> Manifest:
    database = platform.database
    with tempfile.TemporaryFile() as digests:
        with database.snapshot():
            manifest = _describe(platform, wanted)
            total = sum(tables.count(database, name) for name in manifest.tables)
            for name, entry in manifest.tables.items():
                batches = tables.read(database, name, entry.columns)
                for rows in writer.add_rows(name, entry, batches):
                    watch("rows", rows, total)
            named = _named_files(platform, digests) if wanted.files else 0
        digests.seek(0)
        for line in digests:
            _add_file(platform, writer, line.decode().strip(), manifest.files)
            watch("files", 1, named)
    if wanted.key:
        _add_secrets(platform, writer, manifest)
    writer.finish(manifest)
    return manifest


def _add_secrets(platform: Platform, writer: ArchiveWriter, manifest: Manifest) -> None:
    found = {"secret.key": "\n".join((platform.secret_key, *platform.accepted_keys))}
    # NOTE: without setting and file they follow from the platform's own key.
    if platform.settings.kernel.audit_keys.get_secret_value() or (platform.home / "audit.keys").exists():
        found["audit.keys"] = "\n".join(each.secret for each in platform.audit.keys.all)
    for name, content in found.items():
        writer.add_secret(name, content)
        manifest.secrets[name] = hashlib.sha256(content.encode()).hexdigest()


def _describe(platform: Platform, wanted: Wanted) -> Manifest:
    database = platform.database
    there = tables.table_names(database)
    if "schema_migrations" not in there:
        raise BackupRefused("there is nothing to back up: the database is empty")
    owners = dict.fromkeys(TABLES, "kernel")
    owners |= {table_name(model): plugin for plugin, model in platform.models}
    carried = tables.in_order(database, [name for name in there if name in owners and name not in NOT_CARRIED])
    known = {(step.plugin, step.migration.name) for step in platform.steps}
    return Manifest(
        created_at=to_text(platform.clock()),
        studio_version=__version__,
        dialect=database.dialect,
        key_check=key_check(platform.secret_key),
        secrets={},
        schema=[(plugin, name) for plugin, name in database.rows(_APPLIED) if (plugin, name) in known],
        plugins={each.name: each.info.version for each in platform.plugins.active if each.info is not None},
        tables={name: TableEntry(owners[name], tables.column_names(database, name)) for name in carried},
        files=FilesEntry(wanted.files),
        left_out=[name for name in there if name not in owners],
    )


def _named_files(platform: Platform, into: IO[bytes]) -> int:
    """Write the digests that rows name to a file, each once; how many there are."""
    there = set(tables.table_names(platform.database))
    columns = [pair for pairs in stored_files.columns(platform).values() for pair in pairs if pair[0] in there]
    if not columns:
        return 0
    selects = (f'SELECT "{column}" FROM "{table}" WHERE "{column}" <> \'\'' for table, column in columns)
    found = 0
    for part in platform.database.stream(Statement(" UNION ".join(selects))):
        found += len(part)
        into.write("".join(f"{row[0]}\n" for row in part).encode())
    return found


def _add_file(platform: Platform, writer: ArchiveWriter, digest: str, entry: FilesEntry) -> None:
    try:
        reader = platform.files.open(digest)
    except NotFound:
        entry.missing.append(digest)
        return
    try:
        writer.add_file(digest, reader.size, reader, entry)
    finally:
        reader.close()


def _note(platform: Platform, manifest: Manifest) -> None:
    """Remember when the last backup was made, for `studio doctor`."""
    if "marks" in tables.table_names(platform.database):
        value = {"rows": manifest.rows, "files": manifest.files.count, "missing": len(manifest.files.missing)}
        with platform.database.transaction():
            set_mark(platform.database, LAST_BACKUP, value, platform.clock())
