"""Files in a directory: ``file:///path``, or ``file:`` for ``files`` under the platform's home."""

from __future__ import annotations

import contextlib
import fcntl
import os
import urllib.parse
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from studio_kernel.errors import NotFound, ServiceUnavailable
from studio_kernel.storage.adapters import StorageContext
from studio_kernel.storage.files import (
    CHUNK,
    StagedFile,
    hashes_to,
    is_digest,
    key_of,
    sweep_directory,
)


def open_files(url: str, context: StorageContext) -> DirectoryFiles:
    """The store for a ``file:`` URL; ``ValueError`` for one that names another machine."""
    parts = urllib.parse.urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise ValueError("use file:///absolute/path, with three slashes")
    path = urllib.parse.unquote(parts.path)
    return DirectoryFiles(Path(path) if path else context.home / "files")


class DirectoryFiles:
    """Files at ``aa/bb/<sha256>`` below a directory that any number of processes of one machine share."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._staging = directory / ".staging"

    def stage(self, purpose: str = "") -> StagedFile:
        return StagedFile(self._staging, purpose)

    def keep(self, staged: StagedFile) -> str:
        staged.finish()
        sha256 = staged.sha256
        path = self._path(sha256)
        with _trouble():
            _make_directory(path.parent, self._directory)
            with self._lock():
                os.replace(staged.path, path)
                # NOTE: a rename keeps the time of the last write; what counts for a sweep is that of keeping.
                os.utime(path)
            _sync_directory(path.parent)
        return sha256

    def open(self, sha256: str, start: int = 0, end: int | None = None) -> _DirectoryReader:
        if not is_digest(sha256):
            raise NotFound
        try:
            file = self._path(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound from error
        except OSError as error:
            raise ServiceUnavailable("The file store can't be reached at the moment") from error
        return _DirectoryReader(file, start, end)

    def size(self, sha256: str) -> int | None:
        if not is_digest(sha256):
            return None
        with _trouble():
            try:
                return self._path(sha256).stat().st_size
            except FileNotFoundError:
                return None

    def exists(self, sha256: str) -> bool:
        return self.size(sha256) is not None

    def delete(self, sha256: str, *, older_than: datetime | None = None) -> bool:
        if not is_digest(sha256):
            return False
        path = self._path(sha256)
        with _trouble(), self._lock():
            try:
                if older_than is not None and path.stat().st_mtime >= older_than.timestamp():
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def digests(self, older_than: datetime) -> Iterator[str]:
        limit = older_than.timestamp()
        with _trouble():
            for path in self._directory.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
                with contextlib.suppress(FileNotFoundError):
                    if is_digest(path.name) and path.stat().st_mtime < limit:
                        yield path.name

    def sweep_staging(self, older_than: datetime) -> int:
        with _trouble():
            return sweep_directory(self._staging, older_than)

    def verify(self, sha256: str) -> bool:
        try:
            return hashes_to(self.open(sha256), sha256)
        except NotFound:
            return False

    def check(self) -> None:
        with self.stage() as probe:
            probe.write(b"check")
            probe.finish()

    def _path(self, sha256: str) -> Path:
        return self._directory / key_of(sha256)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep keeping and deleting apart, across processes, so that no sweep deletes what was just kept."""
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


class _DirectoryReader:
    """Part of a file on the disk."""

    def __init__(self, file: BinaryIO, start: int, end: int | None) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        start = min(max(start, 0), self.size)
        self._left = max(0, (self.size if end is None else min(end, self.size)) - start)
        file.seek(start)

    def read(self, count: int = CHUNK) -> bytes:
        with _trouble():
            chunk = self._file.read(max(0, min(count, CHUNK, self._left)))
        self._left -= len(chunk)
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk

    def close(self) -> None:
        self._file.close()


@contextlib.contextmanager
def _trouble() -> Iterator[None]:
    """A disk that is full, read-only or gone is told as ``ServiceUnavailable``."""
    try:
        yield
    except OSError as error:
        raise ServiceUnavailable("The file store can't be reached at the moment") from error


def _make_directory(path: Path, root: Path) -> None:
    """Make ``path`` below ``root``, and its name durable."""
    if path.is_dir():
        return
    path.mkdir(parents=True, exist_ok=True)
    for parent in path.parents:
        _sync_directory(parent)
        if parent == root:
            break


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
