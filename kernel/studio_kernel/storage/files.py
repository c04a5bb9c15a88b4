"""Files: immutable bytes, each kept once under the SHA-256 of its content.

A file is staged on the local disk while it arrives, hashed on the way, and then kept or discarded. What is
kept is durable. Nothing here knows which files are wanted: whoever refers to them sweeps what nobody refers
to.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from studio_kernel.errors import ServiceUnavailable

# bytes: the most that a reader hands out at once
CHUNK = 256 * 1024
# bytes: how much of a file's beginning is kept for telling its type
HEAD = 8192

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class FileReader(Protocol):
    """Bytes of a kept file, in order. Reads raise ``ServiceUnavailable`` when the store fails half-way."""

    size: int
    """How many bytes the whole file has, whatever part is read."""

    def read(self, count: int = CHUNK) -> bytes:
        """Up to ``count`` bytes, never more than ``CHUNK``; empty at the end."""
        ...

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """Give back the file or connection; may be called again."""
        ...


class FileStore(Protocol):
    """Where files are kept. Every method raises ``ServiceUnavailable`` when the store can't be reached."""

    def stage(self, purpose: str = "") -> StagedFile:
        """A place to write a new file to.

        With a ``purpose``, which is letters, digits and ``_``, what an earlier attempt at the same thing left on
        this disk goes first: no two may be under way at a time.
        """
        ...

    def keep(self, staged: StagedFile) -> str:
        """Keep a staged file for good; its SHA-256 in hexadecimal.

        Durable on return. A file that is already there is written anew: it stays there once, and counts as
        new for :meth:`digests`, so that a sweep that runs at the same time leaves it alone.
        """
        ...

    def open(self, sha256: str, start: int = 0, end: int | None = None) -> FileReader:
        """Read the bytes from ``start`` up to, not including, ``end``; ``NotFound`` without such a file.

        What lies outside the file is left out, as with slices.
        """
        ...

    def size(self, sha256: str) -> int | None:
        """The size in bytes, or None without such a file."""
        ...

    def exists(self, sha256: str) -> bool:
        """Whether the file is kept here."""
        ...

    def delete(self, sha256: str, *, older_than: datetime | None = None) -> bool:
        """Remove a file; whether it was there. With ``older_than``, leave it when it was kept since then.

        Where looking and removing are two steps, ``studio_kernel.storage.file_locks`` keeps what is referred to.
        """
        ...

    def digests(self, older_than: datetime) -> Iterator[str]:
        """The files that were last kept before ``older_than``, in no particular order."""
        ...

    def sweep_staging(self, older_than: datetime) -> int:
        """Remove what interrupted uploads left before ``older_than``; how many there were."""
        ...

    def verify(self, sha256: str) -> bool:
        """Read the whole file and compare its hash; False also when it is missing."""
        ...

    def check(self) -> None:
        """Raise ``ServiceUnavailable`` unless files can be kept and read now."""
        ...


def is_digest(text: str) -> bool:
    """Whether ``text`` can name a file. APPSEC: nothing else ever becomes part of a path or key."""
    return _DIGEST.match(text) is not None


def key_of(sha256: str) -> str:
    """Where a file lies in a store, relative to its root: ``aa/bb/aabb…``."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


class StagedFile:
    """A file on its way in. As a context manager it is discarded at the end, unless it was kept."""

    def __init__(self, directory: Path, purpose: str = "") -> None:
        prefix = f"{purpose}-" if purpose else None
        try:
            directory.mkdir(parents=True, exist_ok=True)
            for left in directory.glob(f"{prefix}*") if prefix else ():
                left.unlink(missing_ok=True)
            descriptor, name = tempfile.mkstemp(dir=directory, prefix=prefix)
        except OSError as error:
            raise ServiceUnavailable("There is no room for files at the moment") from error
        self.path = Path(name)
        self.size = 0
        self.head = b""
        self._sha256 = hashlib.sha256()
        self._file: BinaryIO | None = os.fdopen(descriptor, "wb", buffering=CHUNK)

    def write(self, chunk: bytes | memoryview) -> None:
        """Add bytes. ``ServiceUnavailable`` when the disk is full."""
        assert self._file is not None, "the staged file is finished"
        if len(self.head) < HEAD:
            self.head += bytes(chunk[: HEAD - len(self.head)])
        self._sha256.update(chunk)
        self.size += len(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise ServiceUnavailable("There is no room for the file at the moment") from error

    @property
    def room(self) -> int:
        """The bytes that the disk has left, for this file and whatever else is written there."""
        return shutil.disk_usage(self.path.parent).free

    @property
    def most_room(self) -> int:
        """The bytes that the disk has in all, were there nothing else on it."""
        return shutil.disk_usage(self.path.parent).total

    def finish(self) -> None:
        """Make the bytes durable; nothing can be written any more. May be called again."""
        file = self._file
        if file is None:
            return
        try:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        except OSError as error:
            raise ServiceUnavailable("There is no room for the file at the moment") from error
        self._file = None

    @property
    def sha256(self) -> str:
        """The hash of what was written so far, in hexadecimal."""
        return self._sha256.hexdigest()

    def open(self) -> BinaryIO:
        """Read the file back, from its beginning; finishes it first."""
        self.finish()
        return self.path.open("rb")

    def discard(self) -> None:
        """Remove the file; may be called again, and does nothing to one that was kept."""
        file, self._file = self._file, None
        if file is not None:
            # NOTE: flushing fails on a full disk; the descriptor is closed all the same.
            with contextlib.suppress(OSError):
                file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def sweep_directory(directory: Path, older_than: datetime) -> int:
    """Remove staged files that nobody wrote to since ``older_than``; how many there were."""
    removed = 0
    limit = older_than.timestamp()
    try:
        entries = list(os.scandir(directory))
    except FileNotFoundError:
        return 0
    for entry in entries:
        try:
            if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < limit:
                os.unlink(entry.path)
                removed += 1
        except FileNotFoundError:
            continue
    return removed


def hashes_to(reader: FileReader, sha256: str) -> bool:
    """Read to the end, close, and say whether the bytes have that hash."""
    digest = hashlib.sha256()
    try:
        for chunk in reader:
            digest.update(chunk)
    finally:
        reader.close()
    return digest.hexdigest() == sha256
