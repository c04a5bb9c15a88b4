"""Files that other plugins keep in the store stay: ``studio_files_in_use``."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import peewee
import pytest

from studio_evidence.service import upkeep
from studio_evidence.service.upkeep import Upkeep
from studio_kernel.errors import ServiceUnavailable
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.storage.migrations import Migration, create_tables
from studio_kernel.storage.models import DigestField, Table
from studio_kernel.storage.sql import Statement


class Keeper:
    """A plugin with a file of its own."""

    info = PluginInfo(name="keeper", version="1")
    wanted = ""

    @hookimpl
    def studio_files_in_use(self, platform: Any, digests: Sequence[str]) -> Sequence[str]:
        return [each for each in digests if each == self.wanted]


def kept(platform: Any, content: bytes) -> str:
    with platform.files.stage() as staged:
        staged.write(content)
        return str(platform.files.keep(staged))


def test_a_file_that_a_plugin_names_stays(make_studio: Any) -> None:
    keeper = Keeper()
    studio = make_studio(plugins=["auth", "projects", "evidence"], extra=[keeper])
    mine, orphan = kept(studio.platform, b"mine"), kept(studio.platform, b"nobody's")
    keeper.wanted = mine
    studio.clock.advance(2 * 3600)
    assert Upkeep(studio.platform).sweep() == 1
    assert studio.platform.files.exists(mine)
    assert not studio.platform.files.exists(orphan)


class Minutes(Table):
    """What the keeper keeps."""

    id = peewee.CharField(primary_key=True)
    sha256 = DigestField()

    class Meta:
        table_name = "keeper_minutes"


class TableKeeper(Keeper):
    """One with a table; ``broken`` when it can't say which files it needs."""

    broken = False

    @hookimpl
    def studio_models(self) -> Sequence[type[Table]]:
        return [Minutes]

    @hookimpl
    def studio_migrations(self) -> Sequence[Migration]:
        return [Migration("0001_minutes", lambda database: create_tables(database, [Minutes]), "Minutes")]

    @hookimpl
    def studio_files_in_use(self, platform: Any, digests: Sequence[str]) -> Sequence[str]:
        if self.broken:
            raise RuntimeError("not today")
        found = platform.database.rows(Statement("SELECT sha256 FROM keeper_minutes"))
        return [row[0] for row in found if row[0] in digests]


def test_files_of_a_plugin_that_does_not_answer_stay(make_studio: Any, tmp_path: Path) -> None:
    """It is disabled, can't be loaded any more, or fails: what it kept isn't anybody's to delete."""
    place: dict[str, Any] = {"plugins": ["auth", "projects", "evidence"], "home": tmp_path / "home"}
    keeper = TableKeeper()
    studio = make_studio(**place, extra=[keeper])
    mine, orphan = kept(studio.platform, b"mine"), kept(studio.platform, b"nobody's")
    studio.platform.database.insert(Minutes, {"id": "min_1", "sha256": mine})
    studio.clock.advance(2 * 3600)
    keeper.broken = True
    assert Upkeep(studio.platform).remove_unreferred([mine]) == 0
    without = make_studio(**place)
    without.clock.advance(2 * 3600)
    assert Upkeep(without.platform).sweep() == 1
    assert without.platform.files.exists(mine)
    assert not without.platform.files.exists(orphan)
    without.platform.database.execute(Statement("DROP TABLE keeper_minutes"))
    assert Upkeep(without.platform).sweep() == 1


@pytest.mark.parametrize("answer", [RuntimeError("no idea"), SystemExit(1), "e3b0c44298fc1c149afbf4c8996fb924", [7]])
def test_while_a_plugin_that_has_no_table_can_not_say_what_it_needs_no_file_is_deleted(
    make_studio: Any, answer: Any
) -> None:
    class Confused(Keeper):
        @hookimpl
        def studio_files_in_use(self, platform: Any, digests: Sequence[str]) -> Any:
            if isinstance(answer, BaseException):
                raise answer
            return answer

    studio = make_studio(plugins=["auth", "projects", "evidence"], extra=[Confused()])
    orphan = kept(studio.platform, b"nobody's")
    studio.clock.advance(2 * 3600)
    with pytest.raises(ServiceUnavailable, match="the plugin 'keeper' can't say which stored files it needs"):
        Upkeep(studio.platform).sweep()
    assert studio.platform.files.exists(orphan)


PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def database_url(request: Any) -> str:
    """Each database in turn."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_an_upload_whose_bytes_a_sweep_deletes_meanwhile_is_made_again(
    make_house: Any, database_url: str, s3_url: str, monkeypatch: Any
) -> None:
    house = make_house(overrides={"files_url": s3_url}, database_url=database_url)
    platform, answers = house.app.platform, []
    digest = kept(platform, PDF)
    monkeypatch.setattr(upkeep, "_ORPHAN_AGE", -timedelta(hours=1))
    keep, has_kept, has_deleted = platform.files.keep, threading.Event(), threading.Event()

    def keeping(staged: Any) -> str:
        found = str(keep(staged))
        has_kept.set()
        assert has_deleted.wait(20)
        return found

    def deleting(**place: Any) -> Any:
        uploader.start()
        assert has_kept.wait(20)
        try:
            return delete_object(**place)
        finally:
            has_deleted.set()

    client = platform.files._s3
    delete_object = client.delete_object
    monkeypatch.setattr(platform.files, "keep", keeping)
    monkeypatch.setattr(client, "delete_object", deleting)
    uploader = threading.Thread(target=lambda: answers.append(house.upload(PDF, "policy.pdf")))
    assert Upkeep(platform).remove_unreferred([digest]) == 1
    uploader.join()
    assert (answers[0].status_code, answers[0].headers["retry-after"]) == (503, "1")
    assert house.upload(PDF, "policy.pdf").status_code == 201
    assert platform.files.verify(digest)
    assert Upkeep(platform).remove_unreferred([digest]) == 0
    assert platform.files.exists(digest)
