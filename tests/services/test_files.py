"""Both file stores keep one promise; then what each does when its server or disk goes away."""

from __future__ import annotations

import hashlib
import os
import threading
import time
import tracemalloc
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from studio_kernel.errors import NotFound, ServiceUnavailable
from studio_kernel.storage.adapters import BUILT_IN_ADAPTERS, StorageContext, open_storage
from studio_kernel.storage.files import CHUNK, HEAD, FileReader, FileStore
from studio_kernel.testing.services import S3Server

MISSING = "0" * 64
ODD_DIGESTS = ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "zz"]


@pytest.fixture(params=["file", "s3"])
def files(request: pytest.FixtureRequest, sqlite_context: StorageContext) -> Iterator[FileStore]:
    url = "file:" if request.param == "file" else request.getfixturevalue("s3_url")
    store = open_storage("files", url, BUILT_IN_ADAPTERS, sqlite_context)
    yield store
    if request.param == "s3":
        store.close()


def put(files: FileStore, content: bytes) -> str:
    with files.stage() as staged:
        for start in range(0, len(content), 100_000):
            staged.write(content[start : start + 100_000])
        return files.keep(staged)


def everything(reader: FileReader) -> bytes:
    try:
        return b"".join(reader)
    finally:
        reader.close()


def in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize("size", [0, 1, HEAD, 1_000_000], ids=str)
def test_what_was_kept_is_read_back(files: FileStore, size: int) -> None:
    content = os.urandom(size)
    sha256 = put(files, content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert everything(files.open(sha256)) == content
    assert files.size(sha256) == size
    assert files.exists(sha256)
    assert files.verify(sha256)


def test_a_file_of_several_parts_is_kept_whole(files: FileStore) -> None:
    content = os.urandom(9 * 1024 * 1024)
    sha256 = put(files, content)
    assert files.size(sha256) == len(content)
    assert files.verify(sha256)
    assert everything(files.open(sha256, 8 * 1024 * 1024 - 5, 8 * 1024 * 1024 + 5)) == content[8388603:8388613]


def test_staging_tells_size_hash_and_head(files: FileStore) -> None:
    content = os.urandom(HEAD + 10)
    with files.stage() as staged:
        staged.write(content[:5])
        staged.write(memoryview(content)[5:])
        staged.finish()
        assert (staged.size, staged.head) == (len(content), content[:HEAD])
        assert staged.sha256 == hashlib.sha256(content).hexdigest()
        with staged.open() as again:
            assert again.read() == content


def test_a_discarded_file_leaves_nothing(files: FileStore) -> None:
    with files.stage() as staged:
        staged.write(b"never kept")
        path = staged.path
        sha256 = staged.sha256
    staged.discard()
    assert not path.exists()
    assert not files.exists(sha256)


def test_staging_is_discarded_when_the_upload_breaks_off(files: FileStore) -> None:
    with pytest.raises(RuntimeError), files.stage() as staged:
        staged.write(b"half")
        raise RuntimeError
    assert not staged.path.exists()


def test_a_kept_file_leaves_nothing_in_staging(files: FileStore) -> None:
    with files.stage() as staged:
        staged.write(b"kept")
        sha256 = files.keep(staged)
    assert not staged.path.exists()
    assert files.exists(sha256)


def test_equal_bytes_are_kept_once(files: FileStore) -> None:
    assert put(files, b"the same") == put(files, b"the same")
    assert list(files.digests(in_an_hour())) == [hashlib.sha256(b"the same").hexdigest()]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (0, 4, b"0123"),
        (3, 4, b"3"),
        (9, 10, b"9"),
        (8, 99, b"89"),
        (4, 4, b""),
        (5, 4, b""),
        (10, None, b""),
        (11, 12, b""),
        (-3, 2, b"01"),
    ],
)
def test_a_part_is_read_like_a_slice(files: FileStore, start: int, end: int | None, expected: bytes) -> None:
    sha256 = put(files, b"0123456789")
    reader = files.open(sha256, start, end)
    assert reader.size == 10
    assert everything(reader) == expected


def test_a_part_of_an_empty_file_is_empty(files: FileStore) -> None:
    sha256 = put(files, b"")
    assert everything(files.open(sha256, 0, 10)) == b""
    assert everything(files.open(sha256, 5)) == b""


