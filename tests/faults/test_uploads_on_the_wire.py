"""Uploads as a network delivers them: too long, cut off, slow, without a length; and what they cost a real server."""

from __future__ import annotations

import hashlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from support import whole
from support.fleet import Fleet

MIB = 1024 * 1024
BOUNDARY = "frontier"


class Wire:
    """A server with an account that may upload, and its staging folder."""

    def __init__(self, scene: Any, fleet: Fleet, pid: int) -> None:
        self.scene = scene
        self.base = fleet.base
        self.process = psutil.Process(pid)
        self.headers = {"Authorization": f"Bearer {scene.token(scene.uploader)}"}
        self.staging = Path(scene.settings["home"]) / "files" / ".staging"

    def staged(self) -> list[Path]:
        """What lies in staging now."""
        return list(self.staging.iterdir()) if self.staging.exists() else []

    def pieces(self) -> int:
        """How many pieces of evidence there are."""
        return len(whole.table(self.scene.platform, "evidence"))

    def opening(self, title: str = "Large") -> bytes:
        """A form up to the first byte of its file."""
        fields = {"title": title, "project_id": self.scene.project_id}
        parts = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.txt"\r\n'
        return (parts + file + "Content-Type: text/plain\r\n\r\n").encode()

    def send(self, content: Iterator[bytes], length: int | None) -> tuple[int, bytes]:
        """A form over a plain connection; the answer's status and the rest. With a length, or in chunks without."""
        with socket.create_connection(("127.0.0.1", int(self.base.rpartition(":")[2])), timeout=60) as connection:
            self._begin(connection, length)
            for block in content:
                try:
                    connection.sendall(block if length is not None else b"%x\r\n" % len(block) + block + b"\r\n")
                except (BrokenPipeError, ConnectionResetError):
                    break
            else:
                connection.sendall(b"" if length is not None else b"0\r\n\r\n")
            return _answer(connection)

    def _begin(self, connection: socket.socket, length: int | None) -> None:
        framing = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
        head = [
            "POST /api/v1/evidence HTTP/1.1",
            "Host: studio.test",
            f"Authorization: {self.headers['Authorization']}",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            framing,
            "Connection: close",
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode())


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    received = b""
    while chunk := _received(connection):
        received += chunk
    assert received, "no answer"
    return int(received.split()[1]), received


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory, make_module_scene: Callable[..., Any]) -> Iterator[Wire]:
    scene = make_module_scene(home=str(tmp_path_factory.mktemp("wire")))
    with Fleet(scene.settings) as fleet:
        yield Wire(scene, fleet, fleet.started("server"))


def _blocks(wire: Wire, size: int, *, closing: bool = True) -> Iterator[bytes]:
    """A form with a file of that many bytes."""
    yield wire.opening()
    block = (b"0123456789abcde\n" * 4096)[: 64 * 1024]
    for _ in range(size // len(block)):
        yield block
    yield block[: size % len(block)]
    if closing:
        yield f"\r\n--{BOUNDARY}--\r\n".encode()


def _length(wire: Wire, size: int) -> int:
    return len(wire.opening()) + size + len(f"\r\n--{BOUNDARY}--\r\n")


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "in chunks"])
def test_a_form_over_the_limit_is_refused_and_nothing_of_it_stays(wire: Wire, announced: bool) -> None:
    size, before = 101 * MIB, wire.pieces()
    status, answer = wire.send(_blocks(wire, size), _length(wire, size) if announced else None)
    assert status == 413
    assert b"PAYLOAD_TOO_LARGE" in answer
    assert (wire.staged(), wire.pieces()) == ([], before)


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "in chunks"])
@pytest.mark.parametrize("sent", [0, 700, 300_000])
def test_an_upload_that_stops_half_way_leaves_nothing(wire: Wire, announced: bool, sent: int) -> None:
    before = wire.pieces()
    with socket.create_connection(("127.0.0.1", int(wire.base.rpartition(":")[2])), timeout=20) as connection:
        wire._begin(connection, _length(wire, MIB) if announced else None)
        body = b"".join(_blocks(wire, MIB))[:sent]
        if body:
            connection.sendall(body if announced else b"%x\r\n" % len(body) + body + b"\r\n")
            if sent > 100_000:
                _until(lambda: bool(wire.staged()))
    _until(lambda: not wire.staged())
    assert wire.pieces() == before
    assert httpx.get(f"{wire.base}/health").status_code == 200


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "in chunks"])
def test_a_form_without_its_end_is_no_upload(wire: Wire, announced: bool) -> None:
    size, before = 100_000, wire.pieces()
    length = len(wire.opening()) + size if announced else None
    status, _ = wire.send(_blocks(wire, size, closing=False), length)
    assert status == 400
    assert (wire.staged(), wire.pieces()) == ([], before)


def _peak(process: psutil.Process, action: Callable[[], Any]) -> tuple[Any, int]:
    """What an action answers, and how far above its beginning the process's memory rose meanwhile, in bytes."""
    start, highest, done = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            highest[0] = max(highest[0], process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        result = action()
    finally:
        done.set()
        thread.join()
    return result, max(0, highest[0] - start)


def test_a_hundred_mebibytes_go_up_and_down_in_sixteen_of_memory(wire: Wire) -> None:
    _large_file_in_little_memory(wire)


def test_so_they_do_with_s3(make_scene: Callable[..., Any], s3_url: str) -> None:
    scene = make_scene(files_url=s3_url)
    with Fleet(scene.settings) as fleet:
        _large_file_in_little_memory(Wire(scene, fleet, fleet.started("server")))


def _large_file_in_little_memory(wire: Wire) -> None:
    size = 100 * MIB
    small = wire.send(_blocks(wire, MIB), _length(wire, MIB))
    assert small[0] == 201
    (status, answer), up = _peak(wire.process, lambda: wire.send(_blocks(wire, size), _length(wire, size)))
    assert status == 201, answer
    piece = max(whole.table(wire.scene.platform, "evidence"), key=lambda each: each["file_size"])
    assert piece["file_size"] == size

    def download() -> str:
        digest = hashlib.sha256()
        path = f"{wire.base}/api/v1/evidence/{piece['id']}/file"
        with httpx.stream("GET", path, headers=wire.headers, timeout=60) as response:
            for chunk in response.iter_raw():
                digest.update(chunk)
        return digest.hexdigest()

    digest, down = _peak(wire.process, download)
    assert digest == piece["sha256"]
    sys.stdout.write(f"{up / MIB:.1f} MiB up, {down / MIB:.1f} MiB down\n")
    assert (up <= 16 * MIB, down <= 16 * MIB) == (True, True), f"{up / MIB:.1f} MiB up, {down / MIB:.1f} MiB down"
