"""``studio serve`` at the end of one process and the beginning of the next."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from support.server import EMAIL, PASSWORD, run, wait_until

QUICK = {"STUDIO_PLUGINS_DISABLED": "projects,evidence,compliance,ai,webhooks", "STUDIO_EMBEDDED_WORKER": "false"}


@pytest.fixture
def environment(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    environment = clean | {"STUDIO_HOME": str(tmp_path / "home")} | QUICK
    run(environment, "init", "--admin-email", EMAIL, "--admin-password", PASSWORD)
    return environment


def test_a_restart_on_a_socket_that_stays_open_refuses_nobody(environment):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-m", "studio_kernel", "serve", "--fd", str(listener.fileno())]

        def start():
            return subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()], stdout=subprocess.PIPE)

        process = start()
        assert base in process.stdout.readline().decode()
        answers: list[int] = []
        stop = threading.Event()

        def ask():
            while not stop.wait(0.02):
                answers.append(httpx.get(f"{base}/health", timeout=60).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: len(answers) > 3)
        for _ in range(2):
            process.terminate()
            process.wait(20)
            process.stdout.close()
            process = start()
        wait_until(lambda: process.stdout.readline())
        stop.set()
        asking.join()
        process.terminate()
        process.wait(20)
        process.stdout.close()
    assert set(answers) == {200}, "a request came to nothing"


def test_only_a_trusted_proxy_names_the_client(environment):
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for trusted in ({}, {"STUDIO_TRUSTED_PROXIES": "127.0.0.1/32"}):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            command = [sys.executable, "-m", "studio_kernel", "serve", "--fd", str(listener.fileno())]
            settings = environment | trusted
            process = subprocess.Popen(command, env=settings, pass_fds=[listener.fileno()], stdout=subprocess.PIPE)
            assert process.stdout.readline()
            path = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1/users/me"
            assert httpx.get(path, headers=forwarded, timeout=60).status_code == 401
            process.terminate()
            process.wait(20)
            process.stdout.close()
    with contextlib.closing(sqlite3.connect(Path(environment["STUDIO_HOME"]) / "studio.db")) as database:
        seen = database.execute("SELECT address FROM audit_log WHERE path = '/api/v1/users/me' ORDER BY at").fetchall()
    assert seen == [("127.0.0.1",), ("203.0.113.9",)]
