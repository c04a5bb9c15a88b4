"""Files in an S3-compatible store: ``s3://bucket/prefix?endpoint=https://…&region=…``.

Credentials come from the usual AWS places (environment, profile, instance role), or from ``s3://key:secret@bucket``.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from studio_kernel.errors import NotFound, ServiceUnavailable
from studio_kernel.storage.adapters import StorageContext, import_driver
from studio_kernel.storage.files import (
    CHUNK,
    StagedFile,
    hashes_to,
    is_digest,
    key_of,
    sweep_directory,
)

# bytes: larger files go up in parts of this size, one after the other, so that memory stays bounded
_PART = 8 * 1024 * 1024
# seconds: a store that takes longer to accept a connection, or to say anything, is asked once more and then given up
_CONNECT_TIMEOUT = 3
_ANSWER_TIMEOUT = 15
_MISSING = {"404", "NoSuchKey", "NotFound", "NoSuchUpload"}


def open_files(url: str, context: StorageContext) -> S3Files:
    """The store for an ``s3://`` URL; ``ValueError`` says what is wrong with it."""
    import_driver("boto3", extra="s3")
    return S3Files(url, context.home / "staging")


class S3Files:
    """Files at ``prefix/aa/bb/<sha256>`` in a bucket; they are staged in ``staging`` on the local disk."""

    def __init__(self, url: str, staging: Path) -> None:
        parts = urllib.parse.urlsplit(url)
        if not parts.hostname:
            raise ValueError("use s3://bucket/prefix?endpoint=https://host&region=name")
        # NOTE: not hostname, which is lower case; old buckets may have upper-case names.
        self._bucket = parts.netloc.rpartition("@")[2]
        self._prefix = _prefix(parts.path)
        self._client = functools.partial(_make_client, parts)
        self._connected: Any = None
        self._connecting = threading.Lock()
        self._staging = staging

    def stage(self, purpose: str = "") -> StagedFile:
        return StagedFile(self._staging, purpose)

    def keep(self, staged: StagedFile) -> str:
        staged.finish()
        with _trouble():
            if staged.size <= _PART:
                self._put(staged)
            else:
                self._put_in_parts(staged)
            stored = self._head(staged.sha256)
        if stored != staged.size:
            raise ServiceUnavailable("The file store did not keep the whole file")
        staged.discard()
        return staged.sha256

    def _put(self, staged: StagedFile) -> None:
        checksum = base64.b64encode(bytes.fromhex(staged.sha256)).decode()
        with staged.open() as body:
            self._s3.put_object(Bucket=self._bucket, Key=self._key(staged.sha256), Body=body, ChecksumSHA256=checksum)

    def _put_in_parts(self, staged: StagedFile) -> None:
        from boto3.s3.transfer import TransferConfig

        self._s3.upload_file(
            str(staged.path),
            self._bucket,
            self._key(staged.sha256),
            # NOTE: a checksum goes with each part; a hash of the whole is not one that S3 checks here.
            ExtraArgs={"ChecksumAlgorithm": "SHA256"},
            Config=TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART, use_threads=False),
        )

    def open(self, sha256: str, start: int = 0, end: int | None = None) -> _S3Reader:
        if not is_digest(sha256):
            raise NotFound
        start = max(start, 0)
        if end is not None and end <= start:
            return self._nothing(sha256)
        wanted = {} if start == 0 and end is None else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        try:
            with _trouble():
                answer = self._s3.get_object(Bucket=self._bucket, Key=self._key(sha256), **wanted)
        except _OutsideFile:
            return self._nothing(sha256)
        return _S3Reader(answer["Body"], _whole_size(answer))

    def _nothing(self, sha256: str) -> _S3Reader:
        size = self.size(sha256)
        if size is None:
            raise NotFound
        return _S3Reader(None, size)

    def size(self, sha256: str) -> int | None:
        if not is_digest(sha256):
            return None
        try:
            with _trouble():
                return self._head(sha256)
        except NotFound:
            return None

    def exists(self, sha256: str) -> bool:
        return self.size(sha256) is not None

    def delete(self, sha256: str, *, older_than: datetime | None = None) -> bool:
        if not is_digest(sha256):
            return False
        key = self._key(sha256)
        try:
            with _trouble():
                head = self._s3.head_object(Bucket=self._bucket, Key=key)
                if older_than is not None and head["LastModified"] >= older_than:
                    return False
                self._s3.delete_object(Bucket=self._bucket, Key=key)
        except NotFound:
            return False
        return True

    def digests(self, older_than: datetime) -> Iterator[str]:
        with _trouble():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    name = entry["Key"].rpartition("/")[2]
                    if entry["LastModified"] < older_than and is_digest(name) and entry["Key"] == self._key(name):
                        yield name

    def sweep_staging(self, older_than: datetime) -> int:
        removed = sweep_directory(self._staging, older_than)
        with _trouble():
            pages = self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for page in pages:
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < older_than:
                        removed += self._abort(upload)
        return removed

    def _abort(self, upload: Any) -> int:
        try:
            with _trouble():
                self._s3.abort_multipart_upload(Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        except NotFound:
            return 0
        return 1

    def verify(self, sha256: str) -> bool:
        try:
            return hashes_to(self.open(sha256), sha256)
        except NotFound:
            return False

    def check(self) -> None:
        try:
            with _trouble():
                self._s3.head_bucket(Bucket=self._bucket)
        except NotFound as error:
            raise ServiceUnavailable("The file store has no such bucket") from error

    def close(self) -> None:
        """Give back the connections."""
        if self._connected is not None:
            self._connected.close()

    def _key(self, sha256: str) -> str:
        return self._prefix + key_of(sha256)

    def _head(self, sha256: str) -> int:
        head = self._s3.head_object(Bucket=self._bucket, Key=self._key(sha256))
        return int(head["ContentLength"])

    @property
    def _s3(self) -> Any:
        # PERF: making a client reads large description files; a command that needs no file doesn't wait for
        # it.
        with self._connecting:
            if self._connected is None:
                self._connected = self._client()
            return self._connected


class _S3Reader:
    """The body of one answer; a connection stays in use until it is closed."""

    def __init__(self, body: Any, size: int) -> None:
        self._body = body
        self.size = size

    def read(self, count: int = CHUNK) -> bytes:
        if self._body is None or count <= 0:
            return b""
        with _trouble():
            return bytes(self._body.read(min(count, CHUNK)))

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk

    def close(self) -> None:
        if self._body is not None:
            self._body.close()


class _OutsideFile(Exception):
    """The range begins behind the end of the file."""


@contextlib.contextmanager
def _trouble() -> Iterator[None]:
    """Tell what the store answers in the platform's words: a file is missing, or the store unavailable."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise NotFound from error
        if code in ("InvalidRange", "416"):
            raise _OutsideFile from error
        raise ServiceUnavailable("The file store refuses the request at the moment") from error
    except (BotoCoreError, Boto3Error, HTTPError, OSError) as error:
        raise ServiceUnavailable("The file store can't be reached at the moment") from error


def _whole_size(answer: Any) -> int:
    content_range = answer.get("ContentRange")
    if content_range:
        return int(content_range.rpartition("/")[2])
    return int(answer["ContentLength"])


def _prefix(path: str) -> str:
    inner = urllib.parse.unquote(path).strip("/")
    return f"{inner}/" if inner else ""


def _make_client(parts: urllib.parse.SplitResult) -> Any:
    boto3 = import_driver("boto3", extra="s3")
    from botocore.config import Config

    options = {name: values[-1] for name, values in urllib.parse.parse_qs(parts.query).items()}
    session = boto3.session.Session(
        aws_access_key_id=urllib.parse.unquote(parts.username) if parts.username else None,
        aws_secret_access_key=urllib.parse.unquote(parts.password) if parts.password else None,
        region_name=options.get("region"),
    )
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=_ANSWER_TIMEOUT,
        retries={"max_attempts": 2, "mode": "standard"},
        max_pool_connections=32,
        s3={"addressing_style": "path"} if "endpoint" in options else None,
    )
    return session.client("s3", endpoint_url=options.get("endpoint"), config=config)
