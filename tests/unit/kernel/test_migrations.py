"""Migrations: once, in order, all or nothing, by any number of processes."""

import threading

import pytest

from studio_kernel.errors import ConfigurationError, Contended
from studio_kernel.storage.database import open_database
from studio_kernel.storage.migrations import Migration, Step, migrate, pending
from studio_kernel.storage.sql import Statement

COUNT = Statement("SELECT COUNT(*) FROM made")


def step(name, *statements, plugin="demo", after=None):
    def apply(database):
        for text in statements:
            database.execute(Statement(text))
        if after is not None:
            after()

    return Step(plugin, Migration(name, apply))


CREATE = "CREATE TABLE made (name VARCHAR(10))"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def database(url):
    database = open_database(url)
    yield database
    database.close()


def test_steps_run_once_and_in_order(database):
    steps = [step("0001", CREATE), step("0002", "INSERT INTO made VALUES ('two')")]
    assert [each.migration.name for each in migrate(database, steps)] == ["0001", "0002"]
    assert migrate(database, steps) == []
    assert database.value(COUNT) == 1


def test_an_interrupted_step_leaves_nothing_and_is_run_again(database):
    fails = [True]

    def interrupt():
        if fails:
            raise KeyboardInterrupt

    steps = [step("0001", CREATE), step("0002", "INSERT INTO made VALUES ('two')", after=interrupt)]
    with pytest.raises(KeyboardInterrupt):
        migrate(database, steps)
    assert database.value(COUNT) == 0
    assert [each.migration.name for each in pending(database, steps)] == ["0002"]
    fails.clear()
    migrate(database, steps)
    assert database.value(COUNT) == 1


def test_half_a_step_is_rolled_back_tables_included(database):
    broken = [step("0001", CREATE, "INSERT INTO nowhere VALUES (1)")]
    with pytest.raises(Exception, match="nowhere"):
        migrate(database, broken)
    assert [each.migration.name for each in migrate(database, [step("0001", CREATE)])] == ["0001"]


def test_a_newer_database_refuses_an_older_program(database):
    migrate(database, [step("0001", CREATE), step("0002", "INSERT INTO made VALUES ('x')")])
    with pytest.raises(ConfigurationError, match="newer than this program"):
        migrate(database, [step("0001", CREATE)])


def test_steps_of_a_plugin_that_is_gone_stay_and_do_no_harm(database):
    migrate(database, [step("0001", CREATE, plugin="gone")])
    assert migrate(database, [step("0001", "CREATE TABLE other (x INTEGER)", plugin="here")]) != []


def test_several_at_once_apply_each_step_once(url):
    steps = [step("0001", CREATE), *[step(f"{n:04}", "INSERT INTO made VALUES ('x')") for n in range(2, 8)]]
    failures = []

    def run():
        database = open_database(url)
        try:
            migrate(database, steps)
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    database = open_database(url)
    assert database.value(COUNT) == 6
    database.close()


def test_whoever_comes_while_a_long_migration_runs_waits_for_it(url):
    first, second = open_database(url), open_database(url, timeout=0.3)
    begun, end = threading.Event(), threading.Event()

    def hold():
        begun.set()
        assert end.wait(30)

    steps = [step("0001", CREATE, after=hold), step("0002", "INSERT INTO made VALUES ('two')")]
    done = []
    migrating = threading.Thread(target=lambda: done.append(migrate(first, steps)))
    migrating.start()
    assert begun.wait(30)
    waiting = threading.Thread(target=lambda: done.append(migrate(second, steps)))
    waiting.start()
    waiting.join(1.0)
    assert waiting.is_alive()
    with pytest.raises(Contended, match="Somebody else"), second.transaction():
        second.lock("studio.migrations")
    end.set()
    for thread in (migrating, waiting):
        thread.join(30)
    assert sorted(each.migration.name for steps in done for each in steps) == ["0001", "0002"]
    assert len(done) == 2
    assert second.value(COUNT) == 1
    first.close()
    second.close()
