"""The analysis of quality: when it runs, what it sets, and how it stands to a reviewer's score."""

from __future__ import annotations

from typing import Any

import pytest

from studio_evidence.api import Analyser, Check, Citation, Facts, Refinement, RefinementSource
from studio_kernel.frameworks import Category, Control, Framework
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63600000000200014898df3b0000000049454e44ae426082"
)
TEXT = b"# Policies\n\nAll policies are approved each year.\n"


def quality(house: Any, piece: Any, by: Any = None) -> dict[str, Any]:
    response = (by or house.viewer).get(f"/api/v1/evidence/{piece['id']}/quality")
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


def test_an_upload_is_analysed_in_the_background(house: Any) -> None:
    piece = house.piece(TEXT)
    assert piece["quality_score"] == 0
    before = quality(house, piece)
    assert (before["analyzed"], before["analysis"], before["band"]) == (False, None, None)
    house.app.run_jobs()
    data = quality(house, piece)
    analysis = data["analysis"]
    assert (data["source"], data["analyzed"], data["review_score"]) == ("analysis", True, None)
    assert data["quality_score"] == analysis["score"] == house.show(piece["id"])["quality_score"] > 0
    assert analysis["text_state"] == "extracted"
    assert set(analysis["parts"]) == {"completeness", "accuracy", "currency", "relevance"}
    assert sum(each["points"] for each in analysis["checks"]) == analysis["score"]
    [event] = house.events("evidence.analysed")
    expected = {"version": 1, "score": analysis["score"], "band": data["band"], "text_state": "extracted"}
    assert event["analysis"] == {**expected, "quality_score": analysis["score"]}


def test_what_cannot_be_read_is_told_by_the_check(house: Any) -> None:
    piece = house.piece(PNG, "screen.png")
    empty = house.piece(b" \n\n", "empty.txt")
    house.app.run_jobs()
    analysis = quality(house, piece)["analysis"]
    [check] = [each for each in analysis["checks"] if each["id"] == "text_readable"]
    assert (analysis["text_state"], check["points"]) == ("unsupported", 0)
    assert check["raise_by"].startswith("No text could be read: text of this kind of file")
    assert quality(house, empty)["analysis"]["text_state"] == "no_text"


def test_a_missing_file_counts_as_damaged(house: Any) -> None:
    piece = house.piece(TEXT)
    assert house.app.platform.files.delete(piece["sha256"])
    house.app.run_jobs()
    assert quality(house, piece)["analysis"]["text_state"] == "damaged"


def test_a_reviewers_score_stays_above_the_analysis_until_a_new_version(house: Any) -> None:
    piece = house.piece(TEXT)
    house.review(piece["id"], score=92)
    house.app.run_jobs()
    data = quality(house, piece)
    assert (data["quality_score"], data["review_score"], data["source"], data["band"]) == (
        92,
        92,
        "review",
        "excellent",
    )
    assert data["analysis"]["score"] != 92
    assert house.events("evidence.analysed")[-1]["analysis"]["quality_score"] == 92
    house.member.post(f"/api/v1/evidence/{piece['id']}/versions", files={"file": ("policy.md", TEXT + b"Two.\n")})
    assert quality(house, piece)["analysis"] is None
    house.app.run_jobs()
    data = quality(house, piece)
    assert (data["version"], data["source"], data["review_score"]) == (2, "analysis", None)


def test_a_score_replaces_that_of_an_earlier_analysis_and_an_approval_without_one_keeps_it(house: Any) -> None:
    piece = house.piece(TEXT)
    house.app.run_jobs()
    analysed = quality(house, piece)["quality_score"]
    house.review(piece["id"])
    assert quality(house, piece)["quality_score"] == analysed
    house.review(piece["id"], score=12)
    assert (quality(house, piece)["quality_score"], quality(house, piece)["source"]) == (12, "review")


def test_changes_raise_the_score_as_the_checks_say(house: Any) -> None:
    piece = house.piece(TEXT)
    house.app.run_jobs()
    before = quality(house, piece)["quality_score"]
    path = f"/api/v1/evidence/{piece['id']}"
    description = "Every policy of the company with the date of its approval"
    assert house.member.patch(path, json={"description": description, "tags": ["policy"]}).status_code == 200
    house.app.run_jobs()
    assert quality(house, piece)["quality_score"] == before + 8
    assert house.member.delete(f"{path}/controls/{house.yearly}").status_code in (200, 204)
    house.app.run_jobs()
    checks = {each["id"]: each["points"] for each in quality(house, piece)["analysis"]["checks"]}
    assert (checks["control_linked"], checks["speaks_of_controls"]) == (0, 0)


def test_an_analysis_again_is_a_job_with_the_same_result(house: Any) -> None:
    piece = house.piece(TEXT)
    house.app.run_jobs()
    before, shown = quality(house, piece)["analysis"], house.show(piece["id"])
    response = house.member.post(f"/api/v1/evidence/{piece['id']}/quality")
    assert response.status_code == 202, response.text
    job = response.json()["data"]
    assert response.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    house.app.run_jobs()
    done = house.member.get(f"/api/v1/jobs/{job['id']}").json()["data"]
    assert (done["state"], done["progress"]) == ("succeeded", 100)
    assert done["result"] == {"evidence_id": piece["id"], "version": 1, "score": before["score"]}
    after = quality(house, piece)["analysis"]
    assert {**after, "analyzed_at": ""} == {**before, "analyzed_at": ""}
    assert house.show(piece["id"]) == shown


