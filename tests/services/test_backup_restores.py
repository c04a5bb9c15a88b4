"""A backup that was taken under load gives the same answers and files elsewhere: other database, other file store."""

from __future__ import annotations

import contextlib
import hashlib
import json
import signal
import subprocess
import sys
import threading

import pytest
from support.receiver import receiver
from support.server import run, serve, wait_until

from studio_kernel.testing import services

CONTENT = b"# Policy\n\nEverybody locks their screen. Access is reviewed each quarter.\n"
# What moves by itself between two reads of the same thing.
VOLATILE = {"request_id", "timestamp", "last_login", "last_used_at", "generated_at", "calculated_at"}


class Writers:
    """Clients that upload numbered evidence, one piece after the other, until the block ends."""

    def __init__(self, server, project_id, control_id):
        self.acknowledged = {number: [] for number in range(2)}
        self._stopping = threading.Event()
        self._server, self._facts = server, {"project_id": project_id, "control_id": control_id}
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in self.acknowledged]

    def _write(self, writer):
        with contextlib.closing(self._server.client()) as client:
            while not self._stopping.is_set():
                piece = len(self.acknowledged[writer])
                answer = upload(client, f"w{writer}-{piece}", f"{writer} {piece}\n".encode(), **self._facts)
                self.acknowledged[writer].append(answer["id"])

    def counts(self):
        return {writer: len(pieces) for writer, pieces in self.acknowledged.items()}

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()


def upload(client, title, content, **facts):
    data = {"title": title, "description": "", "tags": json.dumps(["policy"]), **facts}
    files = {"file": (f"{title}.md", content, "text/markdown")}
    answer = client.post("/api/v1/evidence", data=data, files=files)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def make_project(client, name):
    body = {"name": name, "description": "", "framework": "soc2", "team_members": [], "milestones": []}
    answer = client.post("/api/v1/projects", json=body)
    assert answer.status_code == 201, answer.text
    project = client.get(f"/api/v1/projects/{answer.json()['data']['id']}").json()["data"]
    return project["id"], project["controls"][0]["id"]


def settled(value):
    """Without what moves by itself."""
    if isinstance(value, dict):
        return {name: settled(each) for name, each in value.items() if name not in VOLATILE}
    return [settled(each) for each in value] if isinstance(value, list) else value


def answers(client, project_id, evidence_id):
    """What the API says about things that nobody touches any more."""
    paths = [
        f"/api/v1/projects/{project_id}",
        f"/api/v1/projects/{project_id}/controls",
        f"/api/v1/projects/{project_id}/milestones",
        f"/api/v1/evidence?project_id={project_id}",
        f"/api/v1/evidence/{evidence_id}",
        f"/api/v1/evidence/{evidence_id}/versions",
        f"/api/v1/compliance/score?project_id={project_id}",
        f"/api/v1/compliance/gaps?project_id={project_id}",
        "/api/v1/users",
        "/api/v1/webhooks",
        "/api/v1/compliance/frameworks",
    ]
    found = {path: client.get(path) for path in paths}
    assert {path: answer.status_code for path, answer in found.items()} == dict.fromkeys(paths, 200)
    return {path: json.dumps(settled(answer.json()), sort_keys=True) for path, answer in found.items()}


def everything(client, project_id):
    """All evidence of a project, by title."""
    pieces = {}
    for page in range(1, 1000):
        found = client.get("/api/v1/evidence", params={"project_id": project_id, "limit": 100, "page": page}).json()
        pieces.update({each["title"]: each for each in found["data"]["evidence"]})
        if len(found["data"]["evidence"]) < 100:
            return pieces
    raise AssertionError("the list has no end")


def files_hold(client, pieces):
    """Every file comes back with the hash that its evidence tells."""
    for each in pieces.values():
        content = client.get(f"/api/v1/evidence/{each['id']}/file")
        assert content.status_code == 200, content.text
        assert hashlib.sha256(content.content).hexdigest() == each["sha256"]


def back_up_under_load(server, target, project_id, control_id, *options):
    """Back up while clients write: what each had written before it began and after it ended."""
    with Writers(server, project_id, control_id) as writers:
        wait_until(lambda: min(writers.counts().values()) >= 3)
        before = writers.counts()
        server.studio("backup", str(target), *options)
        after = writers.counts()
        wait_until(lambda: min(writers.counts()[each] - after[each] for each in after) >= 2)
    return before, after


