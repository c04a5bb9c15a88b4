"""Events: written with the change, delivered at least once, in order per resource."""

import pytest
from probe import ADMIN, THING_MADE

from studio_kernel.events import EventType, Subscriber
from studio_kernel.hookspecs import hookimpl
from studio_kernel.storage.sql import Statement


@pytest.fixture
def seen():
    return []


def test_an_event_commits_with_its_change_or_not_at_all(app, probe):
    database = app.platform.database
    with pytest.raises(ZeroDivisionError), database.transaction():
        probe.things.make("gone")
        raise ZeroDivisionError
    probe.things.make("kept")
    assert database.rows(Statement("SELECT name, data FROM events")) == [("thing.made", '{"name":"kept"}')]


def test_publishing_outside_a_transaction_is_a_mistake(app):
    with pytest.raises(RuntimeError, match="inside the transaction"):
        app.platform.events.publish(THING_MADE, resource_id="x", data={})


def test_an_undeclared_event_can_not_be_published(app):
    other = EventType("thing.made", "Another", THING_MADE.schema, {})
    with pytest.raises(LookupError), app.platform.database.transaction():
        app.platform.events.publish(other, resource_id="x", data={})


def test_an_after_commit_subscriber_gets_each_event_once_it_is_committed(app, probe, seen):
    app.platform.events.subscribe("probe", [Subscriber("t.after", ("thing.*",), seen.append)], trusted=True)
    answer = app.anonymous.post("/api/v1/things", json={"name": "spoon"}, headers=ADMIN)
    assert seen == []
    app.run_jobs()
    (event,) = seen
    assert (event.name, event.data) == ("thing.made", {"name": "spoon"})
    assert event.resource_id == answer.json()["data"]["id"]
    assert (event.actor_id, event.request_id) == ("user_admin", answer.headers["x-request-id"])


def test_an_in_transaction_subscriber_sees_the_change_and_can_refuse_it(app, probe):
    def refuse(event):
        raise ValueError("no")

    app.platform.events.subscribe(
        "probe", [Subscriber("t.in", ("thing.made",), refuse, "in_transaction")], trusted=True
    )
    assert app.anonymous.post("/api/v1/things", json={"name": "spoon"}, headers=ADMIN).status_code == 500
    assert app.anonymous.get("/api/v1/things").json()["data"]["things"] == []


def test_a_strangers_in_transaction_failure_leaves_the_change_alone_and_is_tried_again(app, probe, seen):
    def fail_once(event):
        seen.append(event.id)
        if len(seen) == 1:
            raise ValueError("first time")

    subscriber = Subscriber("t.in", ("thing.made",), fail_once, "in_transaction")
    app.platform.events.subscribe("stranger", [subscriber], trusted=False)
    assert app.anonymous.post("/api/v1/things", json={"name": "spoon"}, headers=ADMIN).status_code == 201
    app.run_jobs()
    assert len(seen) == 2
    assert len(set(seen)) == 1


def test_events_of_one_resource_wait_for_each_other_and_others_do_not(app, probe, seen):
    def fail_for_first(event):
        if event.data["name"] == "first" and not seen:
            raise ValueError("not yet")
        seen.append(event.data["name"])

    app.platform.events.subscribe("probe", [Subscriber("t.order", ("*",), fail_for_first)], trusted=True)
    with app.platform.database.transaction():
        for resource, name in (("a", "first"), ("a", "second"), ("b", "third")):
            app.platform.events.publish(THING_MADE, resource_id=resource, data={"name": name})
    app.run_jobs()
    assert seen == ["third"]
    app.clock.advance(60)
    app.run_jobs()
    assert seen == ["third", "first", "second"]


def test_what_a_handler_publishes_inside_comes_after_what_it_answers_to(app, probe, seen):
    def answer(event):
        if event.data["name"] == "first":
            app.platform.events.publish(THING_MADE, resource_id=event.resource_id, data={"name": "second"})

    subscribers = [
        Subscriber("t.answering", ("*",), answer, "in_transaction"),
        Subscriber("t.behind", ("*",), lambda event: seen.append(event.data["name"])),
    ]
    app.platform.events.subscribe("probe", subscribers, trusted=True)
    with app.platform.database.transaction():
        app.platform.events.publish(THING_MADE, resource_id="a", data={"name": "first"})
    app.run_jobs()
    assert seen == ["first", "second"]


def test_handing_an_event_over_costs_as_many_statements_for_any_number_of_subscribers(app, probe, seen):
    def cost(resource):
        with app.count_queries() as statements, app.platform.database.transaction():
            app.platform.events.publish(THING_MADE, resource_id=resource, data={"name": "spoon"})
        return len(statements)

    app.platform.events.subscribe("probe", [Subscriber("t.0", ("*",), seen.append)], trusted=True)
    with_one = cost("a")
    more = [Subscriber(f"t.{number}", ("*",), seen.append) for number in range(1, 6)]
    app.platform.events.subscribe("probe", more, trusted=True)
    assert cost("b") == with_one
    app.run_jobs()
    assert len(seen) == 1 + 6


def test_a_failing_subscriber_does_not_keep_others_waiting(app, probe, seen):
    def fail(event):
        raise ValueError("always")

    app.platform.events.subscribe(
        "probe", [Subscriber("t.bad", ("*",), fail), Subscriber("t.good", ("*",), seen.append)], trusted=True
    )
    probe.things.make("spoon")
    app.run_jobs()
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("name", "version"), [("made", 1), ("Thing.made", 1), ("thing.made.", 1), ("thing made", 1), ("thing.made", 0)]
)
def test_an_event_with_a_wrong_name_or_version_leaves_its_plugin_out(make_studio, probe, name, version):
    probe.studio_event_types = hookimpl(lambda: (EventType(name, "Odd", THING_MADE.schema, {}, version),))
    studio = make_studio(plugins=[], extra=[probe], may_leave_out=True)
    record = studio.platform.plugins.record("probe")
    assert record.state == "left out"
    assert "event" in record.reason


def test_the_testing_kit_refuses_data_that_the_schema_does_not_describe(app):
    for data in ({}, {"name": "spoon", "color": "red"}, {"name": 7}):
        with pytest.raises(AssertionError, match=r"thing\.made"), app.platform.database.transaction():
            app.platform.events.publish(THING_MADE, resource_id="x", data=data)


def test_a_subscriber_can_take_events_together_and_gets_them_singly_when_that_fails(app, probe, seen):
    def together(events):
        if len(events) > 1 and "poison" in {event.data["name"] for event in events}:
            raise ValueError("not together")
        if events[0].data["name"] == "poison":
            raise ValueError("never")
        seen.append([event.data["name"] for event in events])

    subscriber = Subscriber("t.together", ("*",), seen.append, together=together)
    app.platform.events.subscribe("probe", [subscriber], trusted=True)
    for name in ("spoon", "fork"):
        probe.things.make(name)
    app.run_jobs()
    assert seen == [["spoon", "fork"]]
    for name in ("knife", "poison"):
        probe.things.make(name)
    app.run_jobs()
    assert seen[1:] == [["knife"]]
    kind = "event:t.together"
    assert app.platform.jobs.backlog().get(kind) is None
    app.clock.advance(5)
    assert app.platform.jobs.backlog()[kind][0] == 1
