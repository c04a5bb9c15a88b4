"""Servers and workers that are killed without warning and replaced at once."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

_PATIENCE = 60.0
_ZYGOTE = Path(__file__).with_name("zygote.py")


class Fleet:
    """Children of one zygote; ``base`` is where a server answers, whichever it is at the moment."""

    def __init__(self, settings: dict[str, Any]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
        environment["PYTHONPATH"] = str(_ZYGOTE.parents[1])
        command = [sys.executable, str(_ZYGOTE), json.dumps(settings)]
        self._zygote = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._forked: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._port: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._ready: set[int] = set()
        self._ended: dict[int, int] = {}
        self.complaints: list[str] = []
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._listen, self._collect)]
        for thread in self._threads:
            thread.start()
        self.base = f"http://127.0.0.1:{self._port.get(timeout=_PATIENCE)}"

    def start(self, *words: object) -> int:
        """Fork a child; its process id."""
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(" ".join(map(str, words)) + "\n")
        self._zygote.stdin.flush()
        return self._forked.get(timeout=_PATIENCE)

    def started(self, kind: str) -> int:
        """Fork a child and wait until it is at work."""
        pid = self.start(kind)
        with self._changed:
            there = self._changed.wait_for(lambda: pid in self._ready or pid in self._ended, _PATIENCE)
        assert there, f"no {kind} came up: {self.complaints}"
        assert pid not in self._ended, f"the {kind} ended by itself: {self.complaints}"
        return pid

    def kill(self, pid: int) -> None:
        """SIGKILL, and wait until the process is gone."""
        os.kill(pid, signal.SIGKILL)
        self.wait(pid)

    def wait(self, pid: int) -> int:
        """Wait for a child's end; its exit code, negative for a signal."""
        with self._changed:
            assert self._changed.wait_for(lambda: pid in self._ended, _PATIENCE), f"process {pid} does not end"
            return self._ended[pid]

    def _listen(self) -> None:
        assert self._zygote.stdout is not None
        for line in self._zygote.stdout:
            word, *numbers = line.split()
            values = [int(each) for each in numbers]
            if word in ("port", "forked"):
                (self._port if word == "port" else self._forked).put(values[0])
                continue
            with self._changed:
                if word == "ready":
                    self._ready.add(values[0])
                else:
                    self._ended[values[0]] = values[1]
                self._changed.notify_all()

    def _collect(self) -> None:
        assert self._zygote.stderr is not None
        for line in self._zygote.stderr:
            self.complaints.append(line.rstrip())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._zygote.stdin is not None
        self._zygote.stdin.close()
        self._zygote.wait(_PATIENCE)
        for thread in self._threads:
            thread.join(_PATIENCE)
        for stream in (self._zygote.stdout, self._zygote.stderr):
            assert stream is not None
            stream.close()
