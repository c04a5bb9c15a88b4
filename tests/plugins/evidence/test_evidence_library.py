"""What other plugins read of evidence, and the same on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from studio_kernel.errors import NotFound
from studio_kernel.security.principal import SYSTEM, Principal

DAY = 86_400


@pytest.fixture
def library(house: Any) -> Any:
    from studio_evidence.api import EvidenceLibrary

    return EvidenceLibrary(house.app.platform)


def test_a_project_without_evidence_has_no_quality(house: Any, library: Any) -> None:
    from studio_evidence.api import QualitySummary

    assert library.quality(house.project_id) == QualitySummary(0, 0, 0, 0, 0.0, {})
    assert library.of_project(house.project_id) == []
    assert library.counted_by_status(house.project_id) == {
        "pending": 0,
        "in_review": 0,
        "approved": 0,
        "rejected": 0,
    }


def test_quality_counts_all_pieces_and_averages_the_current_approved_ones(house: Any, library: Any) -> None:
    for score, control in ((95, house.yearly), (71, house.yearly), (90, house.quarterly), (50, None)):
        house.review(house.piece(control_id=control)["id"], score=score)
    house.piece()
    quality = library.quality(house.project_id)
    assert (quality.total, quality.high, quality.good, quality.needs_improvement) == (5, 2, 1, 2)
    assert quality.mean_current_approved == (95 + 71 + 90 + 50) / 4
    assert quality.by_category == {"policy": 83.0, "access": 90.0}
    assert library.quality(house.project_id, framework_id="other").by_category == {}
    house.app.clock.advance(100 * DAY)
    assert library.quality(house.project_id).by_category == {"policy": 83.0}


def test_a_piece_counts_once_in_a_category(house: Any, library: Any) -> None:
    piece = house.piece()
    house.review(piece["id"], score=80)
    house.member.put(f"/api/v1/evidence/{piece['id']}/controls/{house.quarterly}")
    assert library.quality(house.project_id).by_category == {"policy": 80.0, "access": 80.0}


def test_refs_tell_controls_and_currency_in_one_query(house: Any, library: Any) -> None:
    first, second = house.piece(), house.piece(control_id=house.quarterly)
    house.review(first["id"])
    with house.app.count_queries() as seen:
        refs = library.of_project(house.project_id)
    assert len(seen) == 1
    assert [each.id for each in refs] == [first["id"], second["id"]]
    assert refs[0].control_ids == (house.yearly,)
    assert (refs[0].status, refs[0].is_current) == ("approved", True)
    assert [each.id for each in library.of_control(house.project_id, house.quarterly)] == [second["id"]]
    house.app.clock.advance(366 * DAY)
    assert library.of_project(house.project_id)[0].is_current is False


def test_search_finds_words_of_title_description_and_tags_for_members(house: Any, library: Any) -> None:
    house.piece(title="Access policy")
    house.piece(title="Log", description="of access", tags="quarterly")
    found = library.search(SYSTEM, house.project_id, "ACCESS", 10)
    assert [each.title for each in found] == ["Log", "Access policy"]
    assert [each.title for each in library.search(SYSTEM, house.project_id, "quarterly", 10)] == ["Log"]
    assert len(library.search(SYSTEM, house.project_id, "access", 1)) == 1
    stranger = Principal("user", house.stranger.user_id, house.stranger.user_id, "customer")
    with pytest.raises(NotFound):
        library.search(stranger, house.project_id, "access", 10)


def test_every_event_has_an_example_that_fits_its_schema() -> None:
    from studio_evidence.events import EVENT_TYPES

    for kind in EVENT_TYPES:
        assert kind.schema().validate(kind.example) == {}, kind.name
