"""Plugins that fail while the platform runs: the request is untouched, others go on, the work is tried again."""

import subprocess
import sys
import threading
import time

import pytest
from probe import ADMIN, ProbePlugin, plugin

from studio_kernel import plugins
from studio_kernel.diagnosis import Diagnosis, examine
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.events import Subscriber
from studio_kernel.http.operations import PUBLIC, Operation
from studio_kernel.http.schemas import Schema
from studio_kernel.jobs import JobType
from studio_kernel.storage.sql import Statement
from studio_kernel.telemetry import HealthCheck

STATES = Statement("SELECT kind, state, attempts, error FROM jobs ORDER BY position")
NAMES = Statement("SELECT name FROM things ORDER BY name")


class Anything(Schema):
    pass


def listening(*subscribers, name="listener"):
    return plugin(name, studio_subscribers=lambda platform: subscribers)


def make(app, name="spoon"):
    answer = app.anonymous.post("/api/v1/things", json={"name": name}, headers=ADMIN)
    assert answer.status_code == 201
    return answer.json()["data"]["id"]


def jobs(app):
    return [tuple(row) for row in app.platform.database.rows(STATES)]


def job_threads():
    return sum(thread.name == "studio-job" for thread in threading.enumerate())


class Failing:
    """A handler that fails as often as it is told to, and remembers what it saw."""

    def __init__(self, times, error=None):
        self.times = times
        self.error = error or RuntimeError("boom")
        self.seen = []

    def __call__(self, event):
        self.seen.append(event.id)
        if len(self.seen) <= self.times:
            raise self.error


