"""Files on their way between the disk of whoever runs a command and the platform."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from studio_evidence.service.files import FileSource
from studio_evidence.service.intake import Arrival, KeptFile
from studio_evidence.settings import EvidenceSettings
from studio_kernel.app import Platform
from studio_kernel.errors import PayloadTooLarge
from studio_kernel.storage.files import CHUNK

# bytes: smaller files are through before a bar could be seen
_WORTH_A_BAR = 8 * 1024 * 1024


@contextmanager
def staged_file(platform: Platform, path: Path) -> Iterator[Arrival]:
    """A file of the disk, staged and hashed; discarded at the end unless it was kept."""
    limit = platform.settings.section(EvidenceSettings).max_file_bytes
    size = path.stat().st_size
    if size > limit:
        raise PayloadTooLarge(f"The file is larger than {limit} bytes", details={"limit_bytes": limit})
    with platform.files.stage() as staged, path.open("rb") as file, _bar(size) as bar:
        while chunk := file.read(CHUNK):
            staged.write(chunk)
            bar.update(len(chunk))
        staged.finish()
        yield Arrival(path.name, staged)


def write_out(source: FileSource, file: KeptFile, target: Path) -> None:
    """Write a file to the disk under its name at once: whoever looks sees all of it or nothing."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".studio-")
    try:
        with os.fdopen(descriptor, "wb") as output:
            copy_to(source, file, output)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def copy_to(source: FileSource, file: KeptFile, output: BinaryIO) -> None:
    """Write the bytes of a file."""
    reader = source.open(0, file.file_size)
    try:
        with _bar(file.file_size) as bar:
            while chunk := reader.read(CHUNK):
                output.write(chunk)
                bar.update(len(chunk))
    finally:
        reader.close()


@contextmanager
def _bar(size: int) -> Iterator[Any]:
    hidden = size < _WORTH_A_BAR or not sys.stderr.isatty()
    with click.progressbar(length=size, file=sys.stderr, hidden=hidden) as bar:
        yield bar
