"""The text of every version is read in the background, told of, and gone with its version."""

from __future__ import annotations

from typing import Any

import pytest
from support.documents import HOSTILE, REAL

from studio_evidence.api import ExtractedTexts, Extractor, VersionText
from studio_evidence.service.extracting import Extracting
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.storage.sql import Statement
from studio_kernel.testing.app import StudioApp

from .conftest import PLUGINS, TinyPlugin, inhabit

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def current(house: Any, piece: dict[str, Any]) -> VersionText:
    found = ExtractedTexts(house.app.platform).current(piece["id"])
    assert found is not None
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Any:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return request.getfixturevalue("make_house")(database_url=url)


def test_the_text_of_a_file_is_read_told_of_and_gone_with_it(place: Any) -> None:
    piece = place.piece(REAL["pdf"].make(), "policy.pdf")
    assert current(place, piece).state == "pending"
    assert place.events("evidence.text_ready") == []
    place.app.run_jobs()
    text = current(place, piece)
    assert (text.state, text.outcome, text.error, text.number) == ("done", "extracted", "", 1)
    assert text.passages[0].kind == "page"
    for words, kind, label in REAL["pdf"].holds:
        assert any(words in text.of(each) and (kind, label) == (each.kind, each.label) for each in text.passages)
    [event] = place.events("evidence.text_ready")
    assert (event["version_id"], event["version"], event["characters"]) == (text.version_id, 1, len(text.text))
    assert event["evidence"]["id"] == piece["id"]
    assert ExtractedTexts(place.app.platform).text_of(text.version_id) == text
    assert place.admin.delete(f"/api/v1/evidence/{piece['id']}").status_code == 200
    assert ExtractedTexts(place.app.platform).text_of(text.version_id) is None
    assert place.app.platform.database.value(Statement("SELECT COUNT(*) FROM evidence_texts")) == 0


def test_a_note_and_a_link_are_text_themselves_and_each_version_has_its_own(house: Any) -> None:
    body = {"title": "Seen", "project_id": house.project_id, "control_id": house.yearly, "text": "All doors are shut"}
    piece = house.member.post("/api/v1/evidence/notes", json=body).json()["data"]
    house.app.run_jobs()
    first = current(house, piece)
    assert (first.state, first.text) == ("done", "All doors are shut")
    path = f"/api/v1/evidence/{piece['id']}/versions/links"
    assert house.member.post(path, json={"url": "https://wiki.example/doors"}).status_code == 201
    house.app.run_jobs()
    assert (current(house, piece).text, current(house, piece).number) == ("https://wiki.example/doors", 2)
    assert ExtractedTexts(house.app.platform).text_of(first.version_id) == first
    assert [each["version"] for each in house.events("evidence.text_ready")] == [1, 2]


def test_a_file_without_readable_text_says_why(house: Any) -> None:
    picture = house.piece(PICTURE, "screen.png")
    damaged = next(each for each in HOSTILE.values() if each.state == "damaged" and each.content_type.endswith("pdf"))
    broken = house.piece(damaged.make(), "broken.pdf")
    house.app.run_jobs()
    assert (current(house, picture).state, current(house, picture).text) == ("unsupported", "")
    assert "kind" in current(house, picture).error
    assert (current(house, broken).state, current(house, broken).outcome) == ("failed", "damaged")
    assert current(house, broken).error
    assert house.events("evidence.text_ready") == []


def test_versions_whose_work_was_lost_are_read_later_and_once(house: Any) -> None:
    piece = house.piece()
    house.app.platform.database.execute(Statement("DELETE FROM jobs"))
    extracting = Extracting(house.app.platform)
    assert extracting.catch_up() == 0
    house.app.clock.advance(3600)
    assert extracting.catch_up() == 1
    assert extracting.catch_up() == 0
    assert "Policy" in current(house, piece).text
    extracting.read(current(house, piece).version_id)
    assert len(house.events("evidence.text_ready")) == 1


def test_a_missing_file_is_told_of(house: Any) -> None:
    piece = house.piece()
    house.app.platform.files.delete(piece["sha256"])
    house.app.run_jobs()
    assert (current(house, piece).state, current(house, piece).error) == ("failed", "The stored file is missing")


def test_files_that_could_not_be_read_are_read_again_when_that_is_asked_for(house: Any) -> None:
    piece, picture = house.piece(), house.piece(PICTURE, "screen.png")
    house.app.run_jobs()
    house.app.clock.advance(3600)
    database, extracting = house.app.platform.database, Extracting(house.app.platform)
    database.execute(
        Statement("UPDATE evidence_texts SET state = 'failed', outcome = 'too_costly' WHERE evidence_id = :id"),
        id=piece["id"],
    )
    assert (extracting.put_off("unsupported"), extracting.catch_up()) == (0, 0)
    assert (extracting.put_off("failed"), extracting.waiting()) == (1, 1)
    assert list(extracting.read_on()) == [current(house, piece).version_id]
    assert (current(house, piece).state, current(house, picture).state) == ("done", "unsupported")


# -- extractors of plugins ------------------------------------------------------------------------------------------


class Pictures:
    """A plugin that brings ``studio_evidence_extractors``, one of them under a name that is taken."""

    info = PluginInfo(name="pictures", version="1", summary="Reads pictures", requires=("evidence",))

    @hookimpl
    def studio_evidence_extractors(self, platform: Any) -> tuple[Extractor, ...]:
        target = "support.pictures:read"
        return (Extractor("pictures", ("image/png",), target), Extractor("pdf", ("application/pdf",), target))


class Clumsy:
    """A plugin whose extractors can't be had."""

    info = PluginInfo(name="clumsy", version="1", summary="Fails", requires=("evidence",))

    @hookimpl
    def studio_evidence_extractors(self, platform: Any) -> tuple[Extractor, ...]:
        raise ValueError("no model")


def test_a_plugin_brings_an_extractor_and_takes_no_name_that_is_taken(make_studio: Any) -> None:
    house = inhabit(make_studio(plugins=PLUGINS, extra=[TinyPlugin(), Pictures(), Clumsy()]))
    picture = house.piece(PICTURE, "screen.png")
    policy = house.piece(REAL["pdf"].make(), "policy.pdf")
    house.app.run_jobs()
    text = current(house, picture)
    assert (text.state, text.text) == ("done", f"{len(PICTURE)} bytes of picture")
    assert (text.passages[0].kind, text.passages[0].label) == ("picture", "1")
    assert "bytes of picture" not in current(house, policy).text


def test_pictures_from_before_are_read_once_a_plugin_reads_them(make_studio: Any, tmp_path: Any) -> None:
    before = inhabit(make_studio(plugins=PLUGINS, extra=[TinyPlugin()]))
    pictures = [before.piece(PICTURE + bytes([number]), "screen.png") for number in range(3)]
    before.app.run_jobs()
    assert {current(before, each).state for each in pictures} == {"unsupported"}
    later = StudioApp(before.app.platform.settings.kernel.home, plugins=PLUGINS, extra=[TinyPlugin(), Pictures()])
    later.clock.advance(3600)
    assert Extracting(later.platform).catch_up() == 3
    texts = [ExtractedTexts(later.platform).current(each["id"]) for each in pictures]
    later.close()
    assert [each and each.state for each in texts] == ["done"] * 3
