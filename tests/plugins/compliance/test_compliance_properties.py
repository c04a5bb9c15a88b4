"""What holds of every score, whatever happens to a project and in whatever order."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio_compliance.formula import ControlInput, Inputs, MilestoneInput, Weights, score_of
from studio_compliance.settings import ComplianceSettings

from .conftest import FOUR, OTHER, TEN, House

NOW = "2024-06-01T00:00:00.000000Z"
_settings = ComplianceSettings()
WEIGHTS = Weights(_settings.part_weights, _settings.priority_weights, _settings.severity_points)
CONTROLS = [control.id for framework in (FOUR, OTHER, TEN) for control in framework.controls]
STATES = ("not_started", "in_progress", "complete", "not_applicable")

dates = st.sampled_from([None, "2024-05-01T00:00:00.000000Z", "2024-07-01T00:00:00.000000Z"])
controls = st.builds(
    ControlInput, st.just("a"), st.sampled_from(("critical", "high", "medium", "low")), st.sampled_from(STATES), dates
)
milestones = st.builds(MilestoneInput, dates.filter(bool), st.booleans())
inputs = st.builds(
    lambda found, quality, due: Inputs(found, due, Fraction(quality), quality > 0, NOW),
    st.lists(controls, max_size=12),
    st.integers(0, 100),
    st.lists(milestones, max_size=3),
)


@given(inputs)
def test_a_score_and_its_parts_are_from_0_to_100(found: Inputs) -> None:
    score = score_of(found, WEIGHTS)
    assert 0 <= score.overall <= 100
    assert all(0 <= part.value <= 100 for part in score.parts)
    assert not score.started or score.exact == sum(part.value * part.weight for part in score.parts)


@given(inputs)
def test_controls_that_do_not_apply_leave_every_total(found: Inputs) -> None:
    applicable = [control for control in found.controls if control.status != "not_applicable"]
    without = Inputs(applicable, found.milestones, found.evidence_quality, found.has_evidence, NOW)
    assert score_of(found, WEIGHTS) == score_of(without, WEIGHTS)


@given(inputs, st.data())
def test_a_control_that_gets_further_never_lowers_coverage_or_risk(found: Inputs, data: st.DataObject) -> None:
    if not found.controls:
        return
    place = data.draw(st.integers(0, len(found.controls) - 1))
    control = found.controls[place]
    if control.status == "not_applicable":
        return
    further = STATES[min(2, STATES.index(control.status) + 1)]
    moved = list(found.controls)
    moved[place] = ControlInput(control.category, control.priority, further, control.due_date)
    then = Inputs(moved, found.milestones, found.evidence_quality, found.has_evidence, NOW)
    before, after = score_of(found, WEIGHTS), score_of(then, WEIGHTS)
    for part in ("coverage", "risk", "timeliness"):
        assert after.part(part).value >= before.part(part).value


# -- on a whole platform ---------------------------------------------------------------------------------

few = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
places = st.integers(0, len(CONTROLS) - 1)
deeds = st.one_of(
    st.tuples(st.just("upload"), places),
    st.tuples(st.sampled_from(("approve", "reject", "delete", "link", "unlink", "again")), places),
    st.tuples(st.sampled_from(("leave", "return", "override", "release", "due")), places),
)


class Player:
    """Does things in a fresh project, as far as they are possible."""

    def __init__(self, house: House) -> None:
        house.project_id = house.project("four", frameworks=["other", "ten"])
        self.house = house
        self.pieces: list[str] = []

    def do(self, deed: str, place: int) -> None:
        getattr(self, f"_{deed}", self._on_piece if self.pieces else self._nothing)(deed, place)

    def _nothing(self, deed: str, place: int) -> None:
        """There is no piece to do it to."""

    def _upload(self, deed: str, place: int) -> None:
        self.pieces.append(self.house.upload(f"Piece {place}", CONTROLS[place]))

    def _on_piece(self, deed: str, place: int) -> None:
        piece = self.pieces[place % len(self.pieces)]
        path = f"/api/v1/evidence/{piece}"
        if deed == "approve":
            self.house.approve(piece, 40 + 3 * place)
        elif deed == "reject":
            assert self.house.reviewer.post(f"{path}/reviews", json={"decision": "reject"}).status_code == 201
        elif deed == "delete":
            self.pieces.remove(piece)
            assert self.house.admin.delete(path).status_code == 200
        elif deed == "again":
            files = {"file": ("policy.md", b"# Policy\n\nEverybody shall.\n", "text/markdown")}
            assert self.house.admin.post(f"{path}/versions", files=files).status_code in (200, 201)
        elif deed == "link":
            assert self.house.admin.put(f"{path}/controls/{CONTROLS[place]}").status_code == 200
        else:
            served = self.house.admin.get(path).json()["data"]["control_ids"]
            for control in served[:1]:
                assert self.house.admin.delete(f"{path}/controls/{control}").status_code == 200

    def _leave(self, deed: str, place: int) -> None:
        self.house.set_control(CONTROLS[place], applicable=False)

    def _return(self, deed: str, place: int) -> None:
        self.house.set_control(CONTROLS[place], applicable=True)

    def _override(self, deed: str, place: int) -> None:
        self.house.set_control(CONTROLS[place], status=STATES[place % 3])

    def _release(self, deed: str, place: int) -> None:
        self.house.set_control(CONTROLS[place], status=None)

    def _due(self, deed: str, place: int) -> None:
        self.house.set_control(CONTROLS[place], due_date=f"20{20 + place}-01-01T00:00:00Z")

    def shown(self) -> dict[str, Any]:
        """The whole score and the state of each control, without names and times."""
        score = self.house.get("score", explain="true")
        for name in ("project_id", "last_updated"):
            del score[name]
        del score["explanation"]["changes"]
        score["controls"] = [(self.house.control(each)["status"], self.house.control(each)["via"]) for each in CONTROLS]
        return dict(score)


@few
@given(st.lists(deeds, min_size=4, max_size=14))
def test_recomputing_from_nothing_equals_what_was_kept(house: House, done: list[tuple[str, int]]) -> None:
    player = Player(house)
    for deed, place in done:
        player.do(deed, place)
    kept, shown = house.kept(), player.shown()
    assert house.listed_score() == shown["overall_score"]
    house.recompute()
    assert (house.kept(), player.shown()) == (kept, shown)


@few
@given(st.lists(st.tuples(places, st.integers(0, 100)), min_size=1, max_size=6))
def test_more_approved_evidence_never_lowers_coverage(house: House, pieces: list[tuple[int, int]]) -> None:
    player = Player(house)
    before = 0.0
    for place, quality in pieces:
        player.do("upload", place)
        house.approve(player.pieces[-1], quality)
        coverage = house.get("score")["coverage"]
        assert coverage["value"] >= before
        before = coverage["value"]


@few
@given(st.data())
def test_the_order_of_events_never_matters(house: House, data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.tuples(places, st.integers(0, 100)), min_size=2, max_size=4))
    out = data.draw(st.sets(places, max_size=2))
    overrides = data.draw(st.sets(places, max_size=2))
    deeds = [
        *(("upload", number) for number in range(len(pieces))),
        *(("approve", number) for number in range(len(pieces))),
        *(("leave", place) for place in sorted(out)),
        *(("override", place) for place in sorted(overrides)),
    ]
    seen = [_played(house, pieces, deeds), _played(house, pieces, data.draw(st.permutations(deeds)))]
    assert seen[0] == seen[1]


def _played(house: House, pieces: list[tuple[int, int]], deeds: list[tuple[str, int]]) -> dict[str, Any]:
    """What a project shows after these deeds; an approval that comes too early is given once it can be."""
    player = Player(house)
    uploaded: dict[int, str] = {}
    early: list[int] = []
    for deed, number in deeds:
        if deed == "upload":
            uploaded[number] = house.upload(f"Piece {number}", CONTROLS[pieces[number][0]])
        elif deed == "approve" and number not in uploaded:
            early.append(number)
        elif deed == "approve":
            house.approve(uploaded[number], pieces[number][1])
        else:
            player.do(deed, number)
    for number in early:
        house.approve(uploaded[number], pieces[number][1])
    return player.shown()


def test_a_nearly_empty_project_never_looks_good(house: House) -> None:
    house.project_id = house.project("sixty")
    first = house.app.platform.frameworks.get("sixty").controls[0].id  # type: ignore[union-attr]
    house.approve(house.upload(control_id=first), 100)
    score = house.get("score")
    assert score["band"] == "critical"
    assert score["coverage"] == {
        "value": pytest.approx(2.67, abs=0.01),
        "controls_with_evidence": 1,
        "applicable_controls": 60,
    }
