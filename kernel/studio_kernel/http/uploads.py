"""Receiving files, streamed and hashed on their way to staging: in multipart/form-data or as the whole body."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import falcon
import orjson
from falcon.asgi.multipart import MultipartForm
from falcon.media.multipart import MultipartParseError, MultipartParseOptions

from studio_kernel.errors import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from studio_kernel.http.operations import Upload, UploadedFile
from studio_kernel.http.requests import Incoming, announced_length, check_length
from studio_kernel.threads import ServingThreads

# PERF: bytes gathered before a thread writes them; bounds the memory of one upload.
_CHUNK = 512 * 1024
_LARGEST_FIELD = 64 * 1024
_OVERHEAD = 256 * 1024


async def receive(
    stream: Any, request: Incoming, upload: Upload, stage: Callable[[], Any], threads: ServingThreads
) -> None:
    """Read the file and fields into ``request``; the caller discards the staged file when all is done."""
    limit = upload.limit()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in upload.media_types:
        await _receive_body(stream, request, upload, limit, stage, threads)
        return
    check_length(request.headers, limit + _OVERHEAD)
    boundary = _boundary(request, upload)
    options = MultipartParseOptions()
    options.max_body_part_count = 60
    options.max_body_part_buffer_size = _LARGEST_FIELD
    form = MultipartForm(stream, boundary, announced_length(request.headers), options)
    fields: dict[str, Any] = {}
    digest = hashlib.sha256()
    try:
        async for part in form:
            name, file = _headers_of(part)
            if name in fields or (request.file is not None and name == upload.file):
                raise ValidationFailed(name[:100] or "body", "Must be given only once")
            if name == upload.file:
                await _receive_file(part, file, request, upload, limit, stage, threads)
                assert request.file is not None, "staged a moment ago"
                _take_in(digest, "file", request.file.name, request.file.content_type, request.file.staged.sha256)
            else:
                text = await _read_text(part, name)
                _take_in(digest, "field", name, text)
                fields[name] = _as_list(name, text) if name in upload.lists else text
    except (MultipartParseError, falcon.MediaMalformedError) as error:
        raise ValidationFailed("body", "Not well-formed multipart/form-data") from error
    if request.file is None and upload.required:
        raise ValidationFailed(upload.file, "A file is needed in this part")
    request.fields = fields
    request.fingerprint = digest.digest()


async def _receive_body(
    stream: Any, request: Incoming, upload: Upload, limit: int, stage: Callable[[], Any], threads: ServingThreads
) -> None:
    check_length(request.headers, limit)
    request.fields = {}
    await _stage(stream, request, UploadedFile("", request.headers["content-type"], None), limit, stage, threads)
    assert request.file is not None, "staged a moment ago"
    if request.file.staged.size < (announced_length(request.headers) or 1):
        raise ValidationFailed("body", "Must not be empty or end before its announced length")
    digest = hashlib.sha256()
    _take_in(digest, "body", request.file.content_type, request.file.staged.sha256)
    request.fingerprint = digest.digest()


def _take_in(digest: Any, *facts: str) -> None:
    """Let a fingerprint depend on facts, each with its length: no others run together to the same bytes."""
    for fact in facts:
        raw = fact.encode()
        digest.update(b"%d:%b" % (len(raw), raw))


def _boundary(request: Incoming, upload: Upload) -> bytes:
    header = request.headers.get("content-type", "")
    media_type, options = falcon.parse_header(header)
    if media_type.lower() != "multipart/form-data":
        supported = ["multipart/form-data", *upload.media_types]
        raise UnsupportedMediaType(f"Send the file as {' or '.join(supported)}", details={"supported": supported})
    boundary = options.get("boundary", "")
    if not 1 <= len(boundary) <= 70 or not boundary.isascii():
        raise ValidationFailed("Content-Type", "The boundary parameter is missing or malformed")
    return boundary.encode()


def _headers_of(part: Any) -> tuple[str, UploadedFile | None]:
    """The name of a part, and what is to become of it when it is a file."""
    name = ""
    try:
        name = part.name or ""
        file = None if part.filename is None else UploadedFile(part.filename, part.content_type, None)
        f"{name}{part.filename}".encode()
    except UnicodeDecodeError as error:
        # NOTE: what couldn't be read is the whole header; the field's name in it mostly can.
        found = name or falcon.parse_header(str(error.object, "latin-1"))[1].get("name", "")
        raise ValidationFailed(
            found[:100] or "body", "The part's headers must be UTF-8, its media type ASCII"
        ) from None
    except UnicodeEncodeError:
        raise ValidationFailed(name[:100], "Not text") from None
    return name, file


async def _receive_file(
    part: Any,
    file: UploadedFile | None,
    request: Incoming,
    upload: Upload,
    limit: int,
    stage: Callable[[], Any],
    threads: ServingThreads,
) -> None:
    if file is None:
        raise ValidationFailed(upload.file, "Must be a file part, with a file name")
    await _stage(part.stream, request, file, limit, stage, threads, upload.file)


async def _stage(
    stream: Any,
    request: Incoming,
    file: UploadedFile,
    limit: int,
    stage: Callable[[], Any],
    threads: ServingThreads,
    field: str = "body",
) -> None:
    """Write what the stream holds to a staged file; ``request.file`` is set first, so that it is discarded."""
    staged = await threads.call(stage)
    request.file = replace(file, staged=staged)
    size = 0
    while chunk := await stream.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise PayloadTooLarge(details={"field": field, "limit_bytes": limit})
        await threads.call(staged.write, chunk)
    await threads.call(staged.finish)


async def _read_text(part: Any, name: str) -> str:
    raw = await part.stream.read(_LARGEST_FIELD + 1)
    if len(raw) > _LARGEST_FIELD:
        raise ValidationFailed(name[:100] or "body", f"Must have at most {_LARGEST_FIELD} bytes")
    try:
        text = str(raw, "utf-8")
    except UnicodeDecodeError:
        raise ValidationFailed(name[:100] or "body", "Must be UTF-8 text") from None
    # NOTE: the API reference writes form values with quotation marks around them; curl sends them as typed.
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text


def _as_list(name: str, text: str) -> Any:
    if text.startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise ValidationFailed(name, "Not a valid JSON list") from None
    return [part.strip() for part in text.split(",") if part.strip()]
