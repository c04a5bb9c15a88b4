"""One promise of the database, on SQLite and on PostgreSQL; then what only one of them can show."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peewee
import pytest

from studio_kernel.errors import Conflict, Contended, ServiceUnavailable
from studio_kernel.storage.database import Database, open_database
from studio_kernel.storage.models import JSONField, Table, TimeField
from studio_kernel.storage.sql import CompiledQuery, RowsInsert, Statement, slot
from studio_kernel.testing.services import PostgresServer


class Thing(Table):
    """A table of every type that the platform uses."""

    id = peewee.CharField(primary_key=True)
    name = peewee.CharField(unique=True)
    size = peewee.IntegerField(null=True)
    made_at = TimeField(null=True)
    facts = JSONField(null=True)

    class Meta:
        table_name = "things"


TABLE = Statement(
    """CREATE TABLE things (
        id VARCHAR(255) PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE, size BIGINT, made_at VARCHAR(27),
        facts TEXT
    )"""
)
COUNT = Statement("SELECT COUNT(*) FROM things")
NAMES = Statement("SELECT name FROM things ORDER BY id")


@pytest.fixture
def things(database: Database) -> Database:
    """A database with one empty table."""
    database.execute(TABLE)
    return database


def add(database: Database, *names: str) -> None:
    for name in names:
        database.insert(Thing, {"id": f"id_{name}", "name": name})


def names(database: Database) -> list[str]:
    return [row[0] for row in database.rows(NAMES)]


def in_threads(count: int, work: Callable[[int], Any]) -> list[Exception]:
    """Run ``work`` in that many threads at once; what was raised."""
    failures: list[Exception] = []

    def run(number: int) -> None:
        try:
            work(number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


# -- statements ----------------------------------------------------------------------------------------


def test_rows_row_and_value_answer_plain_tuples(things: Database) -> None:
    add(things, "a", "b")
    assert things.rows(NAMES) == [("a",), ("b",)]
    assert things.row(NAMES) == ("a",)
    assert things.value(COUNT) == 2
    nobody = Statement("SELECT id FROM things WHERE name = :name")
    assert things.rows(nobody, name="x") == []
    assert things.row(nobody, name="x") is None
    assert things.value(nobody, name="x") is None


def test_a_missing_parameter_is_a_mistake_of_the_caller(things: Database) -> None:
    with pytest.raises(KeyError, match="name"):
        things.rows(Statement("SELECT id FROM things WHERE name = :name"), other=1)


@pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("SELECT ':not_a_parameter', :given", {"given": "x"}, (":not_a_parameter", "x")),
        ("SELECT 'it''s :not_one', :given", {"given": "x"}, ("it's :not_one", "x")),
        ("SELECT '', ':', '''', :given", {"given": "x"}, ("", ":", "'", "x")),
        ("SELECT '100%', :given, '%s'", {"given": "%"}, ("100%", "%", "%s")),
        ("SELECT 7 % 4, CAST(:given AS INTEGER) % 4", {"given": 6}, (3, 2)),
        ("SELECT :same || :same", {"same": "ab"}, ("abab",)),
        ("SELECT :a || :b_2", {"a": "'", "b_2": "?"}, ("'?",)),
        ("SELECT '?', '$1', :given", {"given": "?"}, ("?", "$1", "?")),
        ('SELECT 1 AS ":quoted", :given', {"given": "x"}, (1, "x")),
        ("SELECT 1 -- not :one, it's a remark\n, :given", {"given": "x"}, (1, "x")),
        ("SELECT /* neither :one, it's too */ :given", {"given": "x"}, ("x",)),
        ("SELECT :given /* 100% */", {"given": "x"}, ("x",)),
    ],
)
def test_parameters_are_told_from_text(
    database: Database, sql: str, values: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    typed = sql
    if database.dialect == "postgresql":
        for name in values:
            if isinstance(values[name], str):
                typed = typed.replace(f":{name}", f"CAST(:{name} AS TEXT)")
        typed = typed.replace("'CAST(:not", "':not")
    assert database.row(Statement(sql, postgresql=typed), **values) == expected


def test_postgresql_may_have_a_text_of_its_own(database: Database) -> None:
    statement = Statement("SELECT 'sqlite', :x", postgresql="SELECT 'postgresql', :x::text || '::' || :x::text")
    expected = ("sqlite", "1") if database.dialect == "sqlite" else ("postgresql", "1::1")
    assert database.row(statement, x="1") == expected


def test_a_colon_in_an_array_slice_is_no_parameter() -> None:
    statement = Statement("SELECT 1", postgresql="SELECT (ARRAY[1,2,3])[2:3], x::varchar FROM t WHERE a = :a")
    assert statement.bind("postgresql", {"a": 5}) == (
        "SELECT (ARRAY[1,2,3])[2:3], x::varchar FROM t WHERE a = %s",
        (5,),
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["a"], ["a"]),
        (("a", "c"), ["a", "c"]),
        ([], []),
        ((), []),
        (["x"], []),
        (["a", "a", "b"], ["a", "b"]),
    ],
)
def test_a_list_becomes_a_list(things: Database, wanted: Any, expected: list[str]) -> None:
    add(things, "a", "b", "c")
    statement = Statement("SELECT name FROM things WHERE name IN :wanted AND id <> :not ORDER BY name LIMIT :most")
    rows = things.rows(statement, wanted=wanted, most=10, **{"not": "id_z"})
    assert [row[0] for row in rows] == expected


def test_two_lists_may_stand_beside_each_other(things: Database) -> None:
    add(things, "a", "b", "c")
    statement = Statement("SELECT name FROM things WHERE name IN :one AND id IN :two")
    assert things.rows(statement, one=["a", "b"], two=["id_b", "id_c"]) == [("b",)]


def test_nothing_is_not_in_an_empty_list_either(things: Database) -> None:
    """As documented: an empty list matches nothing, also with NOT IN."""
    add(things, "a")
    assert things.rows(Statement("SELECT name FROM things WHERE name NOT IN :none"), none=[]) == []


def test_mistakes_in_sql_are_no_outage(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)nowhere") as caught:
        database.rows(Statement("SELECT * FROM nowhere"))
    assert not isinstance(caught.value, ServiceUnavailable)
    assert database.value(Statement("SELECT 1")) == 1


# -- compiled queries ----------------------------------------------------------------------------------


def test_a_compiled_query_fills_its_slots(things: Database) -> None:
    add(things, "a", "b", "c")
    query = CompiledQuery(
        Thing.select(Thing.name)
        .where((Thing.name >= slot("low")) & (Thing.id != "id_c"))
        .order_by(Thing.name.desc())
        .limit(slot("most"))
    )
    assert things.rows(query, low="a", most=5) == [("b",), ("a",)]
    assert things.rows(query, low="b", most=5) == [("b",)]
    assert things.rows(query, low="a", most=1) == [("b",)]
    with pytest.raises(KeyError):
        things.rows(query, low="a")


def test_a_slot_takes_the_place_in_a_like(things: Database) -> None:
    add(things, "100%", "100 km")
    query = CompiledQuery(Thing.select(Thing.name).where(Thing.name ** slot("pattern")).order_by(Thing.name))
    assert things.rows(query, pattern="100%") == [("100 km",), ("100%",)]


def test_a_query_is_built_once_for_each_dialect(things: Database) -> None:
    query = CompiledQuery(Thing.select(Thing.id).where(Thing.name == slot("name")))
    first = query.bind(things.dialect, {"name": "a"})
    assert first[0] is query.bind(things.dialect, {"name": "b"})[0]


# -- changes -------------------------------------------------------------------------------------------


def test_values_are_written_as_the_fields_say(things: Database) -> None:
    moment = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    things.insert(Thing, {"id": "1", "name": "a", "size": 5, "made_at": moment, "facts": {"x": [1, None]}})
    row = things.row(Statement("SELECT size, made_at, facts FROM things"))
    assert row == (5, "2024-01-15T10:30:00.000000Z", '{"x":[1,null]}')


def test_many_rows_take_as_many_statements_as_needed(things: Database) -> None:
    texts: list[str] = []
    things.count_query = texts.append
    rows = [{"id": f"{number:05}", "name": f"n{number}", "size": number} for number in range(1203)]
    assert things.insert_many(Thing, rows) == 1203
    things.count_query = None
    assert things.value(COUNT) == 1203
    assert len([text for text in texts if text.startswith("INSERT")]) == 3
    assert things.value(Statement("SELECT SUM(size) FROM things")) == sum(range(1203))


def test_no_rows_are_no_statement(things: Database) -> None:
    assert things.insert_many(Thing, []) == 0


def test_a_taken_name_is_a_conflict(things: Database) -> None:
    add(things, "a")
    with pytest.raises(Conflict):
        things.insert(Thing, {"id": "other", "name": "a"})
    with pytest.raises(Conflict):
        things.update(Thing, {"name": None}, where={"id": "id_a"})
    assert names(things) == ["a"]


def test_many_rows_are_kept_all_or_none(things: Database) -> None:
    """Also when they take several statements."""
    rows = [{"id": str(number), "name": f"n{number}"} for number in range(600)]
    rows.append({"id": "twice", "name": "n0"})
    with pytest.raises(Conflict):
        things.insert_many(Thing, rows)
    assert things.value(COUNT) == 0


def test_a_clash_may_be_ignored(things: Database) -> None:
    add(things, "a")
    rows = [{"id": "x", "name": "a"}, {"id": "y", "name": "b"}]
    assert things.insert_many(Thing, rows, ignore=True) == 1
    assert things.insert(Thing, rows[0], ignore=True) == 0
    assert names(things) == ["a", "b"]


def test_update_and_delete_tell_how_many(things: Database) -> None:
    add(things, "a", "b", "c")
    assert things.update(Thing, {"size": 1, "facts": {"k": 1}}, where={"name": "a"}) == 1
    assert things.update(Thing, {"size": 2}, where={"name": "x"}) == 0
    assert things.row(Statement("SELECT size, facts FROM things WHERE name = 'a'")) == (1, '{"k":1}')
    assert things.delete(Thing, where={"name": "a", "size": 1}) == 1
    assert names(things) == ["b", "c"]
    assert things.execute(Statement("DELETE FROM things")) == 2


def test_where_takes_values_as_the_fields_write_them(things: Database) -> None:
    moment = datetime(2024, 1, 15, tzinfo=UTC)
    things.insert(Thing, {"id": "1", "name": "a", "made_at": moment})
    assert things.update(Thing, {"size": 1}, where={"made_at": moment}) == 1
    assert things.delete(Thing, where={"made_at": moment}) == 1


def test_a_change_of_all_rows_must_be_written_out(things: Database) -> None:
    with pytest.raises(ValueError, match="written out"):
        things.delete(Thing, where={})
    with pytest.raises(ValueError, match="written out"):
        things.update(Thing, {"size": 1}, where={})


# -- transactions --------------------------------------------------------------------------------------


def test_a_transaction_commits_at_its_end(things: Database) -> None:
    with things.transaction():
        add(things, "a", "b")
        seen: list[int] = []
        assert in_threads(1, lambda _: seen.append(things.value(COUNT))) == []
        assert seen == [0]
    assert in_threads(1, lambda _: seen.append(things.value(COUNT))) == []
    assert seen == [0, 2]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, GeneratorExit])
def test_an_exception_undoes_everything(things: Database, error: type[BaseException]) -> None:
    with pytest.raises(error), things.transaction():
        add(things, "a")
        raise error
    assert things.current is None
    assert names(things) == []
    add(things, "b")
    assert names(things) == ["b"]


def test_an_inner_transaction_joins_the_outer(things: Database) -> None:
    with pytest.raises(RuntimeError), things.transaction() as outer:
        with things.transaction() as inner:
            assert inner is outer
            assert things.current is outer
            add(things, "a")
        inner.facts["key"] = 1
        assert outer.facts == {"key": 1}
        raise RuntimeError
    assert names(things) == []


def test_actions_run_before_and_after_the_commit(things: Database) -> None:
    order: list[str] = []

    def outside() -> None:
        in_threads(1, lambda _: order.append(f"{things.value(COUNT)} seen outside"))

    with things.transaction() as transaction:
        transaction.after_commit(lambda: order.append(f"after, in {things.current}"))
        transaction.after_commit(outside)
        transaction.before_commit(lambda: add(things, "late"))
        transaction.before_commit(lambda: transaction.before_commit(lambda: order.append("before, later")))
        transaction.before_commit(outside)
        order.append("body")
    assert order == ["body", "0 seen outside", "before, later", "after, in None", "1 seen outside"]


def test_what_fails_before_the_commit_undoes_everything(things: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError), things.transaction() as transaction:
        add(things, "a")
        transaction.before_commit(fail)
        transaction.after_commit(lambda: done.append("never"))
    assert (names(things), done) == ([], [])


def test_a_savepoint_undoes_only_its_part(things: Database) -> None:
    with things.transaction():
        add(things, "a")
        with pytest.raises(RuntimeError), things.savepoint():
            add(things, "b")
            raise RuntimeError
        with things.savepoint():
            add(things, "c")
    assert names(things) == ["a", "c"]


def test_a_conflict_inside_a_savepoint_leaves_the_transaction_alive(things: Database) -> None:
    with things.transaction():
        add(things, "a")
        with pytest.raises(Conflict), things.savepoint():
            things.insert(Thing, {"id": "other", "name": "a"})
        add(things, "b")
    assert names(things) == ["a", "b"]


def test_savepoints_nest(things: Database) -> None:
    with things.transaction():
        with things.savepoint():
            add(things, "a")
            with pytest.raises(RuntimeError), things.savepoint():
                add(things, "b")
                with things.savepoint():
                    add(things, "c")
                raise RuntimeError
            add(things, "d")
        add(things, "e")
    assert names(things) == ["a", "d", "e"]


def test_a_conflict_ends_the_transaction_and_the_next_one_works(things: Database) -> None:
    add(things, "a")
    with pytest.raises(Conflict), things.transaction():
        add(things, "b")
        things.insert(Thing, {"id": "other", "name": "a"})
    assert names(things) == ["a"]
    with things.transaction():
        add(things, "c")
    assert names(things) == ["a", "c"]


def test_a_mistake_in_sql_outside_a_transaction_harms_nobody(things: Database) -> None:
    for _ in range(3):
        with pytest.raises(Exception, match=r"(?i)nothing"):
            things.execute(Statement("SELECT nothing FROM things"))
    add(things, "a")
    assert names(things) == ["a"]


# -- threads -------------------------------------------------------------------------------------------


def test_threads_write_side_by_side(things: Database) -> None:
    def work(number: int) -> None:
        for step in range(20):
            with things.transaction():
                things.insert(Thing, {"id": f"{number}_{step}", "name": f"{number}_{step}"})
                things.value(COUNT)

    assert in_threads(8, work) == []
    assert things.value(COUNT) == 160


def test_a_lock_lets_one_at_a_time_through(things: Database) -> None:
    add(things, "counter")
    things.update(Thing, {"size": 0}, where={"name": "counter"})
    read = Statement("SELECT size FROM things WHERE name = 'counter'")

    def work(_: int) -> None:
        for _ in range(10):
            with things.transaction():
                things.lock("counter")
                size = things.value(read)
                things.update(Thing, {"size": size + 1}, where={"name": "counter"})

    assert in_threads(6, work) == []
    assert things.value(read) == 60


def test_each_thread_has_its_own_transaction(things: Database) -> None:
    with things.transaction():
        seen: list[Any] = []
        in_threads(1, lambda _: seen.append(things.current))
        assert seen == [None]


def test_a_closed_thread_opens_again(things: Database) -> None:
    add(things, "a")
    things.close_thread()
    things.close_thread()
    assert names(things) == ["a"]
    things.close()
    assert names(things) == ["a"]


def test_closing_closes_the_connections_of_all_threads(things: Database) -> None:
    in_threads(4, lambda _: things.value(COUNT))
    assert len(things._connections) == 5
    things.close()
    assert len(things._connections) == 0


# -- one of them ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "mysql://host/name", "studio.db", "sqlite://", "sqlite:///"])
def test_a_url_that_is_wrong_is_answered_with_what_is_right(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///|name a file"):
        open_database(url)


def test_sqlite_makes_the_directory_that_is_missing(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/new/directory/a%20b.db")
    assert database.value(Statement("SELECT 1")) == 1
    assert (tmp_path / "new" / "directory" / "a b.db").exists()
    database.close()


def test_sqlite_is_durable_and_minds_references(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    assert database.value(Statement("PRAGMA journal_mode")) == "wal"
    assert database.value(Statement("PRAGMA synchronous")) == 2
    assert database.value(Statement("PRAGMA foreign_keys")) == 1
    database.close()


def test_sqlite_answers_unavailable_when_another_process_holds_it(tmp_path: Path) -> None:
    one = open_database(f"sqlite:///{tmp_path}/x.db", timeout=0.2)
    two = open_database(f"sqlite:///{tmp_path}/x.db", timeout=0.2)
    one.execute(TABLE)
    with one.transaction():
        add(one, "a")
        with pytest.raises(ServiceUnavailable), two.transaction():
            pass
        assert two.current is None
    with two.transaction():
        add(two, "b")
    assert names(one) == ["a", "b"]
    one.close()
    two.close()


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


@pytest.fixture
def remote(server: PostgresServer) -> Iterator[Database]:
    database = open_database(server.url, timeout=2)
    database.execute(TABLE)
    yield database
    database.close()


def test_postgresql_goes_away_and_comes_back(server: PostgresServer, remote: Database) -> None:
    add(remote, "a")
    server.stop()
    begin = time.monotonic()
    for _ in range(3):
        with pytest.raises(ServiceUnavailable):
            names(remote)
        with pytest.raises(ServiceUnavailable), remote.transaction():
            add(remote, "b")
        assert remote.current is None
    assert time.monotonic() - begin < 10
    server.start()
    assert names(remote) == ["a"]
    with remote.transaction():
        add(remote, "c")
    assert names(remote) == ["a", "c"]


def test_a_restart_between_two_statements_is_not_noticed(server: PostgresServer, remote: Database) -> None:
    add(remote, "a")
    server.stop()
    server.start()
    assert names(remote) == ["a"]
    server.stop()
    server.start()
    with remote.transaction():
        add(remote, "b")
    assert names(remote) == ["a", "b"]


def test_a_restart_within_a_transaction_ends_it(server: PostgresServer, remote: Database) -> None:
    with pytest.raises(ServiceUnavailable), remote.transaction():
        add(remote, "a")
        server.stop()
        server.start()
        add(remote, "b")
    assert remote.current is None
    assert names(remote) == []


def test_a_restart_before_the_commit_is_no_success(server: PostgresServer, remote: Database) -> None:
    done: list[str] = []
    with pytest.raises(ServiceUnavailable), remote.transaction() as transaction:
        transaction.after_commit(lambda: done.append("never"))
        add(remote, "a")
        server.stop()
        server.start()
    assert done == []
    assert names(remote) == []


def test_a_savepoint_in_a_lost_transaction_tells_of_the_loss(server: PostgresServer, remote: Database) -> None:
    with pytest.raises(ServiceUnavailable), remote.transaction():
        add(remote, "a")
        with remote.savepoint():
            server.stop()
            server.start()
            add(remote, "b")
    with remote.transaction(), remote.savepoint():
        add(remote, "c")
    assert names(remote) == ["c"]


def test_nothing_more_happens_in_a_lost_transaction(server: PostgresServer, remote: Database) -> None:
    """Not even when somebody swallows the first error: it would be committed without its beginning."""
    with pytest.raises(ServiceUnavailable), remote.transaction():
        add(remote, "a")
        server.stop()
        server.start()
        for name in ("b", "c"):
            with pytest.raises(ServiceUnavailable):
                add(remote, name)
    assert names(remote) == []


def test_a_change_whose_outcome_is_unknown_is_not_made_twice(remote: Database) -> None:
    add(remote, "a")
    remote.update(Thing, {"size": 0}, where={"name": "a"})
    committed_and_cut_off = Statement(
        "DO $$ BEGIN UPDATE things SET size = size + 1; COMMIT; PERFORM pg_terminate_backend(pg_backend_pid()); END $$"
    )
    with pytest.raises(ServiceUnavailable):
        remote.execute(committed_and_cut_off)
    assert remote.value(Statement("SELECT size FROM things")) == 1


def test_every_thread_finds_back(server: PostgresServer, remote: Database) -> None:
    barrier = threading.Barrier(5)

    def work(number: int) -> None:
        with remote.transaction():
            add(remote, f"{number} before")
        barrier.wait(10)
        barrier.wait(10)
        with remote.transaction():
            add(remote, f"{number} after")

    failures: list[Exception] = []
    runner = threading.Thread(target=lambda: failures.extend(in_threads(4, work)))
    runner.start()
    barrier.wait(10)
    server.stop()
    server.start()
    barrier.wait(10)
    runner.join()
    assert failures == []
    assert remote.value(COUNT) == 8


def test_postgresql_gives_up_waiting_for_a_lock(postgres_url: str) -> None:
    one, two = open_database(postgres_url, timeout=1), open_database(postgres_url, timeout=1)
    one.execute(TABLE)
    add(one, "a")
    with one.transaction():
        one.update(Thing, {"size": 1}, where={"name": "a"})
        begin = time.monotonic()
        with pytest.raises(Contended, match="at the same moment; try again"):
            two.rows(Statement("SELECT id FROM things FOR UPDATE"))
        assert time.monotonic() - begin < 1.9, "the wait was not repeated"
        with pytest.raises(ServiceUnavailable), two.transaction():
            two.update(Thing, {"size": 2}, where={"name": "a"})
    assert two.update(Thing, {"size": 3}, where={"name": "a"}) == 1
    one.close()
    two.close()


def test_postgresql_gives_up_one_of_two_changes_that_wait_for_each_other(postgres_url: str) -> None:
    database = open_database(postgres_url)
    database.execute(TABLE)
    add(database, "a", "b")
    meeting = threading.Barrier(2)
    refused: list[Contended] = []

    def change(first: str, second: str) -> None:
        try:
            with database.transaction():
                database.update(Thing, {"size": 1}, where={"name": first})
                meeting.wait(10)
                database.update(Thing, {"size": 1}, where={"name": second})
        except Contended as refusal:
            refused.append(refusal)
            with database.transaction():
                database.update(Thing, {"size": 2}, where={"name": second})
        database.close_thread()

    threads = [threading.Thread(target=change, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    (refusal,) = refused
    assert (refusal.status, refusal.headers) == (503, {"Retry-After": "1"})
    assert "can't be reached" not in refusal.message
    assert sorted(row[0] for row in database.rows(Statement("SELECT size FROM things"))) == [1, 2]
    database.close()


def test_a_shared_lock_is_had_at_once_or_not_at_all(things: Database) -> None:
    got: list[bool] = []

    def share() -> None:
        with things.transaction():
            got.append(things.try_share("work"))
        things.close_thread()

    def ask() -> bool:
        thread = threading.Thread(target=share)
        thread.start()
        thread.join(10)
        return got.pop()

    if things.dialect == "postgresql":
        with things.transaction():
            assert things.try_share("work")
            assert ask()
        with things.transaction():
            things.lock("work")
            assert not ask()
    assert ask()


def test_nothing_is_kept_for_each_number_of_rows(things: Database) -> None:
    def kept() -> int:
        return sum(isinstance(each, Statement | RowsInsert) for each in gc.get_objects())

    def add_rows(count: int) -> int:
        return things.insert_many(Thing, [{"id": f"{count}-{row}", "name": f"{count}-{row}"} for row in range(count)])

    assert add_rows(1) == 1
    before = kept()
    assert [add_rows(count) for count in range(2, 40)] == list(range(2, 40))
    assert kept() == before
