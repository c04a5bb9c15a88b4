"""The file that a backup is: a tar archive that tells the hash of everything in it.

Members stand in this order: ``studio-backup.json`` (form and version), ``tables/<table>/<number>.jsonl.gz`` (rows),
``files/<aa>/<bb>/<sha256>`` (stored files), ``secret.key`` and ``audit.keys`` if asked for, ``manifest.json``, and last
``manifest.json.sha256``, which shows that the archive is whole. It is written and read in one pass; memory is bounded
by one part of a table.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from studio_kernel.errors import StudioError
from studio_kernel.storage.files import CHUNK, key_of

FORMAT_VERSION = 1
_HEAD, _MANIFEST, _END, _KEY = "studio-backup.json", "manifest.json", "manifest.json.sha256", "secret.key"
_SECRETS = (_KEY, "audit.keys")
_PART_BYTES = 4 * 1024 * 1024
_MOST_MANIFEST_BYTES = 256 * 1024 * 1024
_PART = re.compile(r"tables/([A-Za-z0-9_]+)/[0-9]{6}\.jsonl\.gz\Z")
_FILE = re.compile(r"files/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})\Z")


class BackupRefused(StudioError):
    """A backup can't be made, read or restored as asked."""

    code = "BACKUP_REFUSED"
    status = 409
    message = "The backup was refused"


class Readable(Protocol):
    """Anything that hands out bytes."""

    def read(self, count: int, /) -> bytes: ...


@dataclass(slots=True)
class TableEntry:
    """What an archive has of one table. ``parts`` are pairs of a member's SHA-256 and its number of rows."""

    plugin: str
    columns: list[str]
    rows: int = 0
    parts: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True)
class FilesEntry:
    """What an archive has of the stored files, in their order; ``missing`` were named by rows and not to be had."""

    included: bool
    count: int = 0
    bytes: int = 0
    names_sha256: str = ""
    missing: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Manifest:
    """All that an archive says about itself.

    ``key_check`` tells the platform's key from others, and nothing of it; ``secrets`` are files with keys and their
    SHA-256.
    """

    created_at: str
    studio_version: str
    dialect: str
    key_check: str
    secrets: dict[str, str]
    schema: list[tuple[str, str]]
    plugins: dict[str, str]
    tables: dict[str, TableEntry]
    files: FilesEntry
    left_out: list[str]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


class ArchiveWriter:
    """Writes an archive to a stream, from its beginning to its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar: Any = tarfile.TarFile(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)
        self._names = hashlib.sha256()
        self._add(_HEAD, orjson.dumps({"format": "studio-backup", "version": FORMAT_VERSION}))

    def add_rows(self, table: str, entry: TableEntry, batches: Iterator[Sequence[Sequence[Any]]]) -> Iterator[int]:
        """Write a table, part by part; yields how many rows each part has."""
        lines, size, rows = io.BytesIO(), 0, 0
        for batch in batches:
            for row in batch:
                size += lines.write(orjson.dumps(row, default=_encode, option=orjson.OPT_APPEND_NEWLINE))
                rows += 1
            if size >= _PART_BYTES:
                yield self._add_part(table, entry, lines.getvalue(), rows)
                lines, size, rows = io.BytesIO(), 0, 0
        if rows:
            yield self._add_part(table, entry, lines.getvalue(), rows)

    def _add_part(self, table: str, entry: TableEntry, lines: bytes, rows: int) -> int:
        content = gzip.compress(lines, 5, mtime=0)
        entry.parts.append((hashlib.sha256(content).hexdigest(), rows))
        entry.rows += rows
        self._add(f"tables/{table}/{len(entry.parts):06}.jsonl.gz", content)
        return rows

    def add_file(self, sha256: str, size: int, reader: Readable, entry: FilesEntry) -> None:
        """Write a stored file; one that isn't what its name says is noted as missing."""
        source = _Hashing(reader)
        self._write(f"files/{key_of(sha256)}", size, source)
        self._names.update(sha256.encode())
        entry.count += 1
        entry.bytes += size
        if source.sha256 != sha256:
            entry.missing.append(sha256)

    def add_secret(self, name: str, content: str) -> None:
        """Write a file of ``STUDIO_HOME`` with keys: ``secret.key`` or ``audit.keys``."""
        self._add(name, content.encode())

    def finish(self, manifest: Manifest) -> None:
        """Write what shows that the archive is whole."""
        manifest.files.names_sha256 = self._names.hexdigest()
        content = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2)
        self._add(_MANIFEST, content)
        self._add(_END, hashlib.sha256(content).hexdigest().encode())
        self._tar.close()

    def _add(self, name: str, content: bytes) -> None:
        self._write(name, len(content), io.BytesIO(content))

    def _write(self, name: str, size: int, source: Any) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, source)
        # PERF: the class remembers every member, for which nobody asks here.
        self._tar.members = []