def test_who_may_ask_for_an_analysis(house: Any) -> None:
    path = f"/api/v1/evidence/{house.piece(TEXT)['id']}/quality"
    assert house.viewer.post(path).status_code == 403
    assert house.stranger.post(path).status_code == 404
    assert house.lead.post(path).status_code == 202


def test_evidence_that_is_gone_before_its_analysis_is_left_alone(house: Any) -> None:
    piece = house.piece(TEXT)
    assert house.lead.delete(f"/api/v1/evidence/{piece['id']}").status_code in (200, 204)
    house.app.run_jobs()
    assert house.events("evidence.analysed") == []


class Signature:
    """A plugin with an analyser that works, one that fails, one whose check isn't its own, and with refinements."""

    info = PluginInfo(name="signature", version="1", summary="Analysers for tests", requires=("evidence",))

    @hookimpl
    def studio_frameworks(self) -> tuple[Framework, ...]:
        control = Control("mini", "A.1", "Contracts", "", "all")
        return (Framework("mini", "Mini", "1", "", (Category("all", "All"),), (control,)),)

    @hookimpl
    def studio_evidence_refinements(self) -> tuple[RefinementSource, ...]:
        cited = (Citation("pas_1", "page 2", "Not yet"),)
        seen = Refinement(70, 1, "It isn't signed", "sample", "m-1", "2026-01-02T03:04:05Z", cited)
        return (
            RefinementSource("closer", lambda evidence_id, version: seen if version == 1 else None),
            RefinementSource("closer", lambda evidence_id, version: None),
            RefinementSource("unreadable", _unreadable),
        )

    @hookimpl
    def studio_evidence_analysers(self) -> tuple[Analyser, ...]:
        return Analyser("signature", _signed), Analyser("broken", _broken), Analyser("foreign", _signed)


def _signed(facts: Facts) -> list[Check]:
    found = "signed" in facts.text
    return [Check("signature.signed", "relevance", "It is signed", 10 * found, 10, "" if found else "Have it signed")]


def _unreadable(evidence_id: str, version: int) -> Refinement | None:
    raise RuntimeError("no mood")


def _broken(facts: Facts) -> list[Check]:
    raise RuntimeError("no mood")


def test_studio_evidence_analysers_add_checks_and_failing_ones_are_left_out(
    make_studio: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_studio(plugins=["auth", "projects", "evidence"], extra=[Signature()])
    admin = app.client("admin")
    project = admin.post("/api/v1/projects", json={"name": "P", "framework": "mini"}).json()["data"]
    note = {"title": "Note", "project_id": project["id"], "text": "Not yet"}
    piece = admin.post("/api/v1/evidence/notes", json=note).json()["data"]
    app.run_jobs()
    analysis = admin.get(f"/api/v1/evidence/{piece['id']}/quality").json()["data"]["analysis"]
    further = [each for each in analysis["checks"] if "." in each["id"]]
    assert [(each["id"], each["points"], each["raise_by"]) for each in further] == [
        ("signature.signed", 0, "Have it signed")
    ]
    relevance = sum(each["points"] for each in analysis["checks"] if each["part"] == "relevance")
    assert analysis["parts"]["relevance"] == relevance / 2
    assert "the analyser broken failed" in caplog.text
    assert "the analyser foreign gave a check that isn't sound" in caplog.text


def test_studio_evidence_refinements_are_shown_beside_the_score_and_do_not_change_it(
    make_studio: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_studio(plugins=["auth", "projects", "evidence"], extra=[Signature()])
    admin = app.client("admin")
    project = admin.post("/api/v1/projects", json={"name": "P", "framework": "mini"}).json()["data"]
    note = {"title": "Note", "project_id": project["id"], "text": "Not yet"}
    piece = admin.post("/api/v1/evidence/notes", json=note).json()["data"]["id"]
    app.run_jobs()
    data = admin.get(f"/api/v1/evidence/{piece}/quality").json()["data"]
    assert data["quality_score"] == data["analysis"]["score"] != 70
    assert data["refinements"] == [
        {
            "source": "closer",
            "score": 70,
            "band": "acceptable",
            "base_score": 1,
            "outdated": True,
            "summary": "It isn't signed",
            "provider": "sample",
            "model": "m-1",
            "refined_at": "2026-01-02T03:04:05Z",
            "citations": [{"passage_id": "pas_1", "place": "page 2", "quote": "Not yet"}],
        }
    ]
    assert "its name is taken" in caplog.text
    assert "the refinement of unreadable can't be read" in caplog.text
    note = {"text": "Signed", "comment": ""}
    assert admin.post(f"/api/v1/evidence/{piece}/versions/notes", json=note).status_code == 201
    assert admin.get(f"/api/v1/evidence/{piece}/quality").json()["data"]["refinements"] == []
