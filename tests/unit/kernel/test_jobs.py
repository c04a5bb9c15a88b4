"""Jobs: the row is the truth, a lost message or worker costs time and no work."""

import threading
import time

import pytest

from studio_kernel import jobs_huey
from studio_kernel.app import build_platform, make_worker
from studio_kernel.errors import ConfigurationError, Conflict, NotFound, ServiceUnavailable
from studio_kernel.job_worker import Worker
from studio_kernel.jobs import GiveUp, JobType, RetryLater, Work
from studio_kernel.storage.sql import Statement


@pytest.fixture
def jobs(app):
    return app.platform.jobs


@pytest.fixture
def ran():
    return []


def declare(jobs, name, handler, **options):
    jobs.declare(JobType(name, handler, **options))


def test_a_job_runs_once_and_keeps_its_result(app, jobs, ran):
    declare(jobs, "t.work", lambda run: ran.append(run.arguments) or {"sum": 3})
    job = jobs.enqueue("t.work", {"a": 1})
    assert app.run_jobs() == 1
    assert app.run_jobs() == 0
    assert ran == [{"a": 1}]
    shown = jobs.show(job)
    assert (shown["state"], shown["result"], shown["progress"]) == ("succeeded", {"sum": 3}, 100)


def test_a_job_of_a_rolled_back_change_never_was(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    with pytest.raises(ZeroDivisionError), app.platform.database.transaction():
        jobs.enqueue("t.work")
        raise ZeroDivisionError
    assert app.run_jobs() == 0


def test_a_failure_is_tried_again_with_growing_delay_and_then_given_up(app, jobs, ran):
    def fail(run):
        ran.append(run.attempt)
        raise ValueError("broken pipe")

    declare(jobs, "t.fail", fail, max_attempts=3)
    job = jobs.enqueue("t.fail")
    waits = []
    while jobs.show(job)["state"] == "queued":
        if not app.run_jobs():
            app.clock.advance(1)
            waits.append(len(ran))
    assert ran == [1, 2, 3]
    assert waits.count(2) > waits.count(1) > 0
    assert jobs.show(job)["state"] == "failed"
    assert "broken pipe" in jobs.show(job)["error"]


def test_a_handler_can_say_when_to_try_again(app, jobs, ran):
    def later(run):
        ran.append(run.attempt)
        if run.attempt == 1:
            raise RetryLater(100, "busy")

    declare(jobs, "t.later", later)
    jobs.enqueue("t.later")
    app.run_jobs()
    app.clock.advance(99)
    app.run_jobs()
    assert ran == [1]
    app.clock.advance(2)
    app.run_jobs()
    assert ran == [1, 2]


def test_a_handler_can_say_that_no_other_attempt_would_help(app, jobs, ran):
    def useless(run):
        ran.append(run.attempt)
        raise GiveUp("there is no room")

    declare(jobs, "t.useless", useless)
    job = jobs.enqueue("t.useless")
    app.run_jobs()
    assert ran == [1]
    shown = jobs.show(job)
    assert (shown["state"], shown["error"]) == ("failed", "there is no room")
    jobs.retry(job)
    app.run_jobs()
    assert ran == [1, 1]


def test_a_failed_job_can_be_tried_again_and_a_waiting_one_cancelled(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    job = jobs.enqueue("t.work", delay=1000)
    jobs.cancel(job)
    app.clock.advance(2000)
    assert app.run_jobs() == 0
    with pytest.raises(Conflict, match="cancelled"):
        jobs.cancel(job)
    jobs.retry(job)
    assert app.run_jobs() == 1


def test_a_job_whose_worker_died_is_handed_on_when_its_lease_runs_out(app, jobs, ran):
    declare(jobs, "t.work", lambda run: ran.append(run.attempt))
    job = jobs.enqueue("t.work")
    lost = jobs.claims.take(job)
    assert lost is not None
    assert app.run_jobs() == 0
    app.clock.advance(61)
    assert app.run_jobs() == 1
    assert ran == [2]
    jobs.claims.succeed(lost, {"late": True})
    assert jobs.show(job)["result"] is None


def test_a_lease_that_is_extended_is_kept(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    claim = jobs.claims.take(jobs.enqueue("t.work"))
    app.clock.advance(50)
    assert jobs.claims.extend([claim])
    app.clock.advance(50)
    assert app.run_jobs() == 0


def test_a_worker_keeps_its_work_over_a_pause_longer_than_the_lease(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    worker = make_worker(app.platform)
    claim = jobs.claims.take(jobs.enqueue("t.work"))
    worker._held[claim.id] = claim
    app.clock.advance(2 * jobs.lease_seconds)
    worker.keep_house()
    kept = app.platform.database.row(Statement("SELECT state, lease_token FROM jobs WHERE id = :id"), id=claim.id)
    assert kept == ("running", claim.token)


def test_leases_that_could_not_be_extended_are_extended_before_anything_else(app, jobs, ran, monkeypatch):
    declare(jobs, "t.work", ran.append)
    worker = make_worker(app.platform)
    claim = jobs.claims.take(jobs.enqueue("t.work"))
    worker._held[claim.id] = claim
    extend = jobs.claims.extend

    def unreachable(claims):
        raise ServiceUnavailable("The database can't be reached at the moment")

    monkeypatch.setattr(jobs.claims, "extend", unreachable)
    app.clock.advance(jobs.lease_seconds / 2)
    with pytest.raises(ServiceUnavailable):
        worker.keep_house()
    app.clock.advance(2 * jobs.lease_seconds)
    monkeypatch.setattr(jobs.claims, "extend", extend)
    worker.keep_house()
    assert jobs.show(claim.id)["state"] == "running"


def test_after_an_outage_other_workers_may_extend_their_leases_too(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    first, second = make_worker(app.platform), make_worker(app.platform)
    claim = jobs.claims.take(jobs.enqueue("t.work"))
    second._held[claim.id] = claim
    app.clock.advance(2 * jobs.lease_seconds)
    first.keep_house()
    second.keep_house()
    first.keep_house()
    assert jobs.show(claim.id)["state"] == "running"
    second._held.clear()
    for _ in range(4):
        app.clock.advance(jobs.lease_seconds / 2)
        first.keep_house()
    assert jobs.show(claim.id)["state"] == "queued"


def test_a_clock_that_was_ahead_and_is_put_right_keeps_no_lost_work(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    worker = make_worker(app.platform)
    lost = jobs.claims.take(jobs.enqueue("t.work"))
    app.clock.advance(86_400)
    worker.keep_house()
    app.clock.advance(-86_400)
    worker.keep_house()
    for _ in range(4):
        app.clock.advance(jobs.lease_seconds / 2)
        worker.keep_house()
    assert jobs.show(lost.id)["state"] == "queued"


def test_what_was_put_in_or_taken_while_the_clock_was_ahead_does_not_wait_until_then(app, jobs, ran):
    declare(jobs, "t.work", lambda run: ran.append(run.arguments["number"]))
    app.clock.advance(86_400)
    lost = jobs.claims.take(jobs.enqueue("t.work", {"number": 1}))
    for number in (2, 3):
        jobs.enqueue("t.work", {"number": number}, order_key="key")
    later = jobs.enqueue("t.work", {"number": 4}, delay=10.0)
    app.clock.advance(-86_400)
    assert app.run_jobs() == 0
    jobs.claims.heed_clock()
    app.run_jobs()
    assert (ran, jobs.show(lost.id)["state"]) == ([2, 3], "running")
    app.clock.advance(jobs.lease_seconds + 1)
    app.run_jobs()
    assert ran == [2, 3, 1]
    with app.count_queries() as queries:
        jobs.claims.heed_clock()
    assert len(queries) == 1, "a look, where nothing is wrong"
    assert jobs.show(later)["state"] == "queued", "what was to wait is not told from what waits by right"


def test_one_of_two_workers_gets_a_job(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    job = jobs.enqueue("t.work")
    claims = []
    threads = [threading.Thread(target=lambda: claims.append(jobs.claims.take(job))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in claims if claim]) == 1


def test_a_unique_key_adds_a_job_once(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    for _ in range(3):
        jobs.enqueue("t.work", unique_key="today")
    assert app.run_jobs() == 1


def test_periodic_work_runs_once_a_period_however_many_sweep(app, jobs, ran):
    declare(jobs, "t.tick", lambda run: ran.append(1), every=3600.0)
    for _ in range(5):
        jobs.sweep()
    app.run_jobs()
    assert len(ran) == 1
    app.clock.advance(3600)
    jobs.sweep()
    app.run_jobs()
    assert len(ran) == 2


def test_the_sweep_announces_what_nobody_took(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    job = jobs.enqueue("t.work")
    sent = []
    jobs.send = sent.append
    jobs.sweep()
    assert job not in sent
    app.clock.advance(6)
    jobs.sweep()
    assert job in sent


def test_a_queue_that_is_down_does_not_fail_the_change(app, jobs, ran):
    def down(job):
        raise OSError("no queue")

    declare(jobs, "t.work", ran.append)
    jobs.send = down
    jobs.enqueue("t.work")
    assert app.run_jobs() == 1


def test_a_hanging_handler_is_given_up_and_its_kind_waits(app, jobs, ran):
    release = threading.Event()

    def hang(run):
        ran.append("hung")
        release.wait(30)

    declare(jobs, "t.hang", hang, timeout=0.1, max_attempts=5)
    declare(jobs, "t.work", lambda run: ran.append("worked"))
    first, second = jobs.enqueue("t.hang"), jobs.enqueue("t.hang")
    jobs.enqueue("t.work")
    before = threading.active_count()
    app.run_jobs()
    assert ran == ["hung", "worked"]
    assert "longer than" in jobs.show(first)["error"]
    assert jobs.show(second)["attempts"] == 0
    assert threading.active_count() <= before + 2
    release.set()
    time.sleep(0.05)
    app.clock.advance(60)
    app.run_jobs()
    assert jobs.show(second)["state"] == "succeeded"


def test_a_handler_reports_progress_and_hears_of_its_cancellation(app, jobs, ran):
    def work(run):
        run.report(40)
        ran.append((jobs.show(run.id)["progress"], run.is_cancelled()))
        jobs.cancel(run.id)
        ran.append(run.is_cancelled())

    declare(jobs, "t.work", work)
    job = jobs.enqueue("t.work")
    app.run_jobs()
    assert ran == [(40, False), True]
    assert jobs.show(job)["state"] == "cancelled"


def test_a_kind_is_declared_once_and_unknown_kinds_are_refused(jobs, ran):
    declare(jobs, "t.work", ran.append)
    with pytest.raises(ConfigurationError, match=r"t\.work"):
        declare(jobs, "t.work", ran.append)
    with pytest.raises(LookupError):
        jobs.enqueue("t.nobody")


@pytest.fixture
def newer(app, make_studio):
    """Another process on the same database, which knows more kinds of work."""
    url = app.platform.settings.kernel.database_url
    return make_studio(plugins=[], home=app.platform.home, database_url=url)


def test_work_that_one_process_does_not_know_is_left_for_one_that_does(app, jobs, newer, ran):
    declare(jobs, "t.work", lambda run: ran.append("known"))
    declare(newer.platform.jobs, "t.work", lambda run: ran.append("by the newer"))
    declare(newer.platform.jobs, "t.new", lambda run: ran.append(run.attempt))
    unknown = newer.platform.jobs.enqueue("t.new", order_key="new")
    after_it = newer.platform.jobs.enqueue("t.work", order_key="new")
    newer.platform.jobs.enqueue("t.work", order_key="other")
    app.clock.advance(60)
    sent = []
    jobs.send = sent.append
    jobs.sweep()
    assert unknown not in sent
    assert make_worker(app.platform).run(unknown) is False
    app.run_jobs()
    assert ran == ["known"]
    assert [jobs.show(each)["state"] for each in (unknown, after_it)] == ["queued", "waiting"]
    assert jobs.show(unknown)["attempts"] == 0
    newer.clock.advance(60)
    newer.run_jobs()
    assert ran == ["known", 1, "by the newer"]


def test_a_lane_for_work_that_is_done_one_by_one_is_refused(jobs, ran):
    declare(jobs, "t.work", ran.append)
    with pytest.raises(LookupError, match="lanes"):
        jobs.enqueue("t.work", lane="a")


def test_work_that_nothing_does_is_refused(jobs):
    with pytest.raises(ConfigurationError, match="neither a handler nor a stream"):
        jobs.declare(JobType("t.idle"))


def test_a_worker_with_huey_does_announced_work_and_stops(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe])
    done = threading.Event()
    studio.platform.jobs.declare(JobType("t.work", lambda run: done.set()))
    worker: Worker = make_worker(studio.platform)
    worker.start()
    studio.platform.jobs.enqueue("t.work")
    assert done.wait(10)
    worker.stop()
    studio.platform.jobs.send = None


@pytest.mark.parametrize("queue", ["file", "redis"])
def test_a_process_without_a_worker_tells_the_workers_of_its_jobs(tmp_path, request, queue):
    url = request.getfixturevalue("redis_url") if queue == "redis" else ""
    settings = {"home": str(tmp_path), "redis_url": url}
    serving, working = (build_platform(found=[], environment={}, overrides=settings) for _ in range(2))
    done = threading.Event()
    for each in (serving, working):
        each.jobs.declare(JobType("t.work", lambda run: done.set()))
    worker = make_worker(working)
    worker._sweep_seconds = 3600.0
    worker.start()
    serving.start(with_worker=False)
    try:
        serving.jobs.enqueue("t.work")
        assert done.wait(30), "without a message it waits for the sweep"
    finally:
        serving.stop()
        worker.stop()
        serving.close()
        working.close()


def test_messages_that_nobody_takes_do_not_pile_up(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs_huey, "_MOST_MESSAGES", 5)
    monkeypatch.setattr(jobs_huey, "_LOOK_EVERY", 1)
    huey = jobs_huey.open_huey("", tmp_path)
    send = jobs_huey.sender(huey, None)
    for number in range(20):
        send(f"job_{number}")
    assert huey.pending_count() == 6
    huey.storage.flush_queue()
    send("job_21")
    assert huey.pending_count() == 1


def test_a_queue_that_failed_is_left_alone_for_a_while(tmp_path, monkeypatch):
    huey = jobs_huey.open_huey("", tmp_path)
    asked = []

    def fail():
        asked.append(1)
        raise OSError("no queue")

    monkeypatch.setattr(huey, "pending_count", fail)
    send = jobs_huey.sender(huey, None)
    with pytest.raises(OSError, match="no queue"):
        send("job_1")
    send("job_2")
    assert asked == [1]


class Parcels:
    """A stream that notes what it is given."""

    limit = 8

    def __init__(self, room=8):
        self.rooms, self.batches = {"": room}, []
        self.fail_together = self.fail = ()

    def room(self, lane):
        return self.rooms.get(lane, self.rooms[""])

    def prepare(self, runs):
        return [run.arguments["number"] for run in runs]

    async def perform(self, item):
        if item in self.fail:
            raise ValueError(f"{item} is broken")
        return item * 10

    def settle(self, done):
        if len(done) > 1 and any(item in self.fail_together for item, _ in done):
            raise ValueError("not together")
        self.batches.append([item for item, _ in done])
        return [RetryLater(100, "later") if outcome == 70 else {"tens": outcome} for _, outcome in done]

    async def close(self):
        pass


@pytest.fixture
def parcels(jobs):
    stream = Parcels()
    jobs.declare(JobType("t.parcels", stream=stream))
    return stream


def put(jobs, *numbers, lane="", key=None):
    return jobs.enqueue_many("t.parcels", [Work({"number": number}, key, lane) for number in numbers])


def test_a_stream_does_many_jobs_at_once_and_keeps_their_results(app, jobs, parcels):
    ids = put(jobs, 1, 2, 3)
    assert app.run_jobs() == 3
    assert parcels.batches == [[1, 2, 3]]
    assert [jobs.show(job)["result"] for job in ids] == [{"tens": 10}, {"tens": 20}, {"tens": 30}]


def test_one_job_that_cannot_be_ended_with_the_others_holds_up_none_of_them(app, jobs, parcels):
    parcels.fail_together = (2,)
    ids = put(jobs, 1, 2, 3)
    app.run_jobs()
    assert parcels.batches == [[1], [2], [3]]
    assert {jobs.show(job)["state"] for job in ids} == {"succeeded"}


def test_a_failure_in_a_stream_is_tried_again_and_so_is_what_asks_for_it(app, jobs, parcels):
    parcels.fail = (2,)
    first, broken, late = put(jobs, 1, 2, 7)
    app.run_jobs()
    assert jobs.show(first)["state"] == "succeeded"
    assert "2 is broken" in jobs.show(broken)["error"]
    assert jobs.show(late)["state"] == "queued"
    parcels.fail = ()
    app.clock.advance(50)
    app.run_jobs()
    assert jobs.show(broken)["state"] == "succeeded"
    assert jobs.show(late)["attempts"] == 1


def test_no_lane_gets_more_than_its_room_and_none_waits_for_another(app, jobs, parcels):
    parcels.rooms = {"": 8, "narrow": 1}
    put(jobs, *range(100, 140), lane="narrow")
    put(jobs, 1, 2, 3, lane="wide")
    claims = jobs.claims
    with app.platform.database.transaction():
        taken = claims.take_many("t.parcels", 8, parcels.room)
    assert sorted((claim.lane, claim.arguments["number"]) for claim in taken) == [
        ("narrow", 100), ("wide", 1), ("wide", 2), ("wide", 3),
    ]  # fmt: skip
    with app.platform.database.transaction():
        assert claims.take_many("t.parcels", 8, parcels.room) == []


def test_lanes_in_which_nothing_is_due_cost_no_look_of_their_own(app, jobs, parcels):
    def looked():
        with app.count_queries() as seen, app.platform.database.transaction():
            taken = jobs.claims.take_many("t.parcels", 8, parcels.room)
        with app.platform.database.transaction():
            jobs.claims.give_back(taken)
        return len(seen), [claim.lane for claim in taken]

    put(jobs, 1, lane="due")
    before = looked()
    for number in range(30):
        jobs.enqueue("t.parcels", {"number": number}, lane=f"lane {number}", delay=3600.0)
    assert looked() == before


def test_jobs_of_one_key_take_turns_and_their_turn_is_found_when_a_worker_loses_it(app, jobs, parcels):
    first, second, third = put(jobs, 1, 2, 3, key="parcel")
    assert [jobs.show(job)["state"] for job in (first, second, third)] == ["queued", "waiting", "waiting"]
    app.run_jobs()
    assert parcels.batches == [[1], [2], [3]]
    fourth, fifth = put(jobs, 4, 5, key="parcel")
    database = app.platform.database
    # As a worker leaves it that dies between the end of one and the turn of the next.
    database.execute(Statement("UPDATE jobs SET state = 'succeeded' WHERE id = :id"), id=fourth)
    assert app.run_jobs() == 0
    assert jobs.claims.find_lost_turns() == 1
    assert app.run_jobs() == 1
    assert jobs.show(fifth)["state"] == "succeeded"


def test_a_cancelled_job_lets_the_next_of_its_key_come_up(app, jobs, parcels):
    first, second = put(jobs, 1, 2, key="parcel")
    jobs.cancel(first)
    assert jobs.show(second)["state"] == "queued"
    app.run_jobs()
    assert parcels.batches == [[2]]


def test_a_repeated_job_comes_before_later_ones_of_its_key(app, jobs, parcels):
    first, _ = put(jobs, 1, 2, key="parcel")
    jobs.cancel(first)
    jobs.retry(first)
    app.run_jobs()
    assert parcels.batches == [[1], [2]]


def test_the_looks_for_work_cost_the_same_however_much_waits(app, jobs, parcels):
    parcels.rooms = {"": 1}
    database = app.platform.database

    def looked():
        with app.count_queries() as seen, database.transaction():
            jobs.claims.give_back(jobs.claims.take_many("t.parcels", 8, parcels.room))
        return len(seen)

    put(jobs, 1, 2, 3, lane="a", key="one")
    before = looked()
    put(jobs, *range(500), lane="a", key="one")
    put(jobs, *range(500), lane="a")
    assert looked() == before


def test_finished_jobs_are_forgotten_after_their_time_and_failed_ones_until_then_kept(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    declare(jobs, "t.fail", lambda run: 1 / 0, max_attempts=1)
    done, failed, waiting = jobs.enqueue("t.work"), jobs.enqueue("t.fail"), jobs.enqueue("t.work", delay=10**8)
    app.run_jobs()
    assert jobs.prune(14) == 0
    app.clock.advance(15 * 86_400)
    assert jobs.prune(14) == 2
    assert jobs.show(waiting)["state"] == "queued"
    for job in (done, failed):
        with pytest.raises(NotFound):
            jobs.show(job)


def test_metrics_tell_how_much_waits_and_for_how_long(app, jobs, ran):
    declare(jobs, "t.work", ran.append)
    jobs.enqueue("t.work")
    jobs.enqueue("t.work", delay=1000)
    app.clock.advance(50)
    text = app.anonymous.get("/metrics").text
    assert 'studio_job_backlog{kind="t.work"} 1.0' in text
    age = next(line for line in text.splitlines() if line.startswith('studio_job_age_seconds{kind="t.work"}'))
    assert 50 <= float(age.split()[1]) < 60
    app.run_jobs()
    assert "t.work" not in app.anonymous.get("/metrics").text


def test_metrics_tell_of_work_of_unknown_kinds_apart(app, newer, ran):
    declare(newer.platform.jobs, "t.new", ran.append)
    for _ in range(2):
        newer.platform.jobs.enqueue("t.new", order_key="new")
    app.clock.advance(1000)
    text = app.anonymous.get("/metrics").text
    assert 'studio_jobs_unknown{kind="t.new"} 2.0' in text
    assert 'studio_job_backlog{kind="t.new"}' not in text
    assert 'studio_job_age_seconds{kind="t.new"}' not in text
    newer.clock.advance(1000)
    assert 'studio_job_age_seconds{kind="t.new"}' in newer.anonymous.get("/metrics").text
    newer.run_jobs()
    assert "t.new" not in app.anonymous.get("/metrics").text


def test_all_jobs_of_a_kind_are_cancelled_and_those_behind_them_come_up(app, jobs, newer, ran):
    declare(jobs, "t.work", lambda run: ran.append(run.id))
    declare(newer.platform.jobs, "t.work", ran.append)
    declare(newer.platform.jobs, "t.new", ran.append)
    gone = [newer.platform.jobs.enqueue("t.new", order_key=key) for key in ("a", "a", "b")]
    behind = [newer.platform.jobs.enqueue("t.work", order_key=key) for key in ("a", "b")]
    app.clock.advance(60)
    jobs.claims.find_lost_turns()
    assert app.run_jobs() == 0
    assert [jobs.show(each)["state"] for each in behind] == ["waiting", "waiting"]
    assert jobs.cancel_kind("t.new", at_once=2) == 3
    assert {jobs.show(each)["state"] for each in gone} == {"cancelled"}
    app.run_jobs()
    assert sorted(ran) == sorted(behind)
    assert jobs.cancel_kind("t.new") == 0


def test_a_worker_hears_of_a_stream_at_once(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe])
    jobs, stream = studio.platform.jobs, Parcels()
    jobs.declare(JobType("t.parcels", stream=stream))
    worker = make_worker(studio.platform)
    worker.start()
    ids = put(jobs, *range(1, 40))
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and sum(map(len, stream.batches)) < 39:
        time.sleep(0.01)
    worker.stop()
    studio.platform.jobs.send = None
    assert sorted(number for batch in stream.batches for number in batch) == list(range(1, 40))
    assert {jobs.show(job)["state"] for job in ids if job != ids[6]} == {"succeeded"}
