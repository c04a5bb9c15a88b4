"""Every trouble on the list in docs/operations.md is provoked, found by its name, and comes with what to do."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import urllib.parse
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio_auth.diagnoses import look_at_administrators, look_at_signing_keys
from studio_kernel.cli import studio as command
from studio_kernel.diagnosis import Diagnosis, Finding, Trouble, examine, places, stores
from studio_kernel.errors import ConfigurationError
from studio_kernel.hookspecs import hookimpl
from studio_kernel.jobs import JobType
from studio_kernel.marks import LAST_BACKUP, beat, set_mark
from studio_kernel.plugins import PluginInfo
from studio_kernel.settings import load_settings
from studio_kernel.storage.database import open_database
from studio_kernel.storage.sql import Statement
from studio_kernel.testing import services
from studio_webhooks.diagnoses import look_at_networks

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.fixture
def doctor(tmp_path, monkeypatch):
    """Runs the command in this process; findings by name, and its exit code under ``exit``."""

    def run(**environment):
        for name in list(os.environ):
            if name.startswith("STUDIO_"):
                monkeypatch.delenv(name)
        for name, value in {"STUDIO_HOME": str(tmp_path / "home"), **environment}.items():
            monkeypatch.setenv(name, str(value))
        result = CliRunner().invoke(command, ["doctor", "--json"])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return {each["check"]: each for each in json.loads(result.stdout)} | {"exit": result.exit_code}

    return run


def is_found(findings, name, *words, serious=False):
    """The look of that name failed, in one line with these words, and says what to do."""
    finding = findings[name]
    assert (finding["ok"], finding["needed"]) == (False, serious)
    assert finding["to_do"]
    assert "\n" not in finding["reason"] + finding["to_do"]
    assert [word for word in words if word not in finding["reason"] + finding["to_do"]] == []
    assert findings["exit"] == int(serious)


def kernel(tmp_path, **values):
    return load_settings([], environment={}, overrides={"home": str(tmp_path), **values}).kernel


def test_a_fresh_install_has_nothing_but_no_administrator(doctor):
    findings = doctor()
    assert findings.pop("exit") == 0
    assert [name for name, each in findings.items() if not each["ok"]] == ["auth.administrators"]
    section = PAGE.read_text().partition("`studio doctor`\n")[2].partition("\n## ")[0]
    written = set(re.findall(r"^\| `([a-z_. ]+)` \|", section, re.MULTILINE))
    assert findings.keys() <= written, "not on the list in docs/operations.md"
    assert written - findings.keys() == {"plugin"}


# -- the home folder and addresses -----------------------------------------------------------------------


def test_a_home_that_cant_be_written_to(doctor, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        doctor(STUDIO_HOME=tmp_path / "file" / "home")
    (line,) = caught.value.problems
    assert line.startswith("STUDIO_HOME: ")


def test_secrets_that_others_can_read(doctor, tmp_path):
    doctor()
    (tmp_path / "home").chmod(0o755)
    (tmp_path / "home" / "secret.key").chmod(0o644)
    is_found(doctor(), "home.private", "secret.key", "chmod")
    (tmp_path / "home").chmod(0o700)
    assert doctor()["home.private"]["ok"]


@pytest.mark.parametrize(("free", "serious"), [(500_000_000, False), (1_000_000, True)])
def test_a_disk_that_is_nearly_full(doctor, monkeypatch, free, serious):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100_000_000_000, 0, free))
    is_found(doctor(), "home.space", "GB", "make room", serious=serious)


MOUNTS = "/dev/sda / ext4 rw 0 0\nserver:/x /srv nfs4 rw 0 0\nserver:/y /srv/my\\040home cifs rw 0 0\n"


def test_sqlite_on_a_network_file_system(tmp_path, monkeypatch):
    assert places.file_system_of(Path("/srv/studio"), MOUNTS) == "nfs4"
    assert places.file_system_of(Path("/srv/my home/studio"), MOUNTS) == "cifs"
    assert places.file_system_of(Path("/home/studio"), MOUNTS) == "ext4"
    (tmp_path / "mounts").write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(places, "_MOUNTS", tmp_path / "mounts")
    trouble = places.look_at_file_system(kernel(tmp_path))
    assert trouble is not None
    assert trouble.serious
    assert "nfs4" in trouble.what
    assert places.look_at_file_system(kernel(tmp_path, database_url="postgresql://db/studio")) is None


@pytest.mark.parametrize(("url", "bad"), [("http://studio.example.org", True), ("https://studio.example.org", False)])
def test_an_address_without_tls(doctor, url, bad):
    findings = doctor(STUDIO_PUBLIC_URL=url)
    if bad:
        is_found(findings, "public_url", "unencrypted", "https://")
    else:
        assert findings["public_url"]["ok"]


def test_proxies_that_are_everybody(doctor):
    is_found(doctor(STUDIO_TRUSTED_PROXIES="0.0.0.0/0"), "trusted_proxies", "0.0.0.0/0", "forge")


# -- what the platform stands on -------------------------------------------------------------------------


def test_storage_that_isnt_there(doctor):
    with services.s3_server() as s3:
        gone = doctor(
            STUDIO_FILES_URL=s3.replace("?", "-of-nobody?", 1) if "/?" not in s3 else s3,
            STUDIO_REDIS_URL="redis://127.0.0.1:1/0",
        )
        is_found(gone | {"exit": 0}, "cache", "STUDIO_REDIS_URL")
    unreachable = doctor(STUDIO_FILES_URL="s3://k:s@bucket?endpoint=http://127.0.0.1:1&region=x")
    is_found(unreachable, "files", "STUDIO_FILES_URL", serious=True)
    is_found(unreachable, "files.writing", "written to", serious=True)


def test_a_database_that_does_not_answer_is_told_once_with_its_reason(doctor):
    gone = doctor(STUDIO_DATABASE_URL="postgresql://somebody:secret@127.0.0.1:1/studio")
    is_found(gone, "database", "STUDIO_DATABASE_URL", "refused", serious=True)
    assert "secret" not in gone["database"]["reason"]
    assert [name for name, each in gone.items() if name != "exit" and not each["ok"]] == ["database"]


def test_a_schema_that_is_behind_and_one_that_is_ahead(doctor, make_studio, tmp_path):
    studio = make_studio(home=tmp_path / "home")
    studio.platform.database.execute(Statement("DELETE FROM schema_migrations WHERE plugin = 'webhooks'"))
    is_found(doctor(), "database.schema", "webhooks 0001", "studio migrate", serious=True)
    note = Statement("INSERT INTO schema_migrations (plugin, name, applied_at) VALUES ('auth', '9999_x', '2024')")
    studio.platform.database.execute(note)
    is_found(doctor(), "database.schema", "auth 9999_x", "install", serious=True)


def test_vectors_without_their_extension(doctor, postgres_url):
    """Where the platform's account may not make the extension, its administrator has to."""
    parts = urllib.parse.urlsplit(postgres_url)
    name = f"plain_{secrets.token_hex(4)}"
    server = open_database(postgres_url)
    for text in (f"CREATE ROLE {name} LOGIN PASSWORD 'plain'", f"GRANT ALL ON SCHEMA public TO {name}"):
        server.execute(Statement(text))
    plain = parts._replace(netloc=f"{name}:plain@{parts.netloc.rpartition('@')[2]}").geturl()
    try:
        is_found(doctor(STUDIO_DATABASE_URL=plain, STUDIO_VECTORS_URL="pgvector://"), "vectors", "CREATE EXTENSION")
    finally:
        server.execute(Statement(f"DROP OWNED BY {name} CASCADE"))
        server.execute(Statement(f"DROP ROLE {name}"))
        server.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STUDIO_VECTORS_URL", "pgvector://"),
        ("STUDIO_VECTORS_URL", "nonsense"),
        ("STUDIO_DATABASE_URL", "sqlite://"),
        ("STUDIO_DATABASE_URL", "nonsense"),
        ("STUDIO_REDIS_URL", "nonsense"),
        ("STUDIO_REDIS_URL", "redis://host:port/0"),
        ("STUDIO_NEO4J_URL", "http://graph"),
        ("STUDIO_FILES_URL", "s3://"),
        ("STUDIO_RATE_LIMIT_USER", "many"),
        ("STUDIO_PUBLIC_URL", "studio.example.org"),
        ("STUDIO_SECRET_KEY", "short"),
    ],
)
def test_a_place_that_makes_no_sense_is_a_wrong_setting(doctor, name, value):
    with pytest.raises(ConfigurationError) as caught:
        doctor(**{name: value})
    (line,) = caught.value.problems
    assert line.startswith(f"{name}: ")
    assert "\n" not in line


