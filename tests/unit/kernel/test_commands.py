"""The command line: what operators read, and exit codes that scripts can use."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from studio_kernel.cli import studio
from studio_kernel.errors import ConfigurationError
from studio_kernel.settings import default_home


@pytest.fixture
def studio_command(tmp_path):
    """Runs ``studio`` as a process with a home of its own."""

    def run(*arguments, status=0, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
        settings = {"STUDIO_HOME": str(tmp_path / "home"), "STUDIO_AUTH_ARGON2_MEMORY_KIB": "8192", **environment}
        command = [sys.executable, "-m", "studio_kernel", *arguments]
        done = subprocess.run(command, env=clean | settings, capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stderr
        return done

    return run


def test_help_names_every_command(studio_command):
    text = studio_command("--help").stdout
    for name in ("init", "serve", "worker", "migrate", "doctor", "config", "plugins", "openapi", "users"):
        assert name in text


# Those that go on until they are stopped, and those that print a document.
WITHOUT_JSON = {"serve", "worker", "mcp", "openapi", "audit export", "frameworks export", "frameworks schema"}


def leaves(group, context, path=()):
    """Commands that do something, by their whole name."""
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from leaves(found, click.Context(found, parent=context), (*path, name))
        else:
            yield " ".join((*path, name)), found


def test_every_command_prints_json_where_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    found = dict(leaves(studio, click.Context(studio)))
    without = {name for name, each in found.items() if not any("--json" in option.opts for option in each.params)}
    assert len(found) > 80
    assert without == WITHOUT_JSON


def test_init_makes_a_home_once_and_changes_nothing_the_second_time(studio_command, tmp_path):
    options = ("--admin-email", "a@example.org", "--admin-password", "password123-and-more", "--json")
    first = json.loads(studio_command("init", *options).stdout)
    assert first["home"] == str(tmp_path / "home")
    studio_command("init", *options)
    assert len(json.loads(studio_command("users", "list", "--json").stdout)) == 1


def test_migrate_plans_applies_and_then_has_nothing_to_do(studio_command):
    planned = json.loads(studio_command("migrate", "--plan", "--json").stdout)
    assert not planned["applied"]
    applied = json.loads(studio_command("migrate", "--json").stdout)
    assert applied["steps"] == planned["steps"] != []
    assert "Nothing to do." in studio_command("migrate").stdout


def test_doctor_names_each_storage_and_fails_on_what_is_needed(studio_command, tmp_path):
    findings = json.loads(studio_command("doctor", "--json").stdout)
    assert {"database", "files", "cache", "graph", "vectors"} <= {each["check"] for each in findings}
    assert "ok       database" in studio_command("doctor").stdout
    broken = studio_command("doctor", status=0, STUDIO_REDIS_URL="redis://127.0.0.1:1/0")
    assert "warning  cache" in broken.stdout


def test_config_show_tells_value_and_origin(studio_command):
    shown = studio_command("config", "show", "--json", STUDIO_LOG_LEVEL="debug").stdout
    (level,) = [each for each in json.loads(shown) if each["name"] == "log_level"]
    assert (level["shown"], level["origin"]) == ("debug", "STUDIO_LOG_LEVEL")
    assert "VARIABLE" in studio_command("config", "show").stdout


def test_a_wrong_setting_is_one_line_and_exit_code_2(studio_command):
    for command in (("migrate",), ("serve",), ("doctor",), ("config", "show")):
        done = studio_command(*command, status=2, STUDIO_THREADS="-1")
        assert done.stderr.startswith("studio: STUDIO_THREADS: ")
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STUDIO_DATABASE_URL", "mysql://x"),
        ("STUDIO_FILES_URL", "ftp://x"),
        ("STUDIO_RATE_LIMIT_USER", "many"),
        ("STUDIO_TRUSTED_PROXIES", "everyone"),
        ("STUDIO_SECRET_KEY", "short"),
    ],
)
def test_each_wrong_place_is_told_with_its_variable(studio_command, name, value):
    done = studio_command("doctor", status=2, **{name: value})
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_plugins_are_listed_disabled_and_enabled(studio_command, tmp_path):
    rows = json.loads(studio_command("plugins", "list", "--json").stdout)
    assert [row["name"] for row in rows][:2] == ["auth", "projects"]
    studio_command("plugins", "disable", "webhooks")
    rows = {row["name"]: row["state"] for row in json.loads(studio_command("plugins", "list", "--json").stdout)}
    assert rows["webhooks"] == "disabled"
    studio_command("plugins", "enable", "webhooks")
    assert "All plugins are sound." in studio_command("plugins", "check").stdout
    assert "no plugin is named" in studio_command("plugins", "disable", "nothing", status=2).stderr


def test_disabling_keeps_what_a_person_wrote(studio_command, tmp_path):
    file = tmp_path / "home" / "studio.toml"
    file.parent.mkdir()
    file.write_text('# mine\nlog_level = "debug"  # loud\n')
    studio_command("plugins", "disable", "ai")
    assert file.read_text().startswith('# mine\nlog_level = "debug"  # loud\n')


def test_plugins_are_disabled_in_the_file_that_is_read(studio_command, tmp_path):
    file = tmp_path / "studio.toml"
    told = studio_command("plugins", "disable", "ai", status=2, STUDIO_CONFIG=str(file)).stderr
    assert f"STUDIO_CONFIG: there is no file {file}" in told
    file.write_text('log_level = "debug"\n')
    file.chmod(0o640)
    assert str(file) in studio_command("plugins", "disable", "ai", STUDIO_CONFIG=str(file)).stdout
    rows = json.loads(studio_command("plugins", "list", "--json", STUDIO_CONFIG=str(file)).stdout)
    assert {row["name"]: row["state"] for row in rows}["ai"] == "disabled"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_variable_that_wins_over_the_file_is_told(studio_command, tmp_path):
    done = studio_command("plugins", "enable", "ai", status=2, STUDIO_PLUGINS_DISABLED="ai")
    assert "STUDIO_PLUGINS_DISABLED is set and wins" in done.stderr
    assert not (tmp_path / "home" / "studio.toml").exists()


def test_a_socket_is_not_taken_over_by_several_processes(studio_command, tmp_path):
    assert "--workers" in studio_command("serve", "--fd", "3", "--workers", "2", status=2).stderr
    assert not (tmp_path / "home").exists()


def test_a_server_that_cannot_listen_ends_with_1(studio_command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        # NOTE: plugins that need the disabled one are left out, which is logged before the settings are known.
        done = studio_command("serve", "--port", port, status=1, STUDIO_PLUGINS_DISABLED="ai")
    told = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert any("already in use" in each for each in told)
    assert any("left out" in each for each in told)
    assert "--fd 9 is no listening socket" in studio_command("serve", "--fd", "9", status=2).stderr


def test_a_database_that_cannot_be_reached_is_told_with_its_reason(studio_command):
    done = studio_command("jobs", "list", status=1, STUDIO_DATABASE_URL="postgresql://a:b@127.0.0.1:1/c")
    assert done.stderr.startswith("studio: The database can't be reached at the moment: connection to server at")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_missing_dependency_is_told_in_one_line(studio_command):
    studio_command("plugins", "disable", "auth")
    done = studio_command("doctor", status=2)
    assert "needs the plugin 'auth'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_lists_of_a_fresh_install_are_empty(studio_command):
    assert json.loads(studio_command("webhooks", "list", "--json").stdout) == []
    assert json.loads(studio_command("webhooks", "deliveries", "--json").stdout) == []


def test_openapi_prints_the_document(studio_command, tmp_path):
    assert json.loads(studio_command("openapi").stdout)["openapi"].startswith("3.1")
    studio_command("openapi", "--output", str(tmp_path / "api.json"))
    assert "paths" in json.loads((tmp_path / "api.json").read_text())
    nowhere = tmp_path / "no" / "api.json"
    refused = studio_command("openapi", "--output", str(nowhere), status=1).stderr
    assert refused == f"studio: {nowhere}: No such file or directory\n"


def test_worker_starts_and_stops_on_a_signal(tmp_path):
    environment = os.environ | {"STUDIO_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "studio_kernel", "worker", "--threads", "1"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert "Worker started with 1 threads" in process.stdout.readline()
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


def test_help_costs_little_more_than_click_itself():
    """Goal of the project: at most 1.5 times; here with room for a busy machine, as the best of several."""
    import time

    def best(*command):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], capture_output=True, check=True)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best("-m", "studio_kernel", "--help") < 3 * best("-c", "import click")


def test_commands_of_plugins_are_found_anew_in_each_run(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED", ",".join(("projects", "evidence", "compliance", "ai", "webhooks")))
    assert CliRunner().invoke(studio, ["projects", "--help"]).exit_code == 2
    monkeypatch.delenv("STUDIO_PLUGINS_DISABLED")
    assert CliRunner().invoke(studio, ["projects", "--help"]).exit_code == 0
    named = tmp_path / "disabled"
    named.write_text("projects\nevidence, compliance\nai\n")
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED_FILE", str(named))
    assert CliRunner().invoke(studio, ["projects", "--help"]).exit_code == 2


def test_home_may_begin_with_a_tilde(monkeypatch, tmp_path):
    """As an environment file may say it, where no shell has put the folder in its place."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STUDIO_HOME", "~/studio")
    monkeypatch.delenv("STUDIO_CONFIG", raising=False)
    assert CliRunner().invoke(studio, ["plugins", "disable", "ai"]).exit_code == 0
    assert (tmp_path / "studio" / "studio.toml").exists()
    assert CliRunner().invoke(studio, ["ai", "--help"]).exit_code == 2
    monkeypatch.setenv("STUDIO_HOME", "~nobody-of-that-name/studio")
    with pytest.raises(ConfigurationError, match="STUDIO_HOME: nobody here knows"):
        default_home()
