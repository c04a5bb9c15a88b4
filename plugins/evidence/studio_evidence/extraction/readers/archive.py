"""ZIP archives: the text of the files inside, by the built-in readers. Archives inside archives are not opened."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from studio_evidence.content import EXTENSIONS
from studio_evidence.extraction.extractors import BUILT_IN, Extractor, Part, Unreadable

_MOST_FILES = 1_000
# bytes: of one file inside, and of all of them
_LARGEST = 64 * 1024 * 1024
_LARGEST_SUM = 512 * 1024 * 1024
_CHUNK = 256 * 1024
_HTML = {"html": "text/html", "htm": "text/html"}


def read(path: Path) -> Iterator[Part]:
    """Parts labelled with the name of the file inside. What can't be read is passed over, unless nothing can."""
    readers = _readers()
    left = _LARGEST_SUM
    tried = failures = 0
    with zipfile.ZipFile(path) as archive:
        if any(entry.flag_bits & 1 for entry in archive.infolist()):
            raise Unreadable("The ZIP archive is protected by a password", protected=True)
        for entry in archive.infolist()[:_MOST_FILES]:
            extractor = readers.get(entry.filename.rpartition(".")[2].lower())
            if extractor is None or entry.is_dir():
                continue
            tried += 1
            inner = path.with_name("inner")
            try:
                left -= _unpack(archive, entry, inner, min(left, _LARGEST))
                yield from _labelled(extractor, inner, entry.filename)
            except MemoryError:
                raise
            except Exception:
                failures += 1
            finally:
                inner.unlink(missing_ok=True)
    if tried and tried == failures:
        raise Unreadable("The ZIP archive holds no file that can be read")


def _readers() -> dict[str, Extractor]:
    """Built-in readers by file extension, archives left out."""
    types = {extension: kind for kind, extensions in EXTENSIONS.items() for extension in extensions} | _HTML
    by_type = {kind: each for each in BUILT_IN if each.name != "zip" for kind in each.content_types}
    return {extension: by_type[kind] for extension, kind in types.items() if kind in by_type}


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Unpack a file, counting what really comes out; ``ValueError`` when that is too much."""
    size = 0
    with archive.open(entry) as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise ValueError("too large")
            file.write(chunk)
    return size


def _labelled(extractor: Extractor, path: Path, name: str) -> Iterator[Part]:
    module, _, function = extractor.target.partition(":")
    for part in getattr(importlib.import_module(module), function)(path):
        place = " ".join(each for each in (part.kind, part.label) if each)
        yield Part(part.text, "file", f"{name}: {place}" if place else name)
