"""``studio webhooks``, as an operator runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from studio_kernel.plugins import Found
from studio_webhooks import plugin
from studio_webhooks.commands import webhooks
from studio_webhooks.testing import Receiver

from .conftest import SamplePlugin, Stage


@pytest.fixture
def run(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs a command on the home of the stage, with the stage's plugins."""
    found = [Found("webhooks", "studio-webhooks", lambda: plugin), Found("sample", "sample", SamplePlugin)]
    monkeypatch.setattr("studio_kernel.app.installed_plugins", lambda: found)
    home: Path = stage.platform.home

    def invoke(*arguments: str) -> Result:
        result = CliRunner(env={"STUDIO_HOME": str(home)}).invoke(webhooks, arguments)
        assert result.exit_code == 0, result.output
        return result

    return invoke


def test_webhooks_and_deliveries_are_listed_without_secrets(stage: Stage, receiver: Receiver, run: object) -> None:
    assert callable(run)
    created = stage.create(receiver.url, secret="a-very-particular-secret")
    stage.publish()
    stage.work()
    listed = json.loads(run("list", "--json").stdout)
    assert [each["id"] for each in listed] == [created["id"]]
    assert "secret" not in listed[0]
    assert created["id"] in run("list").stdout
    made = json.loads(run("deliveries", "--json").stdout)
    assert [(each["webhook_id"], each["state"]) for each in made] == [(created["id"], "succeeded")]
    assert json.loads(run("deliveries", created["id"], "--state", "exhausted", "--json").stdout) == []
    assert "parcel.sent" in run("deliveries", created["id"], "--limit", "1").stdout


def test_a_test_and_a_replay_are_started_from_the_command_line(stage: Stage, receiver: Receiver, run: object) -> None:
    """`studio webhooks test` and `studio webhooks replay`."""
    assert callable(run)
    created = stage.create(receiver.url)
    made = json.loads(run("test", created["id"], "--json").stdout)
    assert (made["event"], made["state"]) == ("webhook.test", "pending")
    stage.work()
    assert len(receiver.received) == 1
    assert "pending" in run("replay", made["id"]).stdout
    stage.work()
    assert len(receiver.received) == 2
    since = made["created_at"]
    started = json.loads(
        run("replay", "--webhook", created["id"], "--since", since, "--state", "succeeded", "--json").stdout
    )
    stage.work()
    assert len(receiver.received) == 3
    assert stage.platform.jobs.show(started["job_id"])["result"]["replayed"] == 1


@pytest.mark.parametrize(
    "arguments", [("replay",), ("replay", "whd_1", "--webhook", "wh_1"), ("replay", "--webhook", "wh_1"),
                  ("replay", "--webhook", "wh_1", "--since", "yesterday")],
)  # fmt: skip
def test_a_replay_of_nothing_in_particular_is_a_mistake(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(webhooks, arguments).exit_code == 2
