"""The servers that tests run on end when their test process does, however it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from studio_kernel.testing import services

PROGRAM = """
import os
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell in the background takes away
from studio_kernel.testing.services import PostgresServer, RedisServer
servers = [PostgresServer(), RedisServer()]
print(*(server.port for server in servers), flush=True)
if sys.argv[1] == "wait":
    sys.stdin.read()
elif sys.argv[1] != "end":
    os.kill(os.getpid(), 9)
"""


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("ending", ["end", "crash", "interrupt"])
def test_nothing_is_left_of_a_test_process(ending: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "wait" if ending == "interrupt" else ending],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={
            "TMPDIR": str(tmp_path),
            "PYTHONPATH": ":".join(filter(None, sys.path)),
            "PATH": "/usr/bin:/bin",
        },
    ) as process:
        assert process.stdout is not None
        ports = [int(word) for word in process.stdout.readline().split()]
        if ending == "interrupt":
            assert all(answers(port) for port in ports)
            process.send_signal(signal.SIGINT)
        process.wait(20)
    deadline = time.monotonic() + 15
    while any(answers(port) for port in ports) or list(tmp_path.iterdir()):
        assert time.monotonic() < deadline, "servers or their files are still there"
        time.sleep(0.05)


def test_each_place_is_empty_and_goes_away() -> None:
    with services.postgresql() as one, services.postgresql() as two:
        assert one != two
        connection = psycopg2.connect(one)
        connection.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(one)


def test_a_server_says_why_it_fails() -> None:
    with services.RedisServer() as server, pytest.raises(services.ServerFailed, match="redis: create x: "):
        server._ask("create x")