# -- in the transaction ----------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def studio_with(request, make_studio):
    """Builds the probe together with other plugins, on each database."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")

    def build(*others, **overrides):
        return make_studio(plugins=[], extra=[ProbePlugin(), *others], database_url=url, overrides=overrides)

    return build


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(1)])
def test_a_third_partys_in_transaction_failure_leaves_the_change_alone_and_is_tried_again(error, studio_with):
    handler = Failing(1, error)
    app = studio_with(listening(Subscriber("bad", ("thing.made",), handler, mode="in_transaction")))
    make(app)
    assert len(app.anonymous.get("/api/v1/things").json()["data"]["things"]) == 1
    assert jobs(app) == [("event:bad", "queued", 0, None)]
    app.run_jobs()
    assert len(handler.seen) == 2
    assert len(set(handler.seen)) == 1
    assert jobs(app)[0][1] == "succeeded"


def test_what_a_failed_in_transaction_subscriber_did_is_undone(studio_with):
    app = None
    calls = []

    def half(event):
        calls.append(event.id)
        app.platform.database.execute(Statement("UPDATE things SET name = 'changed'"))
        if len(calls) == 1:
            raise RuntimeError("boom")

    app = studio_with(listening(Subscriber("bad", ("thing.made",), half, mode="in_transaction")))
    make(app)
    assert app.platform.database.rows(NAMES) == [("spoon",)]
    app.run_jobs()
    assert app.platform.database.rows(NAMES) == [("changed",)]


def test_a_subscriber_that_hides_a_failed_statement_does_not_spoil_the_change(studio_with):
    app = None

    def hiding(event):
        try:
            app.platform.database.execute(Statement("UPDATE nowhere SET x = 1"))
        except Exception:
            return

    app = studio_with(listening(Subscriber("bad", ("thing.made",), hiding, mode="in_transaction")))
    make(app)
    assert app.platform.database.rows(NAMES) == [("spoon",)]


def test_an_in_transaction_subscriber_is_in_a_transaction_also_when_tried_again(make_studio):
    app = None
    inside = []

    def handler(event):
        inside.append(app.platform.database.current is not None)
        if len(inside) == 1:
            raise RuntimeError("boom")

    bad = listening(Subscriber("bad", ("thing.made",), handler, mode="in_transaction"))
    app = make_studio(plugins=[], extra=[ProbePlugin(), bad])
    make(app)
    app.run_jobs()
    assert inside == [True, True]


# -- after the commit ------------------------------------------------------------------------------------


@pytest.fixture
def app_with(make_studio):
    def build(*others, **overrides):
        return make_studio(plugins=[], extra=[ProbePlugin(), *others], overrides=overrides)

    return build


def test_an_after_commit_failure_is_retried_with_growing_delay_and_then_stays_failed(app_with):
    handler = Failing(99)
    app = app_with(listening(Subscriber("bad", ("thing.made",), handler, max_attempts=3)))
    make(app)
    waits = []
    for _ in range(3):
        app.run_jobs()
        seen = len(handler.seen)
        waited = 0
        while len(handler.seen) == seen and waited < 20:
            app.clock.advance(1)
            waited += 1
            app.run_jobs()
        waits.append(waited)
    assert waits == [2, 4, 20]
    assert jobs(app) == [("event:bad", "failed", 3, "RuntimeError: boom")]
    assert len(handler.seen) == 3


def test_a_failing_subscriber_holds_up_neither_others_nor_other_resources(app_with):
    bad, good = Failing(1), Failing(0)
    app = app_with(
        listening(Subscriber("bad", ("thing.made",), bad, max_attempts=2), Subscriber("good", ("thing.*",), good))
    )
    make(app, "a")
    make(app, "b")
    app.run_jobs()
    assert len(good.seen) == 2
    assert sorted(state for _, state, _, _ in jobs(app)) == ["queued", "succeeded", "succeeded", "succeeded"]
    app.clock.advance(3)
    app.run_jobs()
    assert {state for _, state, _, _ in jobs(app)} == {"succeeded"}


def test_a_hanging_subscriber_is_given_up_and_costs_one_thread_however_many_events_come(app_with):
    release = threading.Event()
    started, good = [], Failing(0)

    def hang(event):
        started.append(event.id)
        release.wait(30)

    app = app_with(
        listening(Subscriber("hung", ("thing.made",), hang), Subscriber("good", ("thing.made",), good)),
        subscriber_timeout=0.15,
    )
    before = job_threads()
    begun = time.monotonic()
    try:
        for number in range(8):
            make(app, f"thing {number}")
            app.run_jobs()
        for _ in range(3):
            app.clock.advance(60)
            app.run_jobs()
        assert time.monotonic() - begun < 5
        assert len(good.seen) == 8
        assert len(started) == 1
        # The one that hangs, and the one that took its place.
        assert job_threads() - before == 2
        waiting = [row for row in jobs(app) if row[0] == "event:hung"]
        assert {state for _, state, _, _ in waiting} == {"queued"}
        assert waiting[0][3] == "took longer than 0.15 s"
    finally:
        release.set()
    deadline = time.monotonic() + 5
    while len(started) < 9 and time.monotonic() < deadline:
        app.clock.advance(60)
        app.run_jobs()
    # Each event came in the end, the first one twice: it may have been half done.
    assert len(started) == 9
    assert {state for _, state, _, _ in jobs(app)} == {"succeeded"}


def test_two_handlers_that_hang_at_once_are_both_waited_for(app_with):
    """One of them ending doesn't mean that another thread may be spent."""
    releases = [threading.Event(), threading.Event()]
    started = []

    def hang(event):
        started.append(event.id)
        releases[len(started) - 1].wait(30)

    app = app_with(listening(Subscriber("hung", ("thing.made",), hang)), subscriber_timeout=0.15)
    try:
        for number in range(3):
            make(app, f"thing {number}")
        ids = [row[0] for row in app.platform.database.rows(Statement("SELECT id FROM jobs ORDER BY position"))]
        runs = [threading.Thread(target=app._worker.run, args=(job_id,)) for job_id in ids[:2]]
        for run in runs:
            run.start()
        for run in runs:
            run.join(10)
        assert len(started) == 2
        releases[1].set()
        time.sleep(0.05)
        app.run_jobs()
        assert len(started) == 2
    finally:
        for release in releases:
            release.set()


# -- jobs ------------------------------------------------------------------------------------------------


def working(handler, **more):
    return plugin("worker", studio_jobs=lambda platform: [JobType("work", handler, **more)])


def test_a_job_that_answers_what_can_not_be_kept_fails_like_any_other(app_with):
    app = app_with(working(lambda run: object(), max_attempts=1))
    app.platform.jobs.enqueue("work")
    app.run_jobs()
    assert jobs(app) == [("work", "failed", 1, "TypeError: Type is not JSON serializable: object")]


def test_a_job_that_ends_its_process_each_time_is_not_tried_for_ever(app_with):
    calls = []
    app = app_with(working(calls.append, max_attempts=2))
    job_id = app.platform.jobs.enqueue("work")
    for _ in range(2):
        app.platform.jobs.claims.release_expired()
        # As a worker does that dies at once.
        assert app.platform.jobs.claims.take(job_id) is not None
        app.clock.advance(61)
    app.run_jobs()
    assert calls == []
    assert jobs(app) == [("work", "failed", 3, "the worker died in every attempt")]


