"""Changes that queue for SQLite's writer become durable together: what each of them may rely on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio_kernel.errors import Conflict, ServiceUnavailable
from studio_kernel.storage.database import Database, open_database
from studio_kernel.storage.sql import Statement

PAGES = 60
ADD = Statement("INSERT INTO notes (name) VALUES (:name)")
NAMES = Statement("SELECT name FROM notes ORDER BY rowid")


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Database]:
    """A SQLite database with a table, and one that refers to it, checked at the commit only."""
    database = open_database(f"sqlite:///{tmp_path / 'notes.db'}")
    database.execute(Statement("CREATE TABLE notes (name TEXT NOT NULL UNIQUE)"))
    database.execute(Statement("CREATE TABLE links (name TEXT REFERENCES notes (name) DEFERRABLE INITIALLY DEFERRED)"))
    yield database
    database.close()


class Queue:
    """Lets changes line up behind one that holds its turn, so that they share its COMMIT."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.order: list[str] = []
        self.results: dict[str, BaseException | None] = {}
        self._holding, self._go_on = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def line_up(self, name: str, change: Callable[[], Any]) -> None:
        """Start ``change`` in a transaction of its own, in a thread of its own, after those before."""
        waiting = len(self._threads)
        thread = threading.Thread(target=self._run, args=(name, change))
        self._threads.append(thread)
        thread.start()
        if waiting == 0:
            assert self._holding.wait(10)
        else:
            self._until(lambda: self.database.writers_waiting >= waiting)

    def finish(self) -> dict[str, BaseException | None]:
        """Let them go; what each raised."""
        self._go_on.set()
        for thread in self._threads:
            thread.join(20)
        return self.results

    def _run(self, name: str, change: Callable[[], Any]) -> None:
        self.results[name] = None
        try:
            with self.database.transaction() as transaction:
                if not self._holding.is_set():
                    self._holding.set()
                    assert self._go_on.wait(10)
                change()
                transaction.after_commit(lambda: self.order.append(f"after {name}"))
        except BaseException as error:
            self.results[name] = error

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.002)


@pytest.fixture
def queue(notes: Database) -> Queue:
    """Changes that share a COMMIT."""
    return Queue(notes)


def names(database: Database) -> list[str]:
    return [row[0] for row in database.rows(NAMES)]


def add(queue: Queue, name: str) -> None:
    queue.line_up(name, lambda: queue.database.execute(ADD, name=name))


def test_changes_that_wait_for_their_turn_share_one_commit(notes: Database, queue: Queue) -> None:
    run: list[str] = []
    notes.count_query = run.append
    for name in "abcd":
        add(queue, name)
    assert set(queue.finish().values()) == {None}
    assert run.count("COMMIT") == 1
    assert sorted(names(notes)) == ["a", "b", "c", "d"]


def test_a_change_that_fails_is_undone_alone(notes: Database, queue: Queue) -> None:
    def fail() -> None:
        notes.execute(ADD, name="never")
        raise ValueError("changed my mind")

    add(queue, "a")
    queue.line_up("failing", fail)
    add(queue, "b")
    results = queue.finish()
    assert isinstance(results.pop("failing"), ValueError)
    assert set(results.values()) == {None}
    assert sorted(names(notes)) == ["a", "b"]
    assert sorted(queue.order) == ["after a", "after b"]


def test_the_first_change_may_fail_while_others_wait(notes: Database, queue: Queue) -> None:
    queue.line_up("failing", lambda: notes.execute(ADD, name=None))
    add(queue, "a")
    add(queue, "b")
    results = queue.finish()
    assert isinstance(results.pop("failing"), Conflict)
    assert set(results.values()) == {None}
    assert sorted(names(notes)) == ["a", "b"]


def test_a_commit_that_fails_fails_for_all_and_keeps_nothing(notes: Database, queue: Queue) -> None:
    add(queue, "a")
    queue.line_up("dangling", lambda: notes.execute(Statement("INSERT INTO links VALUES ('nowhere')")))
    add(queue, "b")
    results = queue.finish()
    assert {type(error) for error in results.values()} == {ServiceUnavailable}
    assert names(notes) == []
    assert queue.order == []
    notes.execute(ADD, name="later")
    assert names(notes) == ["later"]


def test_a_commit_of_one_change_says_itself_why_it_failed(notes: Database) -> None:
    with pytest.raises(Conflict), notes.transaction():
        notes.execute(Statement("INSERT INTO links VALUES ('nowhere')"))
    notes.execute(ADD, name="later")
    assert names(notes) == ["later"]


def test_a_full_disk_is_no_success_for_anybody_who_needed_room(notes: Database, queue: Queue) -> None:
    def fill() -> None:
        notes.execute(Statement(f"PRAGMA max_page_count = {PAGES}"))
        for number in range(PAGES):
            notes.execute(ADD, name=f"{number:05}" + "x" * 4000)

    add(queue, "a")
    queue.line_up("too much", fill)
    add(queue, "b")
    results = queue.finish()
    assert isinstance(results["too much"], ServiceUnavailable)
    kept = {name for name, error in results.items() if error is None}
    assert set(names(notes)) == kept
    notes.execute(ADD, name="later")
    assert set(names(notes)) == kept | {"later"}


def test_nobody_reads_a_change_before_its_commit_and_everybody_after(notes: Database, queue: Queue) -> None:
    seen: list[list[str]] = []

    def look() -> None:
        other = threading.Thread(target=lambda: seen.append(names(notes)))
        other.start()
        other.join()
        seen.append(names(notes))

    add(queue, "a")
    queue.line_up("b", look)
    queue.finish()
    assert seen == [[], ["a"]]
    assert names(notes) == ["a"]


def test_work_for_after_the_commit_comes_after_the_commit_of_all(notes: Database, queue: Queue) -> None:
    notes.count_query = lambda text: queue.order.append(text) if text == "COMMIT" else None
    for name in "abc":
        add(queue, name)
    queue.finish()
    assert queue.order[0] == "COMMIT"
    assert sorted(queue.order[1:]) == ["after a", "after b", "after c"]


def test_after_the_commit_a_change_may_begin_another(notes: Database) -> None:
    def another() -> None:
        with notes.transaction():
            notes.execute(ADD, name="b")

    with notes.transaction() as transaction:
        notes.execute(ADD, name="a")
        transaction.after_commit(another)
    assert names(notes) == ["a", "b"]


WRITER = """
import sys, threading
from studio_kernel.storage.database import open_database
from studio_kernel.storage.sql import Statement

database = open_database(sys.argv[1])
def write(who):
    for number in range(100_000):
        with database.transaction():
            database.execute(Statement("INSERT INTO notes (name) VALUES (:name)"), name=f"{who}-{number}")
        sys.stdout.write(f"{who}-{number}\\n")
        sys.stdout.flush()
for who in range(8):
    threading.Thread(target=write, args=(who,)).start()
"""


@pytest.mark.timeout(60)
def test_what_was_acknowledged_survives_a_kill_amid_groups(notes: Database, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'notes.db'}"
    for _ in range(3):
        acknowledged: set[str] = set()
        writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(100):
            acknowledged.add(writer.stdout.readline().strip())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged |= {line.strip() for line in writer.stdout if line.endswith("\n")}
        writer.wait()
        writer.stdout.close()
        assert acknowledged <= set(names(notes))
        notes.execute(Statement("DELETE FROM notes"))
