"""Jobs and events over HTTP and on the command line."""

import json
import threading

import pytest
from click.testing import CliRunner
from probe import ADMIN, THING_MADE, ProbePlugin

from studio_kernel.commands.events import Follower
from studio_kernel.commands.events import events as events_command
from studio_kernel.commands.jobs import jobs as jobs_command
from studio_kernel.jobs import JobType
from studio_kernel.plugins import Found

OWNER = {"Authorization": "Test customer"}


@pytest.fixture
def studio(make_studio, probe):
    studio = make_studio(plugins=[], extra=[probe])
    studio.platform.jobs.declare(JobType("t.work", lambda run: {"sum": 3}))
    studio.platform.jobs.declare(JobType("t.fail", lambda run: 1 / 0, max_attempts=1))
    return studio


@pytest.fixture
def run(studio, monkeypatch):
    """Runs a command on the home of the studio; it must succeed."""
    found = [Found("probe", "probe", ProbePlugin)]
    monkeypatch.setattr("studio_kernel.app.installed_plugins", lambda: found)

    commands = {"jobs": jobs_command, "events": events_command}

    def invoke(name, *arguments):
        result = CliRunner(env={"STUDIO_HOME": str(studio.platform.home)}).invoke(commands[name], arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


def test_a_caller_sees_and_changes_only_what_they_started(studio):
    jobs = studio.platform.jobs
    mine = jobs.enqueue("t.work", delay=1000, owner_id="user_customer")
    other = jobs.enqueue("t.work", delay=1000, owner_id="user_other")
    nobodys = jobs.enqueue("t.work", delay=1000, owner_id="")

    def listed(headers, **params):
        answer = studio.anonymous.get("/api/v1/jobs", headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        return {each["id"] for each in answer.json()["data"]["jobs"]}

    assert listed(OWNER) == {mine}
    assert listed(ADMIN) >= {mine, other, nobodys}
    assert listed(ADMIN, state="failed") == set()
    for job in (other, nobodys):
        for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
            answer = studio.anonymous.request(method, f"/api/v1/jobs/{job}{path}", headers=OWNER)
            assert answer.status_code == 404
    cancelled = studio.anonymous.post(f"/api/v1/jobs/{mine}/cancel", headers=OWNER)
    assert cancelled.json()["data"]["state"] == "cancelled"
    assert studio.anonymous.post(f"/api/v1/jobs/{mine}/cancel", headers=OWNER).status_code == 409
    retried = studio.anonymous.post(f"/api/v1/jobs/{mine}/retry", headers=OWNER)
    assert retried.json()["data"]["state"] == "queued"
    studio.run_jobs()
    shown = studio.anonymous.get(f"/api/v1/jobs/{mine}", headers=OWNER).json()["data"]
    assert (shown["state"], shown["result"], shown["progress"]) == ("succeeded", {"sum": 3}, 100)


def test_jobs_are_listed_repeated_and_cancelled_from_the_command_line(studio, run):
    jobs = studio.platform.jobs
    failed, late = jobs.enqueue("t.fail"), jobs.enqueue("t.work", delay=1000)
    studio.run_jobs()
    listed = json.loads(run("jobs", "list", "--state", "failed", "--json"))
    assert [(each["id"], each["kind"]) for each in listed] == [(failed, "t.fail")]
    assert "division by zero" in run("jobs", "list", "--kind", "t.fail")
    assert "queued" in run("jobs", "retry", failed)
    assert json.loads(run("jobs", "cancel", late, "--json"))["state"] == "cancelled"


def test_all_jobs_of_a_kind_are_cancelled_from_the_command_line(studio, run):
    jobs = studio.platform.jobs
    late = [jobs.enqueue("t.work", delay=1000) for _ in range(2)]
    other = jobs.enqueue("t.fail", delay=1000)
    assert json.loads(run("jobs", "cancel", "--kind", "t.work", "--json")) == {"kind": "t.work", "cancelled": 2}
    assert [jobs.show(each)["state"] for each in (*late, other)] == ["cancelled", "cancelled", "queued"]
    assert "cancelled: 1" in run("jobs", "cancel", "--kind", "t.fail")


@pytest.mark.parametrize("arguments", [[], ["job_1", "--kind", "t.work"]])
def test_a_job_or_a_kind_is_to_be_cancelled(arguments):
    result = CliRunner().invoke(jobs_command, ["cancel", *arguments])
    assert result.exit_code == 2
    assert "either one job or --kind" in result.output


def test_events_are_watched_and_listed_from_the_command_line(studio, probe, run):
    for name in ("spoon", "fork", "knife"):
        probe.things.make(name)
    told = run("events", "tail", "thing.*", "--lines", "2", "--no-follow", "--json").splitlines()
    assert [json.loads(line)["data"]["name"] for line in told] == ["fork", "knife"]
    assert "thing.made" in run("events", "tail", "--no-follow")
    assert run("events", "tail", "other.*", "--no-follow") == ""
    assert run("events", "tail", "--project", "proj_1", "--no-follow") == ""
    entries = json.loads(run("events", "catalogue", "--json"))
    assert [(each["name"], each["version"]) for each in entries] == [("thing.made", 1)]


def test_who_watches_events_misses_none_that_is_committed_after_a_later_one(make_studio, probe, postgres_url):
    studio = make_studio(plugins=[], extra=[probe], database_url=postgres_url)
    follower = Follower(studio.platform.events, studio.platform.events.latest())
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        with studio.platform.database.transaction():
            probe.things.make("slow")
            begun.set()
            go_on.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(10)
    probe.things.make("quick")
    assert [event.data["name"] for event in follower.news()] == ["quick"]
    go_on.set()
    thread.join()
    assert [event.data["name"] for event in follower.news()] == ["slow"]
    assert follower.news() == []


def test_who_watches_events_gets_each_of_many_once(studio):
    with studio.platform.database.transaction():
        for number in range(1500):
            studio.platform.events.publish(THING_MADE, resource_id="t", data={"name": str(number)})
    follower = Follower(studio.platform.events, 100)
    seen = []
    while part := follower.news():
        seen += [int(event.data["name"]) for event in part]
    assert seen == list(range(100, 1500))


def test_events_that_everybody_has_are_forgotten_after_their_time(studio, probe):
    from studio_kernel.events import Subscriber

    events, got = studio.platform.events, []
    events.subscribe("probe", [Subscriber("t.slow", ("*",), got.append)], trusted=True)
    probe.things.make("spoon")
    studio.clock.advance(400 * 86_400)
    assert events.prune(365) == 0, "somebody waits for it"
    studio.run_jobs()
    assert len(got) == 1
    assert events.prune(365) == 1
    assert events.latest() == 0


def test_events_wait_a_month_for_a_subscriber_that_is_not_active_here(studio, probe, make_studio):
    from studio_kernel.events import Subscriber

    events, got = studio.platform.events, []
    events.subscribe("probe", [Subscriber("t.gone", ("*",), got.append)], trusted=True)
    probe.things.make("spoon")
    without = make_studio(plugins=[], home=studio.platform.home)
    without.clock.advance(29 * 86_400)
    assert without.platform.events.prune(7) == without.platform.events.count_old(7) == 0
    without.clock.advance(2 * 86_400)
    assert without.platform.events.prune(60) == 0
    assert without.platform.events.prune(7) == 1
    studio.run_jobs()
    assert got == []
    assert studio.platform.jobs.backlog() == {}