KILLED = """
import os, signal
from studio_kernel.backup import tables
tables.Filler.settle = lambda self: os.kill(os.getpid(), signal.SIGKILL)
from studio_kernel.cli import main
main()
"""


@contextlib.contextmanager
def restored(home, archive, settings):
    """A server on what was restored, at the second attempt: the first is killed when all rows are in, uncommitted."""
    environment = {"STUDIO_HOME": str(home), "PATH": "/usr/bin:/bin", **settings}
    command = [sys.executable, "-c", KILLED, "restore", str(archive)]
    assert subprocess.run(command, env=environment, capture_output=True, timeout=60).returncode == -signal.SIGKILL
    run(environment, "restore", str(archive), "--json")
    with serve(home, **settings) as server:
        yield server


def is_one_moment(pieces, before, after):
    """Each client's writes are there up to some point between the backup's beginning and end, and none after it."""
    for writer, least in before.items():
        numbers = sorted(int(title.split("-")[1]) for title in pieces if title.startswith(f"w{writer}-"))
        assert numbers == list(range(len(numbers)))
        assert least <= len(numbers) <= after[writer] + 1


QUICK = {
    "STUDIO_AUTH_ARGON2_TIME_COST": "1",
    "STUDIO_AUTH_ARGON2_MEMORY_KIB": "8",
    "STUDIO_RATE_LIMIT_USER": "1000000/hour",
    "STUDIO_WEBHOOKS_RETRY_SECONDS": "1,1,1,1,1,1,1,1,1,1",
}


@pytest.fixture(scope="module")
def engines():
    """PostgreSQL and S3."""
    with services.postgresql() as postgres, services.s3_server() as s3:
        yield QUICK | {"STUDIO_DATABASE_URL": postgres, "STUDIO_FILES_URL": s3}


@pytest.mark.timeout(420)
def test_it_goes_from_sqlite_to_postgresql_and_s3_and_back(tmp_path, engines):
    there, back = tmp_path / "there.tar", tmp_path / "back.tar"
    with receiver() as hooks:
        with serve(tmp_path / "first", **QUICK) as first, contextlib.closing(first.client()) as client:
            hook = {"url": hooks.url, "events": ["project.created"], "secret": "s" * 32}
            assert client.post("/api/v1/webhooks", json=hook).status_code == 201
            quiet, control = make_project(client, "Quiet")
            piece = upload(client, "Policy", CONTENT, project_id=quiet, control_id=control)["id"]
            busy, busy_control = make_project(client, "Busy")
            wait_until(lambda: len(hooks.received) == 2 and analysed(client, piece))
            before, after = back_up_under_load(first, there, busy, busy_control, "--with-secrets")
            said = answers(client, quiet, piece)
        with restored(tmp_path / "second", there, engines) as second, contextlib.closing(second.client()) as client:
            assert answers(client, quiet, piece) == said
            pieces = everything(client, busy)
            is_one_moment(pieces, before, after)
            files_hold(client, {**pieces, **everything(client, quiet)})
            make_project(client, "New")
            wait_until(lambda: len(hooks.received) == 3)
            assert sorted(json.loads(body)["data"]["project"]["name"] for _, body in hooks.received) == [
                "Busy",
                "New",
                "Quiet",
            ]
            wait_until(lambda: graph_knows(client, piece))
            before, after = back_up_under_load(second, back, quiet, control)
            said_of_busy = answers(client, busy, next(iter(pieces.values()))["id"])
        key = (tmp_path / "second" / "secret.key").read_text().strip()
        settings = QUICK | {"STUDIO_SECRET_KEY": key}
        with restored(tmp_path / "third", back, settings) as third, contextlib.closing(third.client()) as client:
            assert answers(client, busy, next(iter(pieces.values()))["id"]) == said_of_busy
            is_one_moment(everything(client, quiet), before, after)
            files_hold(client, everything(client, quiet))
            assert len(hooks.received) == 3


def analysed(client, evidence_id):
    return client.get(f"/api/v1/evidence/{evidence_id}").json()["data"]["quality_score"] > 0


def graph_knows(client, evidence_id):
    return client.get("/api/v1/compliance/graph", params={"node": evidence_id}).status_code == 200
