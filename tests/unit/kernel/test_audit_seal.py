"""Nobody changes the audit log unseen: every kind of change in the database is found and named, on both databases."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio_kernel.app import Platform
from studio_kernel.audit import AuditRow, form
from studio_kernel.audit.anchors import Anchors, append, read_anchors
from studio_kernel.audit.export import Exporter, check_export
from studio_kernel.audit.keys import SealKeys, add_key, load_keys
from studio_kernel.audit.seals import Sealer, SealRow, last_seal
from studio_kernel.audit.upkeep import check_seal
from studio_kernel.audit.verify import Report, Verifier
from studio_kernel.clock import from_text, later
from studio_kernel.context import CallContext, call_context
from studio_kernel.errors import ConfigurationError, ServiceUnavailable, StudioError
from studio_kernel.security.principal import Principal
from studio_kernel.storage.database import open_database
from studio_kernel.storage.sql import Statement
from studio_kernel.testing import services
from studio_kernel.testing.app import StudioApp

ENTRIES = 24
PERSON = Principal(kind="user", id="user_1", user_id="user_1", role="admin")
ALL = Statement("SELECT position FROM audit_log ORDER BY position")


class Undone(Exception):
    """Ends a transaction that shall leave nothing behind."""


def call(platform: Platform, number: int) -> None:
    """One change, as a request would make it."""
    path = f"/api/v1/things/{number}"
    context = CallContext(PERSON, "things.change", f"req_{number}", "203.0.113.7", "POST", path, f"thing_{number}")
    with call_context(context), platform.database.transaction():
        pass


def verify(platform: Platform, anchors: Any = ()) -> Report:
    return Verifier(platform.database, platform.audit.keys).verify(anchors)


def anchors_of(platform: Platform) -> Anchors:
    return Anchors(platform.database, platform.clock, platform.audit.keys)


def build(home: Path, url: str = "", **overrides: Any) -> StudioApp:
    return StudioApp(home, plugins=[], overrides={**({"database_url": url} if url else {}), **overrides})


def fill(platform: Platform, first: int = 0, count: int = ENTRIES, seals: int = 3) -> None:
    """So many entries in so many seals."""
    for number in range(first, first + count):
        call(platform, number)
        if (number + 1) % (count // seals) == 0:
            platform.sealer.seal()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A sealed log that tests change inside of transactions that they undo."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(services.postgresql()) if request.param == "postgresql" else ""
        app = build(tmp_path_factory.mktemp("home"), url)
        stack.callback(app.close)
        fill(app.platform)
        yield app.platform


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., StudioApp]]:
    """Makes platforms over one empty database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made: list[StudioApp] = []

    def make(**overrides: Any) -> StudioApp:
        made.append(build(tmp_path / "home", url, **overrides))
        return made[-1]

    yield make
    for app in made:
        app.close()


def tampered(platform: Platform, change: Callable[[], Any], anchors: Any = ()) -> Report:
    """What a verification finds after that change, which is then undone."""
    database = platform.database
    found: list[Report] = []
    with contextlib.suppress(Undone), database.transaction():
        change()
        found.append(verify(platform, anchors))
        raise Undone
    return found[0]


def positions(platform: Platform) -> list[int]:
    return [row[0] for row in platform.database.rows(ALL)]


def changed(value: Any) -> Any:
    """Another value of the same type."""
    if value is None or isinstance(value, int):
        return 7_000 if value is None else value + 1
    return f"{value[:-1]}{'x' if value[-1] != 'x' else 'y'}" if value else "x"


def test_an_untouched_log_is_sound(log: Platform) -> None:
    report = verify(log)
    assert report.sound, report.problems
    assert (report.entries, report.seals, report.unsealed) == (ENTRIES, 3, 0)
    assert last_seal(log.database)["total"] == ENTRIES


