"""Server and worker are killed at random moments while people upload, review and delete: nothing acknowledged is lost.

``STUDIO_TEST_KILLS`` sets how many kills there are in all.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from support import whole
from support.fleet import Fleet

KILLS = int(os.environ.get("STUDIO_TEST_KILLS", "200"))
PEOPLE = 3


@dataclass
class Known:
    """What the server said it holds of one piece."""

    contents: list[bytes]
    approved: bool = False


@dataclass
class Person:
    """Somebody who goes on working, whatever happens to the servers, and remembers what was acknowledged.

    A change whose answer was lost is sent again with its idempotency key until it is answered.
    """

    scene: Any
    base: str
    number: int
    stop: threading.Event
    known: dict[str, Known] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    error: BaseException | None = None

    def work(self) -> None:
        """Until told to stop."""
        self._random = random.Random(self.number)
        limits = httpx.Limits(max_keepalive_connections=1)
        tokens = [self.scene.token(user) for user in (self.scene.uploader, self.scene.reviewer)]
        try:
            with httpx.Client(base_url=self.base, timeout=20, limits=limits) as self._http:
                self._uploader, self._reviewer = ({"Authorization": f"Bearer {token}"} for token in tokens)
                while not self.stop.is_set():
                    self._one_change()
        except BaseException as error:
            self.error = error

    def _one_change(self) -> None:
        changes = [self._upload] if len(self.known) < 3 else [self._upload, self._version, self._review, self._delete]
        self._random.choice(changes)()

    def _send(self, method: str, path: str, who: dict[str, str], **options: Any) -> httpx.Response:
        key = {"Idempotency-Key": f"{self.number}-{sum(self.done.values())}-{self._random.random()}"}
        tries = 0
        while True:
            tries += 1
            try:
                answer = self._http.request(method, path, headers={**who, **key}, **options)
            except httpx.TransportError:
                continue
            if answer.status_code == 503:
                time.sleep(0.02)
                continue
            self.done[method if tries == 1 else f"{method} again"] += 1
            return answer

    def _content(self) -> bytes:
        mean = 2_000_000 if self._random.random() < 0.05 else 20_000
        size = int(self._random.expovariate(1 / mean)) + 1
        content = f"{self.number} {self._random.random()}\n".encode() * (size // 20 + 1)
        # Some bytes come from several people, and again after they were deleted.
        return b"everybody has this\n" * 50 if self._random.random() < 0.1 else content

    def _upload(self) -> None:
        content = self._content()
        fields = {"title": f"Piece of {self.number}", "project_id": self.scene.project_id, "tags": "a,b"}
        fields["control_id"] = self._random.choice(self.scene.controls)
        files = {"file": ("piece.txt", content)}
        answer = self._send("POST", "/api/v1/evidence", self._uploader, data=fields, files=files)
        assert answer.status_code == 201, answer.text
        self.known[answer.json()["data"]["id"]] = Known([content])

    def _version(self) -> None:
        name, content = self._random.choice(list(self.known)), self._content()
        files = {"file": ("piece.txt", content)}
        answer = self._send("POST", f"/api/v1/evidence/{name}/versions", self._uploader, files=files)
        assert answer.status_code == 201, answer.text
        self.known[name].contents.append(content)
        self.known[name].approved = False
        assert answer.json()["data"]["version"] == len(self.known[name].contents)

    def _review(self) -> None:
        name = self._random.choice(list(self.known))
        body = {"decision": self._random.choice(["approve", "reject"]), "score": 80}
        answer = self._send("POST", f"/api/v1/evidence/{name}/reviews", self._reviewer, json=body)
        assert answer.status_code == 201, answer.text
        self.known[name].approved = body["decision"] == "approve"

    def _delete(self) -> None:
        name = self._random.choice(list(self.known))
        answer = self._send("DELETE", f"/api/v1/evidence/{name}", self._uploader)
        assert answer.status_code in (200, 404), answer.text
        del self.known[name]
        self.gone.add(name)


def _killing(fleet: Fleet, kills: int, chance: random.Random) -> Iterator[int]:
    """Kill servers and workers, one or both, after a random while; yields how many there were so far."""
    running = {kind: fleet.started(kind) for kind in ("server", "worker")}
    done = 0
    while done < kills:
        time.sleep(chance.expovariate(1 / 0.08))
        for kind in chance.choice([["server"], ["server"], ["worker"], ["server", "worker"]]):
            fleet.kill(running[kind])
            running[kind] = fleet.started(kind) if chance.random() < 0.9 else fleet.start(kind)
            done += 1
        yield done


def _check(person: Person) -> None:
    """What was acknowledged is there, byte for byte, and what was deleted is gone."""
    from studio_evidence.service.files import EvidenceFiles
    from studio_evidence.service.records import Records
    from studio_kernel.errors import NotFound
    from studio_kernel.security.principal import SYSTEM

    platform = person.scene.platform
    files, records = EvidenceFiles(platform), Records(platform)
    for name, piece in person.known.items():
        record = records.read(name)
        assert (record.version, record.status == "approved") == (len(piece.contents), piece.approved)
        for number, content in enumerate(piece.contents, start=1):
            file = files.find(SYSTEM, name, number)
            source = files.source(file).open(0, file.file_size)
            assert b"".join(iter(lambda source=source: source.read(1 << 20), b"")) == content
            source.close()
    for name in person.gone:
        with pytest.raises(NotFound):
            records.read(name)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("stores", "share"), [("a directory", 0.8), ("S3", 0.2)])
def test_whatever_was_acknowledged_survives_kill_9(
    make_scene: Any, request: pytest.FixtureRequest, stores: str, share: float
) -> None:
    settings = {}
    if stores == "S3":
        settings = {name: request.getfixturevalue(fixture) for name, fixture in ENGINES.items()}
    scene = make_scene(**settings)
    kills, chance, stop = round(KILLS * share), random.Random(2024), threading.Event()
    with Fleet(scene.settings) as fleet:
        people = [Person(scene, fleet.base, number, stop) for number in range(PEOPLE)]
        threads = [threading.Thread(target=person.work) for person in people]
        for thread in threads:
            thread.start()
        try:
            for killed in _killing(fleet, kills, chance):
                if killed % 10 == 0:
                    scene.platform.jobs.enqueue("evidence.sweep")
                assert all(thread.is_alive() for thread in threads), [person.error for person in people]
            fleet.started("server")
        finally:
            stop.set()
            for thread in threads:
                thread.join(60)
    assert [person.error for person in people if person.error is not None] == []
    done = sum((person.done for person in people), Counter())
    sys.stdout.write(f"{kills} kills, {done.total()} changes acknowledged: {dict(done)}\n")
    again = sum(count for what, count in done.items() if what.endswith("again"))
    assert again >= kills // 10, "hardly a kill met a request"
    for person in people:
        _check(person)
    assert whole.problems(scene.platform) == []
    whole.sweep_later(scene.platform)
    assert whole.kept(scene.platform) == whole.referred(scene.platform)
    assert whole.problems(scene.platform) == []


ENGINES = {"database_url": "postgres_url", "files_url": "s3_url"}
