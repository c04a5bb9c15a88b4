"""Real and hostile files, sent as people send them: taken ones come back as they were, refused ones leave nothing."""

from __future__ import annotations

from typing import Any

import pytest
from support.corpus import REFUSED, TAKEN


@pytest.mark.parametrize("case", TAKEN)
def test_a_sound_file_is_taken_and_comes_back_as_it_was(module_house: Any, case: str) -> None:
    name, content, media_type = TAKEN[case]
    piece = module_house.piece(content, name)
    assert piece["content_type"] == media_type
    assert "/" not in piece["file_name"]
    assert piece["file_name"].isprintable()
    file = module_house.viewer.get(f"/api/v1/evidence/{piece['id']}/file")
    assert (file.content, file.headers["content-type"]) == (content, media_type)
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    assert file.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_file_is_refused_with_a_reason_and_nothing_of_it_stays(module_house: Any, case: str) -> None:
    name, content, words = REFUSED[case]
    before = module_house.kept()
    answer = module_house.upload(content, name)
    assert answer.status_code == 400, answer.text
    details = answer.json()["error"]["details"]
    assert details["field"] == "file"
    assert words in details["error"]
    assert module_house.kept() == before
    assert not list((module_house.app.platform.home / "files" / ".staging").iterdir())
