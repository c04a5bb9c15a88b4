"""Files on their way up and down, in pieces, so that none has to fit in memory."""

from __future__ import annotations

import io
import json
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from studio_platform.requests import Progress, Unset

Source = str | os.PathLike[str] | bytes | BinaryIO
"""A file to send: its path, its bytes, or an open binary file."""

_CHUNK = 256 * 1024


class Upload:
    """A multipart/form-data body (RFC 7578) that is made while it is sent. ``size`` is None where it isn't known."""

    def __init__(
        self, fields: Mapping[str, Any], name: str, source: Source, file_name: str | Unset, progress: Progress | None
    ) -> None:
        self._opened, self._owned = _open(source)
        self._begin = self._opened.tell() if self._opened.seekable() else 0
        self._progress = progress
        self._boundary = secrets.token_hex(16)
        shown = _name_of(source) if isinstance(file_name, Unset) else file_name
        self._head = b"".join(self._field(field, value) for field, value in fields.items() if value is not None)
        self._head += self._part(f'name="{name}"; filename="{_escaped(shown)}"', "application/octet-stream")
        self._tail = f"\r\n--{self._boundary}--\r\n".encode()

    @property
    def repeatable(self) -> bool:
        """Whether the file can be read again from where it began."""
        return self._opened.seekable()

    @property
    def size(self) -> int | None:
        """Bytes of the file."""
        if not self._opened.seekable():
            return None
        here = self._opened.tell()
        end = self._opened.seek(0, os.SEEK_END)
        self._opened.seek(here)
        return end - self._begin

    def headers(self) -> dict[str, str]:
        """Type and, where it is known, length of the body."""
        found = {"Content-Type": f"multipart/form-data; boundary={self._boundary}"}
        if self.size is not None:
            found["Content-Length"] = str(len(self._head) + self.size + len(self._tail))
        return found

    def __iter__(self) -> Iterator[bytes]:
        if self._opened.seekable():
            self._opened.seek(self._begin)
        total, sent = self.size, 0
        yield self._head
        while chunk := self._opened.read(_CHUNK):
            yield chunk
            sent += len(chunk)
            if self._progress is not None:
                self._progress(sent, total)
        yield self._tail

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._owned:
            self._opened.close()

    def _part(self, disposition: str, kind: str = "") -> bytes:
        content_type = f"Content-Type: {kind}\r\n" if kind else ""
        head = f"--{self._boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{content_type}\r\n"
        return head.encode()

    def _field(self, name: str, value: Any) -> bytes:
        text = _quoted(value) if isinstance(value, str) else json.dumps(value)
        return self._part(f'name="{name}"') + text.encode() + b"\r\n"


def _open(source: Source) -> tuple[BinaryIO, bool]:
    if isinstance(source, bytes | bytearray):
        return io.BytesIO(source), True
    if isinstance(source, str | os.PathLike):
        return Path(source).open("rb"), True
    return source, False


def _name_of(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    name = getattr(source, "name", "")
    return Path(name).name if isinstance(name, str) and name else "file"


def _quoted(text: str) -> str:
    """The platform takes a pair of quotation marks around form values off; one with its own needs another."""
    return f'"{text}"' if len(text) > 1 and text[0] == text[-1] == '"' else text


def _escaped(name: str) -> str:
    """As browsers write it: RFC 7578 section 4.2, HTML's form encoding."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class Download:
    """A file on its way down. Use it as a context manager, or read or save it, which closes it."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.content_type = response.headers.get("content-type", "")
        length = response.headers.get("content-length", "")
        self.size: int | None = int(length) if length.isdigit() else None
        self.file_name = _file_name(response.headers.get("content-disposition", ""))

    def __enter__(self) -> Download:
        return self

    def __exit__(self, *exception: object) -> None:
        self._response.close()

    def __iter__(self) -> Iterator[bytes]:
        with self:
            yield from self._response.iter_bytes(_CHUNK)

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self)

    def save(self, path: str | os.PathLike[str], progress: Progress | None = None) -> Path:
        """Write it to ``path``; what is incomplete is never left under that name."""
        writer = _Writer(path, self.size, progress)
        with writer:
            for chunk in self:
                writer.write(chunk)
        return writer.path


class AsyncDownload:
    """:class:`Download` for asyncio."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._facts = Download(response)
        self.content_type, self.size, self.file_name = (
            self._facts.content_type,
            self._facts.size,
            self._facts.file_name,
        )

    async def __aenter__(self) -> AsyncDownload:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._response.aclose()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with self:
            async for chunk in self._response.aiter_bytes(_CHUNK):
                yield chunk

    async def read(self) -> bytes:
        """All of it."""
        return b"".join([chunk async for chunk in self])

    async def save(self, path: str | os.PathLike[str], progress: Progress | None = None) -> Path:
        """Write it to ``path``; what is incomplete is never left under that name."""
        writer = _Writer(path, self.size, progress)
        with writer:
            async for chunk in self:
                writer.write(chunk)
        return writer.path


class _Writer:
    """Writes beside the target, and moves it there when all has come."""

    def __init__(self, path: str | os.PathLike[str], size: int | None, progress: Progress | None) -> None:
        self.path = Path(path)
        self._part = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}.part")
        self._size, self._progress, self._written = size, progress, 0

    def __enter__(self) -> _Writer:
        self._file = self._part.open("wb")
        return self

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._written += len(chunk)
        if self._progress is not None:
            self._progress(self._written, self._size)

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        self._file.close()
        if kind is None:
            self._part.replace(self.path)
        else:
            self._part.unlink()


def _file_name(disposition: str) -> str:
    """The name in a Content-Disposition header (RFC 6266), without any folder."""
    from email.message import Message

    message = Message()
    message["Content-Disposition"] = disposition
    return Path((message.get_filename() or "file").replace("\\", "/")).name