@pytest.mark.parametrize("column", list(AuditRow._meta.columns))
def test_an_edit_of_any_column_of_any_entry_is_found_and_named(log: Platform, column: str) -> None:
    places = positions(log)
    for place in (places[0], places[10], places[-1]):
        value = log.database.value(Statement(f"SELECT {column} FROM audit_log WHERE position = :at"), at=place)
        new = 99_000 + place if column == "position" else changed(value)
        edit = Statement(f"UPDATE audit_log SET {column} = :new WHERE position = :at")
        report = tampered(log, lambda edit=edit, new=new, place=place: log.database.execute(edit, new=new, at=place))
        assert report.problems[0].position == place, (column, report.problems)


@pytest.mark.parametrize("column", list(SealRow._meta.columns))
def test_an_edit_of_any_column_of_a_seal_is_found(log: Platform, column: str) -> None:
    value = log.database.value(Statement(f"SELECT {column} FROM audit_seals WHERE number = 2"))
    edit = Statement(f"UPDATE audit_seals SET {column} = :new WHERE number = 2")
    new = 77 if column == "number" else changed(value)
    report = tampered(log, lambda: log.database.execute(edit, new=new))
    assert not report.sound
    assert report.problems[0].seal in (2, 3)


def test_deleting_an_entry_names_it(log: Platform) -> None:
    for place in positions(log):
        gone = Statement("DELETE FROM audit_log WHERE position = :at")
        report = tampered(log, lambda gone=gone, place=place: log.database.execute(gone, at=place))
        assert (report.problems[0].position, report.problems[0].what) == (place, "was deleted")


def test_an_entry_that_is_put_in_is_named(log: Platform) -> None:
    columns = [name for name in AuditRow._meta.columns if name not in ("position", "id", "seal")]
    copy = Statement(
        f"INSERT INTO audit_log (position, id, seal, {', '.join(columns)}) "
        f"SELECT :new, :id, :seal, {', '.join(columns)} FROM audit_log WHERE position = :at"
    )
    place = positions(log)[5]
    for seal in (1, 3, 44, None):
        values = {"new": 90_000, "id": "aud_new", "seal": seal, "at": place}
        report = tampered(log, lambda values=values: log.database.execute(copy, **values))
        assert report.problems[0].position == 90_000, report.problems


def test_an_entry_without_signature_is_named_also_before_it_is_sealed(log: Platform) -> None:
    row = log.audit.entry(CallContext(PERSON, "things.change"), 200) | {"mac": "", "id": "aud_unsigned"}
    report = tampered(log, lambda: log.database.insert(AuditRow, row))
    assert report.problems[0].entry_id == "aud_unsigned"
    assert "adopt" in report.problems[0].what


def test_an_entry_that_was_signed_and_is_put_in_again_is_found(log: Platform) -> None:
    """A copy of a genuine entry: as a second one, or in place of a deleted one, long after its time."""
    first = log.database.row(Statement(f"SELECT {', '.join(form.ENTRY_COLUMNS)} FROM audit_log ORDER BY position"))
    entry = dict(zip(form.ENTRY_COLUMNS, first, strict=True)) | {"position": 91_000}
    late = Statement("UPDATE audit_seals SET sealed_at = '2999-01-01T00:00:00.000000Z' WHERE number = 3")

    def again() -> None:
        log.database.execute(Statement("DELETE FROM audit_log WHERE id = :id"), id=entry["id"])
        log.database.execute(late)
        log.database.insert(AuditRow, entry)

    named = {problem.position: problem.what for problem in tampered(log, again).problems}
    assert named[91_000] == "is older than what was sealed before it"


def test_entries_that_change_places_are_found(log: Platform) -> None:
    places = positions(log)
    move = Statement("UPDATE audit_log SET position = :new WHERE position = :at")

    def swap(one: int, other: int) -> None:
        for new, at in ((-1, one), (one, other), (other, -1)):
            log.database.execute(move, new=new, at=at)

    for one, other in ((0, 1), (3, 20), (22, 23)):
        report = tampered(log, lambda one=one, other=other: swap(places[one], places[other]))
        assert report.problems[0].position == places[one]


