"""How much memory a large file takes on its way in and out: the peak of the server's process, above what it had."""

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

from benchmarks import load, servers
from benchmarks.figures import Bound, Figure, absent, figure

MOST = Bound(16.0, " MiB")
SIZE = 100 * 1024 * 1024 - 4096
"""A little less than the largest file that is taken: 100 MB."""
BOUNDARY = "bench-boundary"
_BLOCK = (b"Everybody must lock the door, and everybody knows why. " * 1200)[:65536]


def measure(server: servers.Server, token: str, project: str, control: str, rounds: int) -> list[Figure]:
    """Both rows, from a running server and a project with a control."""
    rows = ("files: peak memory of a 100 MB upload", "files: peak memory of a 100 MB download")
    if not Path("/proc/self/clear_refs").exists():
        return [absent(row, "sqlite", MOST.text, "the peak of memory can only be read on Linux") for row in rows]
    process = server.process
    assert process is not None
    fields = {"title": "Large", "project_id": project, "control_id": control}
    peaks: list[tuple[float, float]] = []
    for number in range(rounds):
        with _Peak(process.pid) as up:
            evidence, sent = _upload(server, token, fields, number)
        with _Peak(process.pid) as down:
            received = _download(server, token, evidence)
        if sent != received:
            raise load.LoadError("the file that came back is another one")
        peaks.append((up.extra, down.extra))
    return [figure(row, "sqlite", values, MOST) for row, values in zip(rows, zip(*peaks, strict=True), strict=True)]


class _Peak:
    """How many MiB of memory a process needs more at its peak than before (proc(5), `clear_refs`)."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.extra = 0.0

    def __enter__(self) -> "_Peak":
        Path(f"/proc/{self._pid}/clear_refs").write_text("5", encoding="ascii")
        self._before = _memory(self._pid, "VmRSS")
        return self

    def __exit__(self, *error: object) -> None:
        self.extra = max(0.0, _memory(self._pid, "VmHWM") - self._before)


def _memory(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def _parts(fields: dict[str, str], number: int) -> Iterator[bytes]:
    """A form with its file, in blocks; each number gives another file."""
    for name, value in fields.items():
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.txt"\r\n'
    yield f"{head}Content-Type: text/plain\r\n\r\n".encode()
    yield f"{number:016d}".encode() + _BLOCK[16:]
    for _ in range(SIZE // len(_BLOCK) - 1):
        yield _BLOCK
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def _upload(server: servers.Server, token: str, fields: dict[str, str], number: int) -> tuple[str, str]:
    """Send a file; the id of the evidence, and the digest of what was sent."""
    digest = hashlib.sha256()
    length = sum(len(part) for part in _parts(fields, number))
    head = (
        f"POST /api/v1/evidence HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection((servers.HOST, server.port), timeout=120) as line:
        line.sendall(head.encode())
        for part in _parts(fields, number):
            line.sendall(part)
            if len(part) == len(_BLOCK):
                digest.update(part)
        answer = load.answer(line)
    return str(answer["data"]["id"]), digest.hexdigest()


def _download(server: servers.Server, token: str, evidence: str) -> str:
    """Fetch a file; the digest of what came."""
    digest = hashlib.sha256()
    head = (
        f"GET /api/v1/evidence/{evidence}/file HTTP/1.1\r\nHost: bench.example\r\n"
        f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((servers.HOST, server.port), timeout=120) as line:
        line.sendall(head.encode())
        received = line.recv(65536)
        while b"\r\n\r\n" not in received:
            received += line.recv(65536)
        digest.update(received.partition(b"\r\n\r\n")[2])
        while block := line.recv(1 << 18):
            digest.update(block)
    return digest.hexdigest()
