"""Jobs: the row is the truth, a lost message or worker costs time and no work."""

import threading
import time

import pytest

from studio_kernel.errors import ConfigurationError, Conflict
from studio_kernel.job_worker import Worker
from studio_kernel.jobs import JobType, RetryLater


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


def test_a_worker_with_huey_does_announced_work_and_stops(make_studio, probe):
    from studio_kernel.app import make_worker

    studio = make_studio(plugins=[], extra=[probe])
    done = threading.Event()
    studio.platform.jobs.declare(JobType("t.work", lambda run: done.set()))
    worker: Worker = make_worker(studio.platform)
    worker.start()
    studio.platform.jobs.enqueue("t.work")
    assert done.wait(10)
    worker.stop()
    studio.platform.jobs.send = None