def test_a_seal_that_is_deleted_or_put_in_is_found(log: Platform) -> None:
    for number in (1, 2):
        gone = Statement("DELETE FROM audit_seals WHERE number = :number")
        assert not tampered(log, lambda gone=gone, number=number: log.database.execute(gone, number=number)).sound

    def forge() -> None:
        seal = last_seal(log.database)
        forged = seal | {"number": 4, "previous": seal["hash"], "entries": 0}
        log.database.insert(SealRow, forged | {"hash": form.seal_hash(forged)})

    assert tampered(log, forge).problems[0].seal == 4


def test_an_end_that_is_cut_off_is_found_by_an_anchor(log: Platform) -> None:
    anchor = anchors_of(log).make()

    def cut(table: str, column: str) -> None:
        log.database.execute(Statement(f"DELETE FROM {table} WHERE {column} = 3"))

    def cut_off() -> None:
        cut("audit_log", "seal")
        cut("audit_seals", "number")

    assert verify(log, [anchor]).anchors == 1
    assert tampered(log, cut_off).sound, "without an anchor nothing tells of the end"
    report = tampered(log, cut_off, [anchor])
    assert report.problems[0].seal == 3
    assert "cut off" in report.problems[0].what

    def written_anew() -> None:
        cut("audit_seals", "number")
        log.database.execute(Statement("UPDATE audit_log SET seal = NULL WHERE seal = 3"))
        log.sealer.seal()

    assert "rewritten" in tampered(log, written_anew, [anchor]).problems[0].what


def test_an_anchor_that_was_changed_holds_no_more(log: Platform) -> None:
    anchor = anchors_of(log).make()
    for name, value in ((name, value) for name, value in anchor.items() if name not in ("type", "signature")):
        assert not verify(log, [anchor | {name: changed(value)}]).sound, name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from(["edit", "delete", "copy", "unseal", "move"]),
            st.integers(0, ENTRIES - 1),
            st.sampled_from([name for name in AuditRow._meta.columns if name not in ("position", "seal", "id")]),
            st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=40),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_done_to_the_entries_is_found(log: Platform, changes: list[tuple[str, int, str, str]]) -> None:
    """Any few changes together: the log is sound only if it is, row for row, what was sealed."""
    database, places = log.database, positions(log)
    image = Statement(f"SELECT seal, {', '.join(form.ENTRY_COLUMNS)} FROM audit_log ORDER BY position")
    original = database.rows(image)

    def one(kind: str, place: int, column: str, value: str) -> None:
        if kind == "edit":
            new = len(value) if column == "status" else value
            database.execute(Statement(f"UPDATE audit_log SET {column} = :new WHERE position = :at"), new=new, at=place)
        elif kind == "delete":
            database.execute(Statement("DELETE FROM audit_log WHERE position = :at"), at=place)
        elif kind == "unseal":
            database.execute(Statement("UPDATE audit_log SET seal = NULL WHERE position = :at"), at=place)
        elif kind == "move":
            seal = Statement("UPDATE audit_log SET seal = 1 + (seal + :by) % 3 WHERE position = :at")
            database.execute(seal, by=len(value), at=place)
        else:
            columns = [name for name in AuditRow._meta.columns if name not in ("position", "id")]
            names = ", ".join(columns)
            text = f"INSERT INTO audit_log (id, {names}) SELECT :id, {names} FROM audit_log WHERE position = :at"
            database.execute(Statement(text), id=f"aud_{place}_{len(value)}", at=place)

    report, same = None, True
    with contextlib.suppress(Undone), database.transaction():
        for kind, place, column, value in changes:
            with contextlib.suppress(StudioError, Exception), database.savepoint():
                one(kind, places[place], column, value)
        same = database.rows(image) == original
        report = verify(log)
        raise Undone
    assert report is not None
    assert report.sound == same, report.problems


# -- sealing while others write -----------------------------------------------------------------------


