"""The key that seals secrets is changed while processes of either kind run, and nothing that it sealed is lost."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from studio_kernel.cli import studio as command
from studio_kernel.security import sealed
from studio_kernel.security.sealed import count_seals, reseal
from studio_kernel.security.secrets import read_keys
from studio_webhooks.models import Webhook

PLUGINS = ["auth", "webhooks"]


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def run(home, monkeypatch):
    """A command of ``studio secret-key``; what it prints as JSON."""
    monkeypatch.setenv("STUDIO_HOME", str(home))

    def invoke(*arguments, status=0):
        result = CliRunner().invoke(command, [*arguments, "--json"])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return json.loads(result.stdout) if status == 0 else result.output

    return invoke


def keep(studio, number, secret=b"secret of a webhook"):
    """A webhook with a sealed secret."""
    names = ("owner_id", "project_id", "url", "description", "created_at", "updated_at")
    row = {"id": f"wh_{number:04}", "events": [], "active": True, "failures": 0}
    box = studio.platform.secret_box("webhooks")
    studio.platform.database.insert(Webhook, dict.fromkeys(names, "x") | row | {"secret": box.seal(secret)})


def opened(studio, number):
    statement = sealed.Statement("SELECT secret FROM webhooks WHERE id = :id")
    text = studio.platform.database.value(statement, id=f"wh_{number:04}")
    return studio.platform.secret_box("webhooks").open(text)


def totals(found):
    return [sum(getattr(each, name) for each in found) for name in ("anew", "earlier", "unreadable")]


def test_three_steps_with_processes_of_the_step_before_still_running(make_studio, home, run):
    first = make_studio(plugins=PLUGINS, home=home)
    token = first.client("admin").headers
    keep(first, 1)
    run("secret-key", "add")
    second = make_studio(plugins=PLUGINS, home=home)
    keep(second, 2)
    assert [opened(first, number) for number in (1, 2)] == [b"secret of a webhook"] * 2
    run("secret-key", "use")
    third = make_studio(plugins=PLUGINS, home=home)
    keep(third, 3)
    for each in (second, third):
        assert [opened(each, number) for number in (1, 2, 3)] == [b"secret of a webhook"] * 3
        assert each.send("GET", "/api/v1/users/me", headers=token).status_code == 200
    run("secret-key", "retire")
    (only,) = read_keys(home / "secret.key")
    assert only == third.platform.secret_key != first.platform.secret_key
    last = make_studio(plugins=PLUGINS, home=home)
    assert [opened(last, number) for number in (1, 2, 3)] == [b"secret of a webhook"] * 3
    assert last.send("GET", "/api/v1/users/me", headers=token).status_code == 200
    assert totals(count_seals(last.platform))[1:] == [0, 0]
    assert sum(each["anew"] for each in run("secret-key", "status")) >= 4


def test_the_seal_of_the_audit_log_outlives_the_key(make_studio, home, run):
    before = make_studio(plugins=PLUGINS, home=home).platform.audit.keys.newest.id
    run("secret-key", "add")
    run("secret-key", "use")
    assert make_studio(plugins=PLUGINS, home=home).platform.audit.keys.newest.id == before


def test_sealing_anew_goes_on_where_it_was_interrupted(make_studio, home, monkeypatch):
    monkeypatch.setattr(sealed, "_AT_ONCE", 2)
    old = make_studio(plugins=PLUGINS, home=home, overrides={"secret_key": "a" * 40})
    for number in range(5):
        keep(old, number)
    new = {"secret_key": "b" * 40, "secret_keys_accepted": "a" * 40}
    studio = make_studio(plugins=PLUGINS, home=home, overrides=new)
    write, calls = sealed._write, []

    def fail_at_the_third(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(*arguments)

    monkeypatch.setattr(sealed, "_write", fail_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        reseal(studio.platform)
    left = totals(count_seals(studio.platform))[1]
    assert 0 < left < 6
    monkeypatch.setattr(sealed, "_write", write)
    assert totals(reseal(studio.platform))[1] == left
    assert totals(count_seals(studio.platform))[1:] == [0, 0]
    assert [opened(studio, number) for number in range(5)] == [b"secret of a webhook"] * 5


def test_what_somebody_changes_meanwhile_stays_as_they_wrote_it(make_studio, home, monkeypatch):
    old = make_studio(plugins=PLUGINS, home=home, overrides={"secret_key": "a" * 40})
    keep(old, 1)
    both = {"secret_key": "b" * 40, "secret_keys_accepted": "a" * 40}
    studio = make_studio(plugins=PLUGINS, home=home, overrides=both)
    write = sealed._write

    def change_first(*arguments):
        fresh = old.platform.secret_box("webhooks").seal(b"changed meanwhile")
        old.platform.database.update(Webhook, {"secret": fresh}, where={"id": "wh_0001"})
        write(*arguments)

    monkeypatch.setattr(sealed, "_write", change_first)
    reseal(studio.platform)
    assert opened(studio, 1) == b"changed meanwhile"


def test_what_no_key_opens_is_told_and_nothing_is_retired(make_studio, home, run):
    stranger = make_studio(plugins=PLUGINS, home=home, overrides={"secret_key": "a" * 40})
    keep(stranger, 1)
    run("secret-key", "add")
    run("secret-key", "use")
    run("secret-key", "retire", status=1)
    assert len(read_keys(home / "secret.key")) == 2
    assert "webhooks" in run("secret-key", "reseal", status=1)


def test_what_a_disabled_plugin_has_sealed_is_sealed_anew_too(make_studio, home, run, monkeypatch):
    keep(make_studio(plugins=PLUGINS, home=home), 1)
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED", "webhooks")
    run("secret-key", "add")
    run("secret-key", "use")
    assert {"table": "webhooks", "column": "secret", "anew": 0, "earlier": 1, "unreadable": 0} in run(
        "secret-key", "status"
    )
    run("secret-key", "retire")
    assert len(read_keys(home / "secret.key")) == 1
    assert opened(make_studio(plugins=PLUGINS, home=home), 1) == b"secret of a webhook"


def test_no_key_is_retired_while_a_plugin_with_tables_cannot_be_loaded(make_studio, home, run):
    studio = make_studio(plugins=PLUGINS, home=home)
    note = sealed.Statement("INSERT INTO schema_migrations (plugin, name, applied_at) VALUES ('gone', '1', 'x')")
    studio.platform.database.execute(note)
    run("secret-key", "add")
    run("secret-key", "use")
    assert "gone" in run("secret-key", "status", status=1)
    assert "gone" in run("secret-key", "reseal", status=1)
    assert "--without-plugin" in run("secret-key", "retire", status=1)
    assert len(read_keys(home / "secret.key")) == 2
    run("secret-key", "retire", "--without-plugin", "gone")
    assert len(read_keys(home / "secret.key")) == 1


def test_steps_out_of_order_and_a_key_that_is_a_setting_are_refused(home, run, monkeypatch):
    for arguments in (["use"], ["add"], ["add"]):
        result = CliRunner().invoke(command, ["secret-key", *arguments])
    assert result.exit_code == 1
    assert "under way" in result.output
    monkeypatch.setenv("STUDIO_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("STUDIO_HOME", str(home.parent / "other"))
    for step in ("add", "use", "retire"):
        result = CliRunner().invoke(command, ["secret-key", step])
        assert "STUDIO_SECRET_KEYS_ACCEPTED" in result.output
