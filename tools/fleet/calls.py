"""Calls that are repeated until they are answered, and a tally of what had to be repeated."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from fleet.members import PATIENCE

PASSWORD = "a fleet of its own 7"
ADMIN = "admin@fleet.example"


@dataclass
class Tally:
    """What became of calls, from all threads. ``troubles`` are those that a client would have seen fail."""

    outcomes: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    slowest_refusal: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, call: str, outcome: str, seconds: float, *, trouble: bool) -> None:
        """Take one answer in, or that there was none."""
        with self._lock:
            self.outcomes[outcome] += 1
            if outcome == "503":
                self.slowest_refusal = max(self.slowest_refusal, seconds)
            if trouble:
                self.troubles.append(f"{call}: {outcome} after {seconds:.2f} s")

    @property
    def answered(self) -> int:
        """How many calls got the answer that they were sent for."""
        return self.outcomes["done"]


class Caller:
    """Somebody's connection to the platform. What has an idempotency key is done once however often it is sent."""

    def __init__(self, base: str, tally: Tally, token: str = "") -> None:
        self.base, self.tally = base, tally
        self._http = httpx.Client(base_url=base, timeout=PATIENCE)
        if token:
            self.sign(token)

    @property
    def headers(self) -> dict[str, str]:
        """What shows who calls, for calls of one's own."""
        return {"Authorization": self._http.headers["Authorization"]}

    def sign(self, token: str) -> None:
        """Send that token from now on."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def log_in(self, email: str, password: str = PASSWORD) -> Any:
        """Sign in; the account."""
        data = self.send("POST", "/api/v1/auth/login", json={"email": email, "password": password}).json()["data"]
        self.sign(data["tokens"]["access_token"])
        return data["user"]

    def send(self, method: str, path: str, *, fine: Sequence[int] = (), **options: Any) -> httpx.Response:
        """Send until it is answered; other answers than 2xx and ``fine`` are an ``AssertionError``."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        deadline = time.monotonic() + 2 * PATIENCE
        while True:
            answer = self._once(method, path, headers, options)
            if answer is not None and answer.status_code not in (502, 503, 504):
                break
            assert time.monotonic() < deadline, f"{method} {path} is never answered"
            time.sleep(0.05)
        good = answer.is_success or answer.status_code in fine
        assert good, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def _once(self, method: str, path: str, headers: dict[str, str], options: dict[str, Any]) -> httpx.Response | None:
        started, call = time.monotonic(), f"{method} {path}"
        try:
            answer = self._http.request(method, path, headers=headers, **options)
        except httpx.TransportError as error:
            self.tally.note(call, type(error).__name__, time.monotonic() - started, trouble=True)
            return None
        failed = answer.status_code >= 500
        outcome = str(answer.status_code) if failed else "done"
        self.tally.note(call, outcome, time.monotonic() - started, trouble=failed)
        return answer

    def data(self, method: str, path: str, **options: Any) -> Any:
        """The ``data`` of an answer."""
        return self.send(method, path, **options).json()["data"]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