# -- requests --------------------------------------------------------------------------------------------


def test_an_operation_that_ends_the_process_ends_only_its_own_request(make_studio):
    def leave(call):
        raise SystemExit(3)

    served = Operation(
        id="bb.leave", method="GET", path="/api/v1/leave", summary="Leave", permission=PUBLIC, handler=leave,
        response=Anything,
    )  # fmt: skip
    app = make_studio(plugins=[], extra=[plugin("bb", studio_operations=lambda platform: [served])])
    answer = app.anonymous.get("/api/v1/leave")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert app.anonymous.get("/health").status_code == 200


def test_a_plugin_that_fails_to_look_at_credentials_does_not_lock_anybody_out(make_studio):
    def fail(platform, credentials):
        raise RuntimeError("boom")

    app = make_studio(plugins=[], extra=[plugin("aaa", studio_authenticate=fail), ProbePlugin()])
    make(app)
    refused = app.anonymous.post("/api/v1/things", json={"name": "x"}, headers={"Authorization": "Magic x"})
    assert refused.status_code == 401


@pytest.mark.parametrize("hook", ["studio_startup", "studio_restored", "studio_shutdown"])
def test_a_plugin_that_fails_at_a_stage_of_life_stops_nothing(hook, make_studio, caplog):
    def fail(platform):
        raise SystemExit("boom")

    app = make_studio(plugins=[], extra=[plugin("bb", **{hook: fail}), ProbePlugin()])
    make(app)
    app.platform.plugins.notify(hook, platform=app.platform)
    assert f"plugin 'bb' failed in {hook} and was skipped" in caplog.messages


@pytest.mark.parametrize("stage", ["studio_startup", "studio_jobs"])
def test_a_plugin_that_keeps_the_start_waiting_is_named(stage, make_studio, monkeypatch, caplog):
    monkeypatch.setattr(plugins, "_PATIENCE", 0.01)

    def wait(platform):
        deadline = time.monotonic() + 10
        while not any("busy" in message for message in caplog.messages) and time.monotonic() < deadline:
            time.sleep(0.01)
        return ()

    make_studio(plugins=[], extra=[plugin("slow", **{stage: wait})])
    assert caplog.messages == [
        f"plugin 'slow' (test-slow) has been busy with {stage} for 0.01 seconds, and all wait for it; "
        "`studio plugins disable slow` keeps it out of the next start"
    ]


def test_a_diagnosis_or_check_that_goes_wrong_harms_no_other(make_studio):
    def leave():
        raise SystemExit(3)

    looks = [Diagnosis("odd.text", lambda: "all is lost"), Diagnosis("odd.exit", leave)]
    checks = [HealthCheck("odd", leave)]
    odd = plugin("odd", studio_diagnoses=lambda platform: looks, studio_health_checks=lambda platform: checks)
    app = make_studio(plugins=[], extra=[odd])
    assert [examine(each).reason for each in app.platform.diagnoses] == [
        "TypeError: the look answered 'all is lost', neither a Trouble nor None",
        "SystemExit: 3",
    ]
    ready = app.anonymous.get("/ready")
    assert ready.status_code == 200
    assert {"name": "odd", "needed": False, "ok": False, "reason": "not available"} in ready.json()["checks"]


def test_whoever_tests_a_plugin_reads_why_it_was_left_out(make_studio):
    with pytest.raises(AssertionError, match="the plugin 'odd' was left out: studio_jobs returned None, not a list"):
        make_studio(plugins=[], extra=[plugin("odd", studio_jobs=lambda platform: None)])


@pytest.mark.parametrize("answer", [None, ["vendors"]])
def test_while_a_plugin_can_not_say_what_it_holds_of_people_nothing_is_erased(answer, make_studio):
    app = make_studio(plugins=[], extra=[plugin("odd", studio_personal_data=lambda platform: answer)])
    with pytest.raises(ServiceUnavailable, match="the plugin 'odd' failed to say what it holds of people"):
        app.platform.privacy()


def test_where_nothing_is_tested_with_it_the_testing_kit_needs_nothing():
    load = "import sys; sys.modules['httpx'] = None; import studio_kernel.testing.pytest_plugin"
    subprocess.run([sys.executable, "-c", load], check=True)