class _Hashing:
    """Hashes what is read, and reads all that is asked for as long as there is more."""

    def __init__(self, reader: Readable) -> None:
        self._reader = reader
        self._sha256 = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def read(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count and (chunk := self._reader.read(count - len(found))):
            found += chunk
        self._sha256.update(found)
        return bytes(found)


class Archive:
    """An archive on the disk. :meth:`verify` comes first; what follows trusts what it found."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def verify(self, watch: Any = None) -> Manifest:
        """Read everything and compare every hash and count; the manifest. ``BackupRefused`` says what is wrong.

        :param watch: called with the number of bytes of each member that was read.
        """
        seen = _Seen()
        with self._damage():
            for name, size, stream in self._members():
                seen.take(name, size, stream)
                if watch is not None:
                    watch(size)
            return seen.judge()

    def rows(self, wanted: Mapping[str, TableEntry]) -> Iterator[tuple[str, list[list[Any]]]]:
        """The rows of tables, in parts, with their table's name."""
        with self._damage():
            for name, _, stream in self._members():
                match = _PART.match(name)
                if match and match[1] in wanted:
                    yield (
                        match[1],
                        [_decode(row) for row in map(orjson.loads, gzip.decompress(stream.read()).split(b"\n")[:-1])],
                    )

    def files(self, missing: Sequence[str]) -> Iterator[tuple[str, IO[bytes]]]:
        """The stored files with their names, but for those that the archive says are not what they should be."""
        with self._damage():
            for name, _, stream in self._members():
                match = _FILE.match(name)
                if match and match[1] not in missing:
                    yield match[1], stream

    def secret(self, name: str) -> str:
        """A file of ``STUDIO_HOME`` with keys; empty when it isn't in the archive."""
        with self._damage():
            return next((stream.read().decode() for member, _, stream in self._members() if member == name), "")

    def _members(self) -> Iterator[tuple[str, int, IO[bytes]]]:
        with tarfile.open(self._path, mode="r:") as tar:
            while (member := tar.next()) is not None:
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is None:
                    raise _Damaged(f"{member.name} is no file")
                yield member.name, member.size, stream
                forget: Any = tar
                forget.members = []

    @contextlib.contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except _Newer as error:
            raise BackupRefused(f"{self._path}: {error}") from None
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, KeyError, TypeError) as error:
            raise BackupRefused(f"{self._path}: the backup is damaged: {error}; use another copy") from error
        except OSError as error:
            raise BackupRefused(f"{self._path}: can't be read: {error.strerror or error}") from error


class _Damaged(ValueError):
    """What is in an archive isn't what it says."""


class _Newer(ValueError):
    """The archive has a form that came later."""


class _Seen:
    """What a pass over an archive has found so far."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._parts: dict[str, list[tuple[str, int]]] = {}
        self._files = FilesEntry(True)
        self._digests = hashlib.sha256()
        self._wrong: list[str] = []
        self._texts: dict[str, bytes] = {}

    def take(self, name: str, size: int, stream: IO[bytes]) -> None:
        """Look at the next member."""
        if not self._texts:
            self._take_head(name, size, stream)
        elif part := _PART.match(name):
            content = stream.read()
            rows = gzip.decompress(content).count(b"\n")
            parts = self._parts.setdefault(part[1], [])
            parts.append((hashlib.sha256(content).hexdigest(), rows))
            if name != f"tables/{part[1]}/{len(parts):06}.jsonl.gz":
                raise _Damaged(f"{name} is out of its order")
        elif file := _FILE.match(name):
            self._take_file(file[1], size, stream)
        elif name in (_MANIFEST, _END, *_SECRETS) and name not in self._texts and size <= _MOST_MANIFEST_BYTES:
            self._texts[name] = stream.read()
        else:
            raise _Damaged(f"{name} has no place in it")

    def _take_head(self, name: str, size: int, stream: IO[bytes]) -> None:
        head = orjson.loads(stream.read()) if name == _HEAD and size < CHUNK else {}
        if head.get("format") != "studio-backup":
            raise _Damaged("it is no backup of a Studio Platform")
        if head["version"] > FORMAT_VERSION:
            raise _Newer("the backup was made by a newer version; restore it with that version")
        self._texts[name] = b""

    def _take_file(self, sha256: str, size: int, stream: IO[bytes]) -> None:
        hashing = _Hashing(stream)
        while hashing.read(CHUNK):
            pass
        self._digests.update(sha256.encode())
        self._files.count += 1
        self._files.bytes += size
        if hashing.sha256 != sha256:
            self._wrong.append(sha256)

    def judge(self) -> Manifest:
        """The manifest, if all that it says was found."""
        content = self._texts.get(_MANIFEST)
        if content is None or self._texts.get(_END) != hashlib.sha256(content).hexdigest().encode():
            raise _Damaged("its end is missing or was changed")
        manifest = _manifest(orjson.loads(content))
        for name, table in manifest.tables.items():
            if self._parts.pop(name, []) != table.parts or sum(rows for _, rows in table.parts) != table.rows:
                raise _Damaged(f"the rows of {name} are not those that were written")
        if self._parts:
            raise _Damaged(f"it has rows of {next(iter(self._parts))} that it doesn't tell of")
        said, found = manifest.files, self._files
        if (said.count, said.bytes, said.names_sha256) != (found.count, found.bytes, self._digests.hexdigest()):
            raise _Damaged("the stored files are not all that were written")
        if changed := [each for each in self._wrong if each not in said.missing]:
            raise _Damaged(f"the stored file {changed[0]} was changed")
        for name, sha256 in manifest.secrets.items():
            if hashlib.sha256(self._texts.pop(name, b"")).hexdigest() != sha256:
                raise _Damaged(f"its {name} is missing or was changed")
        if any(name in self._texts for name in _SECRETS):
            raise _Damaged("it has a key that it doesn't tell of")
        return manifest


def _manifest(document: dict[str, Any]) -> Manifest:
    tables = {
        name: TableEntry(**{**entry, "parts": [(sha256, rows) for sha256, rows in entry["parts"]]})
        for name, entry in document["tables"].items()
    }
    schema = [(plugin, name) for plugin, name in document["schema"]]
    return Manifest(**{**document, "schema": schema, "tables": tables, "files": FilesEntry(**document["files"])})


def _encode(value: Any) -> Any:
    """What JSON has no form for."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": bytes(value).hex()}
    return str(value)


def _decode(row: list[Any]) -> list[Any]:
    return [_decoded(value) if isinstance(value, dict) else value for value in row]


def _decoded(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["$bytes"]) if value.keys() == {"$bytes"} else orjson.dumps(value).decode()
