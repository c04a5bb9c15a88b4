"""What a backup refuses, what it tells, and what it leaves out."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile

import pytest
from click.testing import CliRunner

from studio_compliance.reports.models import ReportRow
from studio_evidence.service.upkeep import Upkeep
from studio_kernel.app import open_as_it_is
from studio_kernel.backup import restoring
from studio_kernel.backup.archive import Archive, BackupRefused
from studio_kernel.cli import studio as command
from studio_kernel.errors import StudioError
from studio_kernel.kernel_schema import NOT_CARRIED, TABLES
from studio_kernel.marks import hold_files, may_delete_files, release_files
from studio_kernel.storage.database import open_database, table_name
from studio_kernel.storage.vectors_pgvector import PgvectorItem, PgvectorMetadata
from studio_webhooks.models import Webhook

REPORT_COLUMNS = [field.column_name for field in ReportRow._meta.sorted_fields]


class Operator:
    """Runs commands in this process, against one home."""

    def __init__(self, home, monkeypatch):
        self.home, self._monkeypatch = home, monkeypatch

    def run(self, *arguments, **environment):
        """The output; a refusal is raised as it is."""
        names = {"STUDIO_HOME": str(self.home), "STUDIO_AUTH_ARGON2_MEMORY_KIB": "8", **environment}
        for name in list(os.environ):
            if name.startswith("STUDIO_"):
                self._monkeypatch.delenv(name)
        for name, value in names.items():
            self._monkeypatch.setenv(name, value)
        result = CliRunner().invoke(command, [str(each) for each in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An install with one stored file, and a backup of it, without the key."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        home = tmp_path_factory.mktemp("made") / "home"
        operator = Operator(home, monkeypatch)
        operator.run("init", "--admin-email", "a@example.org", "--admin-password", "password123-and-more")
        with open_as_it_is() as platform, platform.database.transaction():
            with platform.files.stage() as staged:
                staged.write(b"What a file has in it.\n")
                digest = platform.files.keep(staged)
            report = dict.fromkeys(REPORT_COLUMNS, "x") | {"id": "rpt_1", "sha256": digest, "size": 23}
            platform.database.insert(ReportRow, report)
        path = home.parent / "backup.tar"
        said = operator.run("backup", path, "--json")
        yield home, path, json.loads(said.stdout), digest


@pytest.fixture
def operator(tmp_path, monkeypatch):
    return Operator(tmp_path / "target", monkeypatch)


@pytest.fixture
def key(made):
    return (made[0] / "secret.key").read_text().strip()


def refusal(operator, *arguments, **environment):
    """The one line that the operator reads."""
    with pytest.raises(StudioError) as caught:
        operator.run(*arguments, **environment)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_restore_gives_everything_back(made, operator, key):
    _, path, said, digest = made
    restored = json.loads(operator.run("restore", path, "--json", STUDIO_SECRET_KEY=key).stdout)
    assert restored == {"rows": said["rows"], "files": 1, "to_do": {}}
    content = (operator.home / "files" / digest[:2] / digest[2:4] / digest).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert "a@example.org" in operator.run("users", "list", STUDIO_SECRET_KEY=key).stdout


def test_verifying_touches_nothing(made, operator):
    assert "sound" in operator.run("restore", made[1], "--verify-only").stdout
    assert not operator.home.exists()


def test_a_backup_is_readable_by_its_owner_only_and_has_no_key(made, key):
    assert made[1].stat().st_mode & 0o777 == 0o600
    assert key.encode() not in made[1].read_bytes()


def test_with_secrets_the_key_comes_along(made, operator, tmp_path, key):
    path = tmp_path / "whole.tar"
    Operator(made[0], operator._monkeypatch).run("backup", path, "--with-secrets")
    operator.run("restore", path)
    assert (operator.home / "secret.key").read_text().strip() == key
    assert (operator.home / "secret.key").stat().st_mode & 0o777 == 0o600


def test_with_secrets_the_keys_of_the_audit_log_come_along_also_from_the_settings(made, operator, tmp_path, key):
    path, keys = tmp_path / "whole.tar", f"{'a' * 20},{'b' * 20}"
    Operator(made[0], operator._monkeypatch).run("backup", path, "--with-secrets", STUDIO_AUDIT_KEYS=keys)
    operator.run("restore", path)
    assert (operator.home / "audit.keys").read_text().split() == keys.split(",")
    assert (operator.home / "audit.keys").stat().st_mode & 0o777 == 0o600


# -- refusals ---------------------------------------------------------------------------------------------


def test_an_earlier_backup_is_not_replaced_unasked(made, operator, tmp_path):
    source, path = Operator(made[0], operator._monkeypatch), tmp_path / "earlier.tar"
    path.write_bytes(b"earlier")
    assert "--overwrite" in refusal(source, "backup", path)
    source.run("backup", path, "--overwrite")
    assert Archive(path).verify().rows > 0


def test_a_folder_that_cant_be_written_to_is_named(made, operator, tmp_path):
    source = Operator(made[0], operator._monkeypatch)
    assert str(tmp_path / "nowhere") in refusal(source, "backup", tmp_path / "nowhere" / "backup.tar")


def test_an_install_that_is_not_empty_is_left_alone(made, operator, key):
    operator.run("migrate", STUDIO_SECRET_KEY=key)
    before = (operator.home / "studio.db").read_bytes()
    assert "isn't empty" in refusal(operator, "restore", made[1], STUDIO_SECRET_KEY=key)
    assert (operator.home / "studio.db").read_bytes() == before


def test_what_began_while_files_were_restored_is_left_alone(made, operator, key, monkeypatch):
    put_in_place = restoring.restore_files

    def while_somebody_begins(*arguments):
        operator.run("init", "--admin-email", "b@example.org", STUDIO_SECRET_KEY=key)
        return put_in_place(*arguments)

    monkeypatch.setattr(restoring, "restore_files", while_somebody_begins)
    assert "isn't empty" in refusal(operator, "restore", made[1], STUDIO_SECRET_KEY=key)
    assert "b@example.org" in operator.run("users", "list", STUDIO_SECRET_KEY=key).stdout


def test_without_the_key_it_says_what_to_do(made, operator):
    assert "--another-key" in refusal(operator, "restore", made[1])
    assert not (operator.home / "secret.key").exists()
    assert "another key" in refusal(operator, "restore", made[1], STUDIO_SECRET_KEY="k" * 40)


def test_a_schema_that_is_newer_is_refused(made, operator, key, tmp_path):
    path = changed(made[1], tmp_path, lambda manifest: manifest["schema"].append(["auth", "9999_tomorrow"]))
    assert "auth 9999_tomorrow" in refusal(operator, "restore", path, STUDIO_SECRET_KEY=key)


def test_data_of_a_plugin_that_isnt_there_is_refused_or_left_out(made, operator, key, tmp_path):
    path = changed(made[1], tmp_path, lambda manifest: manifest["schema"].append(["vendors", "0001_vendors"]))
    assert "--without-plugin vendors" in refusal(operator, "restore", path, STUDIO_SECRET_KEY=key)
    operator.run("restore", path, "--without-plugin", "vendors", STUDIO_SECRET_KEY=key)


def test_a_form_that_came_later_is_refused(made, operator, tmp_path):
    def newer(name, content):
        return (
            json.dumps({"format": "studio-backup", "version": 2}).encode() if name == "studio-backup.json" else content
        )

    path = rewritten(made[1], tmp_path, newer)
    assert "newer version" in refusal(operator, "restore", path)


def test_other_files_are_refused(operator, tmp_path):
    path = tmp_path / "other"
    assert "no such file" in refusal(operator, "restore", path)
    for content in (b"", b"\0" * 10_240, b"no archive at all"):
        path.write_bytes(content)
        assert "damaged" in refusal(operator, "restore", path)


# -- damage -----------------------------------------------------------------------------------------------


def members(path):
    with tarfile.open(path) as tar:
        return [(member, tar.extractfile(member).read()) for member in tar.getmembers()]


def rewritten(path, folder, change):
    """A copy whose members went through ``change``, those that became None left out."""
    copy = folder / "rewritten.tar"
    with tarfile.open(copy, "w") as tar:
        for member, content in members(path):
            content = change(member.name, content)
            if content is not None:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return copy


def changed(path, folder, change):
    """A copy with another manifest, and the hash that fits it."""
    manifest = next(json.loads(content) for member, content in members(path) if member.name == "manifest.json")
    change(manifest)
    text = json.dumps(manifest).encode()
    fresh = {"manifest.json": text, "manifest.json.sha256": hashlib.sha256(text).hexdigest().encode()}
    return rewritten(path, folder, lambda name, content: fresh.get(name, content))


def is_damaged(path):
    with pytest.raises(BackupRefused) as caught:
        Archive(path).verify()
    return "damaged" in caught.value.message


def test_a_flipped_bit_anywhere_is_found(made, tmp_path):
    whole, copy = made[1].read_bytes(), tmp_path / "copy.tar"
    with tarfile.open(made[1]) as tar:
        spots = [member.offset_data + member.size // 2 for member in tar.getmembers() if member.size]
    for spot in spots:
        copy.write_bytes(whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :])
        assert is_damaged(copy), spot


def test_a_missing_end_is_found_wherever_it_was_cut(made, tmp_path):
    whole, copy = made[1].read_bytes(), tmp_path / "copy.tar"
    with tarfile.open(made[1]) as tar:
        last = tar.getmembers()[-1].offset_data + 64
    for length in [*range(0, last, 512), last - 1]:
        copy.write_bytes(whole[:length])
        assert is_damaged(copy), length


def test_a_member_that_was_taken_out_is_found(made, tmp_path):
    for member, _ in members(made[1]):
        gone = rewritten(made[1], tmp_path, lambda name, content, gone=member.name: None if name == gone else content)
        assert is_damaged(gone), member.name


def test_a_member_that_was_put_in_is_found(made, tmp_path):
    with tarfile.open(tmp_path / "more.tar", "w") as tar:
        for member, content in members(made[1]):
            tar.addfile(member, io.BytesIO(content))
            if member.name.startswith("tables/users"):
                member.name = "tables/users/000002.jsonl.gz"
                tar.addfile(member, io.BytesIO(content))
    assert is_damaged(tmp_path / "more.tar")


# -- what is missing, and what is lost --------------------------------------------------------------------


def test_a_stored_file_that_is_gone_is_told_and_the_rest_is_saved(made, operator, tmp_path, key):
    copy = tmp_path / "source"
    operator.run("restore", made[1], STUDIO_SECRET_KEY=key)
    operator.home.rename(copy)
    digest = made[3]
    (copy / "files" / digest[:2] / digest[2:4] / digest).write_bytes(b"Something else, as it happens.\n")
    result = Operator(copy, operator._monkeypatch).run("backup", tmp_path / "b.tar", "--json", STUDIO_SECRET_KEY=key)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["missing_files"] == [digest]
    restored = json.loads(operator.run("restore", tmp_path / "b.tar", "--json", STUDIO_SECRET_KEY=key).stdout)
    assert restored["files"] == 0


def test_another_key_forgets_signing_keys_and_tells_what_else_is_lost(made, operator, tmp_path):
    source = Operator(made[0], operator._monkeypatch)
    source.run("keys", "rotate")
    with open_as_it_is() as platform:
        box = platform.secret_box("webhooks")
        row = {
            "id": "wh_1",
            "owner_id": "u",
            "project_id": "",
            "url": "https://example.org",
            "events": [],
            "active": True,
        }
        more = {"description": "", "secret": box.seal(b"x"), "failures": 0, "created_at": "2024", "updated_at": "2024"}
        platform.database.insert(Webhook, row | more)
    source.run("backup", tmp_path / "b.tar")
    restored = json.loads(operator.run("restore", tmp_path / "b.tar", "--another-key", "--json").stdout)
    assert list(restored["to_do"]) == ["webhooks"]
    assert "rotate-secret" in restored["to_do"]["webhooks"]
    assert "HS256" in operator.run("keys", "rotate").stdout


def test_a_disabled_plugins_data_is_carried(made, operator, tmp_path, key):
    source = Operator(made[0], operator._monkeypatch)
    said = source.run("backup", tmp_path / "b.tar", "--json", STUDIO_PLUGINS_DISABLED="ai")
    assert json.loads(said.stdout)["left_out"] == []
    assert "ai_documents" in Archive(tmp_path / "b.tar").verify().tables


def test_every_table_is_carried_or_known_not_to_be(made):
    """A table that a migration makes is in a model of its plugin, or the backup would lack it."""
    database = open_database(f"sqlite:///{made[0] / 'studio.db'}")
    assert made[2]["left_out"] == []
    # NOTE: those that pgvector has are made again, and nobody need be told.
    assert {table_name(each) for each in (PgvectorItem, PgvectorMetadata)} <= {*TABLES} & {*NOT_CARRIED}
    assert Archive(made[1]).verify().tables.keys() >= {"users", "vectors", "jobs", "events", "audit_log"}
    database.close()


# -- holding files ----------------------------------------------------------------------------------------


def test_files_that_a_backup_reads_are_not_deleted(make_studio):
    studio = make_studio(plugins=["auth", "projects", "evidence"])
    platform = studio.platform
    with platform.files.stage() as staged:
        staged.write(b"unreferred")
        digest = platform.files.keep(staged)
    studio.clock.advance(7200)
    now = platform.clock()
    hold_files(platform.database, "backup", now, now.replace(year=now.year + 1))
    assert Upkeep(platform).remove_unreferred([digest]) == 0
    release_files(platform.database, "backup")
    assert Upkeep(platform).remove_unreferred([digest]) == 1


def test_a_hold_that_nobody_ended_ends_by_itself(make_studio):
    studio = make_studio(plugins=["auth"])
    platform = studio.platform
    now = platform.clock()
    hold_files(platform.database, "killed", now, now.replace(year=now.year + 1))
    assert not may_delete_files(platform.database, platform.clock())
    studio.clock.advance(366 * 86_400)
    assert may_delete_files(platform.database, platform.clock())