def test_clocks_that_differ(make_studio, postgres_url):
    studio = make_studio(plugins=["auth"], database_url=postgres_url)
    assert stores.look_at_clock(studio.platform) is None
    studio.clock.advance(120)
    trouble = stores.look_at_clock(studio.platform)
    assert trouble is not None
    assert "120 seconds ahead" in trouble.what or "119 seconds ahead" in trouble.what


def test_a_redis_that_evicts_anything(doctor, redis_url):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            is_found(doctor(STUDIO_REDIS_URL=redis_url), "cache.eviction", "allkeys-lru", "noeviction")
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert doctor(STUDIO_REDIS_URL=redis_url)["cache.eviction"]["ok"]


class Worked:
    """A plugin with one kind of work, which fails."""

    info = PluginInfo(name="worked", version="1")

    @hookimpl
    def studio_jobs(self, platform):
        def fail(run):
            raise RuntimeError("no")

        return (JobType("worked.do", fail, max_attempts=1),)


def test_work_that_waits_without_a_worker_and_work_that_was_given_up(make_studio):
    studio = make_studio(plugins=["auth"], extra=[Worked()])
    platform = studio.platform
    studio.run_jobs()
    platform.jobs.enqueue("worked.do")
    assert stores.look_at_workers(platform) is None
    studio.clock.advance(90)
    trouble = stores.look_at_workers(platform)
    assert trouble is not None
    assert "1 pieces of work" in trouble.what
    beat(platform.database, "here:1", platform.clock(), 90)
    assert stores.look_at_workers(platform) is None
    studio.run_jobs()
    failed = stores.look_at_failed_jobs(platform)
    assert failed is not None
    assert "worked.do" in failed.what


