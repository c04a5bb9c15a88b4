"""Keeping those who refer to stored files and those who delete them apart.

A file is kept first, and referred to by a row that commits later. A sweep that looked before may delete it in between:
the stores of objects have nothing that says "only if nobody has written it since".
"""

from __future__ import annotations

from collections.abc import Iterable

from studio_kernel.errors import Contended
from studio_kernel.storage.database import Database
from studio_kernel.storage.files import FileStore


def lock_for_deletion(database: Database, digests: Iterable[str]) -> None:
    """Until the transaction ends nobody begins to refer to these files; look who does after that, then delete."""
    for digest in sorted(set(digests)):
        database.lock(_name(digest))


def hold_kept(database: Database, files: FileStore, sha256: str) -> None:
    """Before a row commits that refers to a file kept a moment ago, in the row's transaction.

    ``Contended`` when a sweep has deleted it meanwhile: the whole change is to be made again, with its file.
    """
    database.lock(_name(sha256))
    if not files.exists(sha256):
        raise Contended("An unused copy of the same file was deleted at this moment; send the file again")


def _name(sha256: str) -> str:
    return f"file:{sha256}"