def test_reading_hands_out_bounded_pieces(files: FileStore) -> None:
    sha256 = put(files, b"x" * (3 * CHUNK))
    reader = files.open(sha256)
    pieces = [len(piece) for piece in reader]
    assert sum(pieces) == 3 * CHUNK
    assert max(pieces) <= CHUNK
    reader.close()
    reader = files.open(sha256)
    assert len(reader.read(10 * CHUNK)) <= CHUNK
    assert len(reader.read(7)) == 7
    assert reader.read(0) == b""
    reader.close()
    reader.close()


@pytest.mark.parametrize("sha256", [MISSING, *ODD_DIGESTS])
def test_what_is_not_there_is_said_to_be_missing(files: FileStore, sha256: str) -> None:
    with pytest.raises(NotFound):
        files.open(sha256)
    with pytest.raises(NotFound):
        files.open(sha256, 5, 2)
    assert files.size(sha256) is None
    assert not files.exists(sha256)
    assert not files.delete(sha256)
    assert not files.verify(sha256)


def test_a_deleted_file_is_gone(files: FileStore) -> None:
    sha256 = put(files, b"to be deleted")
    assert files.delete(sha256)
    assert not files.exists(sha256)
    assert not files.delete(sha256)


def test_only_older_files_are_listed_for_the_sweep(files: FileStore) -> None:
    kept = {put(files, bytes([number])) for number in range(5)}
    assert set(files.digests(in_an_hour())) == kept
    assert set(files.digests(an_hour_ago())) == set()


def test_a_file_that_was_kept_again_is_not_swept(files: FileStore) -> None:
    sha256 = put(files, b"came back")
    assert not files.delete(sha256, older_than=an_hour_ago())
    assert files.exists(sha256)
    assert files.delete(sha256, older_than=in_an_hour())


def test_interrupted_uploads_are_swept(files: FileStore) -> None:
    staged = files.stage()
    staged.write(b"the process died")
    staged.finish()
    assert files.sweep_staging(an_hour_ago()) == 0
    assert files.sweep_staging(in_an_hour()) == 1
    assert not staged.path.exists()
    staged.discard()


def test_a_store_that_works_passes_its_check(files: FileStore) -> None:
    files.check()
    assert list(files.digests(in_an_hour())) == []


