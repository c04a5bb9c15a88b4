"""PDF, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from pypdf import PasswordType, PdfReader

from studio_evidence.extraction.extractors import Part, Unreadable


def read(path: Path) -> Iterator[Part]:
    """A part a page. A page that can't be read is passed over, unless none can."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(path)
    # NOTE: many files are locked against changes only, and open with the empty password.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Unreadable("The PDF is protected by a password", protected=True)
    failures = 0
    number = 0
    for number, page in enumerate(reader.pages, 1):
        try:
            text = page.extract_text()
        except MemoryError:
            raise
        except Exception:
            failures += 1
            continue
        if text.strip():
            yield Part(text + "\n", "page", str(number))
    if not number or failures == number:
        raise Unreadable("The PDF is damaged: none of its pages can be read")