def test_entries_that_commit_out_of_order_are_all_sealed_once(postgres_url: str, tmp_path: Path) -> None:
    """A transaction that began early and commits late comes into a later seal; nothing is passed over."""
    app = build(tmp_path / "home", postgres_url)
    platform, late, go_on = app.platform, threading.Event(), threading.Event()

    def slow() -> None:
        with call_context(CallContext(PERSON, "things.slow", method="POST")) as context:
            with platform.database.transaction():
                platform.audit.write_with_change(context)
                late.set()
                go_on.wait(20)
            platform.database.close_thread()

    thread = threading.Thread(target=slow)
    thread.start()
    assert late.wait(20)
    for number in range(5):
        call(platform, number)
    assert platform.sealer.seal() == 5
    go_on.set()
    thread.join(20)
    assert platform.sealer.seal() == 1
    earliest = platform.database.row(Statement("SELECT action, seal FROM audit_log ORDER BY position LIMIT 1"))
    assert earliest == ("things.slow", 2)
    assert verify(platform).sound
    app.close()


def test_many_writers_and_sealers_at_once_leave_one_sound_chain(fresh: Callable[..., StudioApp]) -> None:
    platform = fresh().platform
    writing = [True]

    def write(first: int) -> None:
        for number in range(first, first + 40):
            call(platform, number)
        platform.database.close_thread()

    def keep_sealing() -> None:
        while writing[0]:
            platform.sealer.seal()
        platform.database.close_thread()

    writers = [threading.Thread(target=write, args=(100 * each,)) for each in range(4)]
    sealers = [threading.Thread(target=keep_sealing) for _ in range(2)]
    for thread in [*writers, *sealers]:
        thread.start()
    for thread in writers:
        thread.join(60)
    writing[0] = False
    for thread in sealers:
        thread.join(60)
    platform.sealer.seal()
    report = verify(platform)
    assert report.sound, report.problems
    assert (report.entries, report.unsealed) == (160, 0)