def test_many_threads_keep_the_same_file(files: FileStore) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(put(files, b"shared"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(b"shared").hexdigest()] * 8
    assert files.verify(found[0])


def test_memory_stays_bounded_for_a_large_file(files: FileStore) -> None:
    put(files, b"warm up" * 2_000_000)
    block = os.urandom(1024 * 1024)
    tracemalloc.start()
    try:
        with files.stage() as staged:
            for _ in range(40):
                staged.write(block)
            sha256 = files.keep(staged)
        assert files.verify(sha256)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 16 * 1024 * 1024


# -- in a directory ------------------------------------------------------------------------------------


@pytest.fixture
def directory(sqlite_context: StorageContext) -> FileStore:
    store: FileStore = open_storage("files", "file:", BUILT_IN_ADAPTERS, sqlite_context)
    return store


def test_a_directory_keeps_files_by_digest_under_its_home(directory: FileStore, tmp_path: Path) -> None:
    sha256 = put(directory, b"here")
    path = tmp_path / "files" / sha256[:2] / sha256[2:4] / sha256
    assert path.read_bytes() == b"here"
    assert path.stat().st_mode & 0o077 == 0


def test_a_directory_may_lie_elsewhere(sqlite_context: StorageContext, tmp_path: Path) -> None:
    url = (tmp_path / "with space").as_uri()
    store = open_storage("files", url, BUILT_IN_ADAPTERS, sqlite_context)
    put(store, b"elsewhere")
    assert (tmp_path / "with space").is_dir()


def test_a_directory_of_another_machine_is_refused(sqlite_context: StorageContext) -> None:
    with pytest.raises(ValueError, match="three slashes"):
        open_storage("files", "file://srv/share", BUILT_IN_ADAPTERS, sqlite_context)


def test_changed_bytes_are_found_and_healed_by_keeping_again(directory: FileStore, tmp_path: Path) -> None:
    sha256 = put(directory, b"good")
    (tmp_path / "files" / sha256[:2] / sha256[2:4] / sha256).write_bytes(b"baad")
    assert not directory.verify(sha256)
    put(directory, b"good")
    assert directory.verify(sha256)


def test_keeping_again_makes_an_old_file_new(directory: FileStore, tmp_path: Path) -> None:
    sha256 = put(directory, b"old")
    old = time.time() - 7200
    os.utime(tmp_path / "files" / sha256[:2] / sha256[2:4] / sha256, (old, old))
    assert list(directory.digests(an_hour_ago())) == [sha256]
    put(directory, b"old")
    assert list(directory.digests(an_hour_ago())) == []


def test_a_file_staged_long_ago_is_new_once_it_is_kept(directory: FileStore) -> None:
    with directory.stage() as staged:
        staged.write(b"a slow upload")
        staged.finish()
        old = time.time() - 7200
        os.utime(staged.path, (old, old))
        directory.keep(staged)
    assert list(directory.digests(an_hour_ago())) == []


def test_a_directory_that_cannot_be_written_is_unavailable(sqlite_context: StorageContext, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_bytes(b"")
    store = open_storage("files", (tmp_path / "a-file" / "x").as_uri(), BUILT_IN_ADAPTERS, sqlite_context)
    with pytest.raises(ServiceUnavailable):
        store.check()
    with pytest.raises(ServiceUnavailable):
        store.stage()


# -- in S3 ---------------------------------------------------------------------------------------------


def test_a_prefix_keeps_two_installs_apart(s3_url: str, sqlite_context: StorageContext) -> None:
    one, two = (
        open_storage("files", s3_url.replace("?", f"/{name}/x?"), BUILT_IN_ADAPTERS, sqlite_context)
        for name in ("one", "two")
    )
    sha256 = put(one, b"only in one")
    assert not two.exists(sha256)
    assert list(two.digests(in_an_hour())) == []
    assert list(one.digests(in_an_hour())) == [sha256]
    one.close()
    two.close()


def test_a_bucket_that_is_not_there_is_unavailable(s3_url: str, sqlite_context: StorageContext) -> None:
    store = open_storage("files", s3_url.replace("@studio-", "@missing-"), BUILT_IN_ADAPTERS, sqlite_context)
    with pytest.raises(ServiceUnavailable):
        store.check()
    with pytest.raises(ServiceUnavailable):
        put(store, b"nowhere")
    store.close()


def test_an_s3_url_without_a_bucket_is_refused(sqlite_context: StorageContext) -> None:
    with pytest.raises(ValueError, match="s3://bucket"):
        open_storage("files", "s3://", BUILT_IN_ADAPTERS, sqlite_context)


def test_an_upload_in_parts_that_broke_off_is_swept(s3_url: str, sqlite_context: StorageContext) -> None:
    parts = urllib.parse.urlsplit(s3_url)
    client = boto3.client(
        "s3",
        endpoint_url=urllib.parse.parse_qs(parts.query)["endpoint"][0],
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_multipart_upload(Bucket=parts.hostname, Key=f"00/00/{MISSING}")
    client.close()
    store = open_storage("files", s3_url, BUILT_IN_ADAPTERS, sqlite_context)
    # NOTE: moto says of every such upload that it began in 2010.
    assert store.sweep_staging(datetime(2010, 1, 1, tzinfo=UTC)) == 0
    assert store.sweep_staging(an_hour_ago()) == 1
    assert store.sweep_staging(an_hour_ago()) == 0
    store.close()


def test_s3_goes_away_and_comes_back(sqlite_context: StorageContext) -> None:
    with S3Server() as server:
        store = open_storage("files", server.create("outage"), BUILT_IN_ADAPTERS, sqlite_context)
        sha256 = put(store, b"before")
        server.stop()
        begin = time.monotonic()
        for attempt in (
            store.check,
            lambda: store.open(sha256),
            lambda: store.size(sha256),
            lambda: store.delete(sha256),
            lambda: list(store.digests(in_an_hour())),
            lambda: put(store, b"during"),
        ):
            with pytest.raises(ServiceUnavailable):
                attempt()
        assert time.monotonic() - begin < 60
        server.start()
        store.check()
        assert everything(store.open(sha256)) == b"before"
        put(store, b"after")
        store.close()