def test_work_that_waits_for_a_plugin_that_is_not_active(make_studio):
    studio = make_studio(plugins=["auth"], extra=[Worked()])
    studio.platform.jobs.enqueue("worked.do")
    assert stores.look_at_unknown_jobs(studio.platform) is None
    without = make_studio(plugins=["auth"], home=studio.platform.home).platform
    trouble = stores.look_at_unknown_jobs(without)
    assert trouble is not None
    assert "1 jobs wait" in trouble.what
    assert "worked.do" in trouble.what
    assert "studio jobs cancel --kind worked.do" in trouble.to_do


def test_a_worker_gives_a_sign_of_life(make_studio):
    from studio_kernel.app import make_worker
    from studio_kernel.marks import WORKER, marks_below

    platform = make_studio(plugins=["auth"]).platform
    beat(platform.database, "gone:1", platform.clock() - timedelta(hours=1), 90)
    worker = make_worker(platform)
    worker.start()
    try:
        for _ in range(200):
            if marks_below(platform.database, WORKER, platform.clock()):
                break
            worker._stopping.wait(0.05)
    finally:
        worker.stop()
    assert list(marks_below(platform.database, WORKER, platform.clock())) == [f"{os.uname().nodename}:{os.getpid()}"]


def test_secrets_of_another_key(make_studio, tmp_path):
    home = tmp_path / "shared"
    make_studio(plugins=["auth"], home=home, overrides={"secret_key": "a" * 40})
    second = make_studio(plugins=["auth"], home=home, overrides={"secret_key": "b" * 40}).platform
    trouble = stores.look_at_seals(second)
    assert trouble is not None
    assert trouble.serious
    assert "auth_signing_keys" in trouble.what


@pytest.mark.parametrize("made", [False, True])
def test_no_backup_for_long(make_studio, made):
    studio = make_studio(plugins=["auth"])
    platform = studio.platform
    if made:
        set_mark(platform.database, LAST_BACKUP, {}, platform.clock())
    assert stores.look_at_backups(platform) is None
    studio.clock.advance(8 * 86_400)
    trouble = stores.look_at_backups(platform)
    assert trouble is not None
    assert ("8 days old" if made else "no backup in 8 days") in trouble.what


# -- what plugins add ------------------------------------------------------------------------------------


def test_nobody_who_can_administer(make_studio):
    studio = make_studio(plugins=["auth"])
    assert look_at_administrators(studio.platform) is not None
    studio.client("super_admin")
    assert look_at_administrators(studio.platform) is None


def test_a_signing_key_that_is_old_or_cant_be_read(make_studio, tmp_path):
    home = tmp_path / "shared"
    studio = make_studio(plugins=["auth"], home=home, overrides={"secret_key": "a" * 40})
    assert look_at_signing_keys(studio.platform) is None
    studio.clock.advance(366 * 86_400)
    assert "366 days" in look_at_signing_keys(studio.platform).what
    database = studio.platform.database
    second = make_studio(plugins=["auth"], home=home, overrides={"secret_key": "b" * 40}).platform
    newest = "(SELECT MAX(created_at) FROM auth_signing_keys)"
    database.execute(Statement(f"DELETE FROM auth_signing_keys WHERE created_at = {newest}"))
    assert look_at_signing_keys(second).serious


def test_webhooks_that_may_go_anywhere_inside(make_studio):
    studio = make_studio(plugins=["auth", "webhooks"], overrides={"webhooks.allowed_networks": ["0.0.0.0/0"]})
    assert "0.0.0.0/0" in look_at_networks(studio.platform).what
    narrow = make_studio(plugins=["auth", "webhooks"], overrides={"webhooks.allowed_networks": ["10.1.0.0/16"]})
    assert look_at_networks(narrow.platform) is None


def test_a_plugin_adds_looks_of_its_own(make_studio):
    class Looking:
        info = PluginInfo(name="looking", version="1")

        @hookimpl
        def studio_diagnoses(self, platform):
            return (Diagnosis("looking.glass", lambda: Trouble("broken", "buy another one")),)

    (found,) = make_studio(plugins=[], extra=[Looking()]).platform.diagnoses
    assert examine(found) == Finding("looking.glass", False, False, "broken", "buy another one")


def test_a_look_that_fails_is_a_finding_in_one_line():
    def fail():
        raise RuntimeError("first\nsecond")

    finding = examine(Diagnosis("x", fail, "mend it"))
    assert (finding.ok, finding.needed, finding.reason) == (False, True, "RuntimeError: first second")