KILLED = """
import os, signal, sys
from studio_kernel.audit.keys import SealKeys
from studio_kernel.audit.seals import Sealer
from studio_kernel.clock import utc_now
from studio_kernel.storage.database import Database, open_database

run, count = Database._attempt, [0]

def attempt(self, text, parameters, fetch):
    answer = run(self, text, parameters, fetch)
    count[0] += 1
    if count[0] == step:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

for step in map(int, sys.stdin):
    if os.fork() == 0:
        Database._attempt = attempt
        Sealer(open_database(sys.argv[1]), utc_now, SealKeys([sys.argv[2]])).seal()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def test_a_sealer_that_is_killed_at_any_step_leaves_all_or_nothing(
    fresh: Callable[..., StudioApp], tmp_path: Path
) -> None:
    platform = fresh().platform
    url = platform.settings.kernel.database_url or f"sqlite:///{tmp_path}/home/studio.db"
    seen, ended = set(), []
    command = [sys.executable, "-c", KILLED, url, platform.audit.keys.newest.secret]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for step in range(1, 9):
            call(platform, step)
            print(step, file=process.stdin, flush=True)
            ended.append(int(process.stdout.readline()))
            report = verify(platform)
            assert report.sound, report.problems
            assert report.entries + report.unsealed == step
            seen.add(report.seals)
        process.stdin.close()
    assert ended.count(-signal.SIGKILL) >= 4
    assert len(seen) > 1, "some were killed before and some after the commit"


# -- age, keys, versions ------------------------------------------------------------------------------


def test_old_entries_are_deleted_in_whole_seals_and_the_rest_still_verifies(fresh: Callable[..., StudioApp]) -> None:
    app = fresh()
    platform = app.platform
    fill(platform)
    anchor = anchors_of(platform).make()
    app.clock.advance(40 * 86_400)
    fill(platform, first=ENTRIES)
    assert platform.sealer.count_old(30) == platform.sealer.prune(30) == ENTRIES
    assert platform.sealer.prune(30) == 0
    report = verify(platform, [anchor])
    assert report.sound, report.problems
    assert (report.entries, report.seals, report.pruned_seals) == (ENTRIES, 6, 3)
    assert len(positions(platform)) == ENTRIES


def test_deleting_sealed_entries_by_hand_is_not_taken_for_their_age(fresh: Callable[..., StudioApp]) -> None:
    app = fresh()
    platform = app.platform
    fill(platform)
    note = platform.database.value(Statement("SELECT signature FROM audit_seals WHERE number = 1"))

    def prune_by_hand() -> None:
        platform.database.execute(Statement("DELETE FROM audit_log WHERE seal = 1"))
        mark = Statement("UPDATE audit_seals SET contents = '', pruned = :note WHERE number = 1")
        at = platform.database.value(Statement("SELECT sealed_at FROM audit_seals WHERE number = 1"))
        platform.database.execute(mark, note=f"{at}|{platform.audit.keys.newest.id}.{note[:43]}")

    assert "not because of their age" in tampered(platform, prune_by_hand).problems[0].what


def test_a_new_key_signs_and_the_old_one_still_confirms(fresh: Callable[..., StudioApp], tmp_path: Path) -> None:
    first = fresh().platform
    fill(first)
    old = first.audit.keys
    newest = add_key(tmp_path / "home", old).newest
    assert (tmp_path / "home" / "audit.keys").stat().st_mode & 0o777 == 0o600
    second = fresh().platform
    call(first, 100)
    fill(second, first=200)
    assert last_seal(second.database)["key_id"] == newest.id != old.newest.id
    assert verify(second).sound
    call(first, 300)
    with pytest.raises(ServiceUnavailable, match="STUDIO_AUDIT_KEYS"):
        first.sealer.seal()
    report = Verifier(second.database, old).verify()
    assert "STUDIO_AUDIT_KEYS" in report.problems[0].what


def test_a_seal_with_a_key_that_was_replaced_is_told(fresh: Callable[..., StudioApp], tmp_path: Path) -> None:
    old = fresh().platform.audit.keys
    add_key(tmp_path / "home", old)
    second = fresh().platform
    fill(second)
    call(second, 100)
    former = SealKeys([second.audit.keys.newest.secret, old.newest.secret])
    Sealer(second.database, second.clock, former).seal()
    assert verify(second).problems[0].what == "the seal is signed with a key that was replaced before it"


def test_entries_from_before_the_seal_are_taken_in_on_demand(fresh: Callable[..., StudioApp]) -> None:
    platform = fresh().platform
    rows = [platform.audit.entry(CallContext(PERSON, "things.old"), 200) | {"mac": "", "salt": ""} for _ in range(3)]
    platform.database.insert_many(AuditRow, rows)
    assert platform.sealer.seal() == 0
    assert not verify(platform).sound
    assert platform.sealer.adopt() == platform.sealer.seal() == 3
    assert verify(platform).sound


def test_keys_come_from_the_setting_the_file_or_the_platforms_own_key(tmp_path: Path) -> None:
    one, other = "first-key-of-sixteen", "second-key-of-sixteen"
    configured = load_keys(f"{one}, {other}", tmp_path, "")
    assert [key.secret for key in configured.all] == [one, other]
    assert one not in repr(configured) + repr(configured.newest)
    shared = load_keys("", tmp_path, "the platform's own key")
    assert shared.newest.id == load_keys("", tmp_path / "elsewhere", "the platform's own key").newest.id
    rotated = add_key(tmp_path, shared)
    found = load_keys("", tmp_path, "another key")
    assert [key.id for key in found.all] == [key.id for key in rotated.all]
    assert found.all[0].secret == shared.newest.secret
    with pytest.raises(ConfigurationError, match="STUDIO_AUDIT_KEYS"):
        SealKeys(["short"])


def test_an_upgrade_with_entries_keeps_them(tmp_path: Path) -> None:
    """A log from before the seal, with an entry in it."""
    from studio_kernel.kernel_schema import MIGRATIONS
    from studio_kernel.storage.migrations import Step, migrate

    database = open_database(f"sqlite:///{tmp_path}/studio.db")
    migrate(database, [Step("kernel", each) for each in MIGRATIONS if each.name < "0005"])
    columns = [name for name in AuditRow._meta.columns if name not in ("position", "salt", "withheld", "mac", "seal")]
    values = ", ".join("0" if name == "status" else f"'{name}'" for name in columns)
    database.execute(Statement(f"INSERT INTO audit_log ({', '.join(columns)}) VALUES ({values})"))
    migrate(database, [Step("kernel", each) for each in MIGRATIONS])
    assert database.row(Statement("SELECT id, mac, seal FROM audit_log")) == ("id", "", None)
    database.close()


# -- what is told -------------------------------------------------------------------------------------


def test_an_administrator_sees_how_far_the_log_is_sealed(make_studio: Any) -> None:
    studio = make_studio(plugins=["auth"], overrides={"audit_seal_seconds": 5})
    admin = studio.client("admin")
    studio.platform.audit.flush()
    before = admin.get("/api/v1/audit-log/seal").json()["data"]
    assert before["seal"] is None
    studio.platform.audit.flush()
    assert studio.platform.sealer.seal() > 0
    after = admin.get("/api/v1/audit-log/seal").json()["data"]
    assert after["seal"]["number"] == 1
    assert after["public_keys"] == [studio.platform.audit.keys.newest.public_key]
    entries = admin.get("/api/v1/audit-log", params={"sort": "at", "order": "asc"}).json()["data"]["entries"]
    assert entries[0]["seal"] == 1
    assert "studio_audit_unsealed_age_seconds" in studio.anonymous.get("/metrics").text


def test_a_log_that_nobody_seals_is_told_by_ready(fresh: Callable[..., StudioApp]) -> None:
    app = fresh()
    call(app.platform, 1)
    check_seal(app.platform)
    app.clock.advance(4000)
    with pytest.raises(ServiceUnavailable, match="unsealed since"):
        check_seal(app.platform)
    lines = {line["name"]: line for line in app.anonymous.get("/ready").json()["checks"]}
    assert (lines["audit seal"]["ok"], lines["audit seal"]["needed"]) == (False, False)


def test_jobs_seal_and_anchor_to_a_file_and_an_address(tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    received: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = tmp_path / "elsewhere" / "anchors.jsonl"
    app = build(
        tmp_path / "home",
        audit_anchor_file=str(file),
        audit_anchor_url=f"http://127.0.0.1:{server.server_port}/anchors",
        audit_anchor_hours=2,
    )
    call(app.platform, 1)
    app.platform.jobs.enqueue("kernel.audit-anchor")
    assert app.run_jobs() == 1
    assert [orjson.loads(body) for body in received] == read_anchors(file) != []
    assert verify(app.platform, read_anchors(file)).sound
    app.platform.jobs.enqueue("kernel.audit-seal")
    assert app.run_jobs() == 1
    server.shutdown()
    server.server_close()
    app.close()


# -- exports ------------------------------------------------------------------------------------------


def exported(platform: Platform, since: str = "", until: str = "9999") -> list[bytes]:
    return list(Exporter(platform.database, anchors_of(platform)).lines(since, until))


def span(platform: Platform, first: int, last: int) -> tuple[str, str]:
    """The times of two entries, by their place."""
    times = [row[0] for row in platform.database.rows(Statement("SELECT at FROM audit_log ORDER BY position"))]
    return times[first], times[last]


def test_an_export_is_checked_without_database_and_secret(log: Platform) -> None:
    keys = [log.audit.keys.newest.public_key]
    whole = check_export(exported(log), keys)
    assert (whole.problems, whole.entries, whole.seals, whole.trusted) == ([], ENTRIES, 3, True)
    part = check_export(exported(log, *span(log, 3, 12)), keys)
    assert (part.problems, part.entries) == ([], 9)
    assert not check_export(exported(log)).trusted
    assert check_export(exported(log), [SealKeys(["another-key-of-sixteen"]).newest.public_key]).problems


def test_an_export_from_which_something_is_missing_or_changed_does_not_hold(log: Platform) -> None:
    keys = [log.audit.keys.newest.public_key]
    for lines in (exported(log), exported(log, *span(log, 9, 20))):
        for place in range(1, len(lines)):
            if orjson.loads(lines[place])["type"] == "entry" or place < len(lines):
                assert check_export(lines[:place], keys).problems, "cut off"
        for place, line in enumerate(lines):
            value = orjson.loads(line)
            if value["type"] == "entry" and "proof" in value:
                continue  # of a seal that is taken in part nobody can tell how much
            assert check_export(lines[:place] + lines[place + 1 :], keys).problems or place == 0, value
        for place, line in enumerate(lines[1:], 1):
            value = orjson.loads(line)
            for name in value:
                if name not in ("type", "index", "proof"):
                    edited = orjson.dumps(value | {name: changed(value[name])})
                    assert check_export([*lines[:place], edited, *lines[place + 1 :]], keys).problems, name


def test_an_export_from_which_whole_seals_are_missing_does_not_hold(log: Platform) -> None:
    """Seals that lie on the wrong side of the span show nothing about it."""
    keys = [log.audit.keys.newest.public_key]
    head, *whole, end = exported(log)
    marks = [place for place, line in enumerate(whole) if orjson.loads(line)["type"] == "seal"]
    middle = orjson.loads(whole[marks[1]])
    of_middle = orjson.dumps(orjson.loads(head) | {"since": middle["first_at"], "until": middle["last_at"]})
    cut = {
        "all of them": [],
        "up to the span": whole[: marks[1]],
        "from behind the span": whole[marks[2] :],
    }
    assert check_export([of_middle, *whole, end], keys).problems == []
    for what, left in cut.items():
        assert check_export([of_middle, *left, end], keys).problems, what


def test_an_export_of_a_span_without_entries_shows_that_there_are_none(log: Platform) -> None:
    keys = [log.audit.keys.newest.public_key]
    seals = [orjson.loads(line) for line in exported(log) if orjson.loads(line)["type"] == "seal"]
    between = (later(from_text(seals[0]["last_at"]), 1e-6), seals[1]["first_at"])
    for since, until in (("", "2000"), between, ("9998", "9999")):
        check = check_export(exported(log, since, until), keys)
        assert (check.problems, check.entries, check.since, check.until) == ([], 0, since, until)
        assert check.seals in (1, 2)


def test_a_file_that_is_no_export_is_told(log: Platform) -> None:
    for lines in ([b"nonsense"], [b"{}"], [b'{"type": "entry"}'], [*exported(log)[:1], b'{"type": "seal"}']):
        assert check_export(lines).problems


def test_an_export_without_what_was_deleted_for_its_age_says_so(fresh: Callable[..., StudioApp]) -> None:
    app = fresh()
    fill(app.platform)
    app.clock.advance(40 * 86_400)
    fill(app.platform, first=ENTRIES)
    app.platform.sealer.prune(30)
    check = check_export(exported(app.platform), [app.platform.audit.keys.newest.public_key])
    assert (check.problems, check.entries, check.pruned) == ([], ENTRIES, 3)


def test_csv_is_for_people_and_harms_no_spreadsheet(fresh: Callable[..., StudioApp]) -> None:
    platform = fresh().platform
    with call_context(CallContext(PERSON, "things.change", "=1+1", method="POST")), platform.database.transaction():
        pass
    platform.sealer.seal()
    heading, row = Exporter(platform.database, anchors_of(platform)).rows("", "9999")
    assert heading.startswith("seal,position,id,at,")
    assert ",'=1+1," in row


def test_anchors_are_read_line_by_line(log: Platform, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    made = anchors_of(log).make()
    append(file, made)
    append(file, made)
    assert read_anchors(file) == [made, made]
    for wrong in (b"nonsense\n", b"[]\n", b'{"type": "other"}\n'):
        file.write_bytes(wrong)
        with pytest.raises(StudioError):
            read_anchors(file)
