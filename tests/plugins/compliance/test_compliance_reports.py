"""Reports: every kind in every form, at once and in the background, for those who may have them."""

from __future__ import annotations

import csv
import hashlib
import html.parser
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.ssp import SystemSecurityPlan

from studio_compliance.cells import safe_cell
from studio_compliance.definitions import built_in_frameworks
from studio_compliance.importing.documents import Naming
from studio_compliance.importing.oscal_export import catalog_of
from studio_compliance.reports.blocks import Bars, Column, Line, Report, Share, Shares, Table
from studio_compliance.reports.commands import report as report_command
from studio_compliance.reports.html import html_of
from studio_compliance.reports.making import FORMS
from studio_compliance.reports.pdf import pdf_of
from studio_evidence.service.upkeep import Upkeep
from studio_kernel.storage.files import StagedFile
from studio_kernel.testing.app import Client

from .conftest import CRITICAL, FOUR, HIGH, LOW, MEDIUM, OTHERS, House
from .oscal_data import REV5_HIGH, oscal_file
from .test_compliance_import import CATALOG, HOUSE_RULES, post, read

HOSTILE = '<script>alert(1)</script> "quotes" & =cmd|calc'
NAME = f"Größe, проект «Альфа», شركة {HOSTILE}"


class Reported(House):
    """A project with a hostile name, evidence, a review, an override and a control out of scope."""

    def __init__(self, house: House) -> None:
        self.__dict__.update(house.__dict__)
        self.project_id = self.project("four", name=NAME)
        self.approved = self.upload(HOSTILE, CRITICAL)
        self.approve(self.approved, 90)
        self.pending = self.upload("=2+3", HIGH)
        self.set_control(LOW, applicable=False)

    def report(self, by: Client | None = None, **params: Any) -> Any:
        params = {"project_id": self.project_id, **params}
        return (by or self.admin).get("/api/v1/compliance/report", params=params)

    def made(self, **params: Any) -> Any:
        answer = self.report(**params)
        assert answer.status_code == 200, answer.text
        return answer

    def order(self, kind: str, by: Client | None = None, **body: Any) -> Any:
        body = {"project_id": self.project_id, "kind": kind, **body}
        return (by or self.admin).post("/api/v1/compliance/reports", json=body)


@pytest.fixture
def reported(house: House) -> Reported:
    return Reported(house)


class Page(html.parser.HTMLParser):
    """What a page holds: tags by name, and attributes that load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.loads += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "action") or name[:2] == "on"]


@pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind, forms in FORMS.items() for form in forms])
def test_every_kind_comes_in_every_form_it_has(reported: Reported, kind: str, form: str) -> None:
    if kind == "audit-pack":
        refused = reported.report(kind=kind)
        assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (400, "kind")
        return
    answer = reported.made(kind=kind, format=form)
    types = {"html": "text/html", "pdf": "application/pdf", "csv": "text/csv"}
    assert answer.headers["content-type"].startswith(types.get(form, "application/json"))
    assert "filename=" in answer.headers["content-disposition"]
    assert len(answer.content) > 100


@pytest.mark.parametrize(("kind", "form"), [("ssp", "html"), ("gap", "oscal"), ("summary", "zip")])
def test_what_there_isn_t_says_what_there_is(reported: Reported, kind: str, form: str) -> None:
    answer = reported.report(kind=kind, format=form)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "format")
    assert FORMS[kind][0] in answer.json()["error"]["details"]["error"]


def test_the_page_loads_nothing_runs_nothing_and_escapes_everything(reported: Reported) -> None:
    for kind in ("summary", "gap", "soa"):
        answer = reported.made(kind=kind)
        page = Page(answer.text)
        assert "script" not in page.tags
        assert page.loads == []
        assert "&lt;script&gt;" in answer.text
        assert "sandbox" in answer.headers["content-security-policy"]


def test_the_page_can_be_read_by_everybody(reported: Reported) -> None:
    text = reported.made().text
    assert '<html lang="en">' in text
    page = Page(text)
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert page.tags.count("svg") == page.tags.count("title") - 1 == page.tags.count("desc") >= 2
    assert "thead" in page.tags
    assert 'scope="col"' in text or "scope='col'" in text


def test_the_summary_shows_coverage_beside_the_score(reported: Reported) -> None:
    figures = {each["label"]: each for each in reported.made(format="json").json()["data"]["figures"]}
    assert figures["Score"]["value"] == str(reported.score())
    assert figures["Coverage"]["note"] == "1 of 3 controls with evidence"


def test_the_statement_of_applicability_gives_a_reason_for_each_exclusion(reported: Reported) -> None:
    rows = list(csv.DictReader(io.StringIO(reported.made(kind="soa", format="csv").content.decode("utf-8-sig"))))
    assert [row["applicable"] for row in rows] == ["yes", "yes", "yes", "no"]
    assert rows[-1]["justification"] == "As decided"
    assert rows[0]["justification"] == "Required by Four"
    assert rows[0]["evidence"] == HOSTILE


def test_a_report_says_what_shows_a_control_and_of_which_framework_it_is(reported: Reported) -> None:
    """Own evidence with its state, and that of mapped controls; nothing that was rejected."""
    path = f"/api/v1/projects/{reported.project_id}/frameworks"
    assert reported.admin.post(path, json={"framework": "other"}).status_code == 201
    review = {"decision": "reject", "comment": "No."}
    answer = reported.reviewer.post(f"/api/v1/evidence/{reported.pending}/reviews", json=review)
    assert answer.status_code == 201, answer.text
    reported.upload("Draft", MEDIUM)
    reported.app.clock.advance(400 * 86_400)
    reported.admin = reported.app.client("admin")
    content = reported.made(kind="soa", format="csv").content.decode("utf-8-sig")
    rows = [(row["framework"], row["number"], row["evidence"]) for row in csv.DictReader(io.StringIO(content))]
    assert rows == [
        ("Four", "000", f"{HOSTILE} (expired)"),
        ("Four", "001", ""),
        ("Four", "002", "Draft (pending)"),
        ("Four", "003", ""),
        ("Other", "000", "Four 000"),
        ("Other", "001", ""),
        ("Other", "002", "Four 002"),
        ("Other", "003", ""),
    ]
    gaps = csv.DictReader(io.StringIO(reported.made(kind="gap", format="csv").content.decode("utf-8-sig")))
    assert {row["framework"] for row in gaps} == {"Four", "Other"}
    results = reported.made(format="oscal").json()["assessment-results"]["results"]
    observed = [each["title"] for result in results for each in result.get("observations", ())]
    assert "=2+3" not in observed
    assert "Draft" in observed
    remarks = [each["target"]["status"].get("remarks") for each in results[1]["findings"]]
    assert remarks[0] == "Shown by: Four 000"
    plan = reported.made(kind="ssp").json()["system-security-plan"]["control-implementation"]
    told = [each["by-components"][0]["description"] for each in plan["implemented-requirements"]]
    assert told[1:3] == ["No evidence yet.", "Shown by: Draft (pending)"]


def test_the_gap_report_tells_what_is_missing(reported: Reported) -> None:
    (table,) = reported.made(kind="gap", format="json").json()["data"]["tables"]
    shown = reported.get("gaps")["gaps"]
    assert [row["number"] for row in table["rows"]] == [each["number"] for each in shown]


def test_no_cell_of_a_csv_file_is_a_formula(reported: Reported) -> None:
    text = reported.made(kind="soa", format="csv").content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=2+3 (pending)" in cells
    assert not any(cell.startswith(("=", "@", "+")) for cell in cells)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1", "'=1"),
        ("+1+cmd", "'+1+cmd"),
        ("-1.5", "-1.5"),
        ("-x", "'-x"),
        ("@a", "'@a"),
        ("\ta", "'\ta"),
        (None, ""),
        (7, "7"),
    ],
)
def test_cells_are_made_safe(value: Any, cell: str) -> None:
    assert safe_cell(value) == cell


# -- OSCAL ----------------------------------------------------------------------------------------------------------


def test_assessment_results_validate_and_say_how_each_control_stands(reported: Reported) -> None:
    document = reported.made(format="oscal").json()["assessment-results"]
    AssessmentResults(**document)
    (result,) = document["results"]
    states = {each["title"]: each["target"]["status"]["state"] for each in result["findings"]}
    assert states == {
        "000 Control 0": "satisfied",
        "001 Control 1": "not-satisfied",
        "002 Control 2": "not-satisfied",
    }
    assert len(result["observations"]) == 2
    related = result["findings"][0]["related-observations"][0]["observation-uuid"]
    assert related in [each["uuid"] for each in result["observations"]]


def test_nothing_in_assessment_results_of_several_frameworks_has_the_uuid_of_something_else(reported: Reported) -> None:
    path = f"/api/v1/projects/{reported.project_id}/frameworks"
    assert reported.admin.post(path, json={"framework": "other"}).status_code == 201
    path = f"/api/v1/evidence/{reported.approved}/controls/{OTHERS[0]}"
    assert reported.admin.put(path).status_code == 200
    document = reported.made(format="oscal").json()["assessment-results"]
    AssessmentResults(**document)
    assert [len(each["observations"]) for each in document["results"]] == [2, 1]
    for result in document["results"]:
        (observation,) = result["findings"][0]["related-observations"]
        assert observation["observation-uuid"] in [each["uuid"] for each in result["observations"]]

    def uuids(owner: Any) -> list[str]:
        inner = owner.values() if isinstance(owner, dict) else owner if isinstance(owner, list) else ()
        own = [owner["uuid"]] if isinstance(owner, dict) and "uuid" in owner else []
        return own + [found for each in inner for found in uuids(each)]

    found = uuids(document)
    assert len(set(found)) == len(found)


def test_the_system_security_plan_validates_and_covers_every_control(reported: Reported) -> None:
    document = reported.made(kind="ssp").json()["system-security-plan"]
    SystemSecurityPlan(**document)
    requirements = document["control-implementation"]["implemented-requirements"]
    states = [each["by-components"][0]["implementation-status"]["state"] for each in requirements]
    assert states == ["implemented", "partial", "planned", "not-applicable"]
    hashes = [
        link["hashes"][0]["value"] for each in document["back-matter"]["resources"] for link in each.get("rlinks", ())
    ]
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes)
    assert len(hashes) == 2


def test_oscal_reports_name_controls_as_the_imported_catalogue_does(house: House) -> None:
    named = {"x-1": "SP_800_171_03.01.01", "x-2": "GV.OC-01"}
    content = json.dumps(CATALOG)
    for old, new in named.items():
        content = content.replace(f'"id": "{old}"', f'"id": "{new}", "props": [{{"name": "label", "value": "{old}"}}]')
    assert post(house.admin, content, "application/json", id="named").status_code == 201
    house.project_id = house.project("named")
    results = Reported.report(house, format="oscal").json()["assessment-results"]["results"]  # type: ignore[arg-type]
    ids = [each["target"]["target-id"] for each in results[0]["findings"]]
    assert ids == ["SP_800_171_03.01.01", "x-1.1", "x-1.2", "GV.OC-01"]
    plan = Reported.report(house, kind="ssp").json()["system-security-plan"]  # type: ignore[arg-type]
    assert [each["control-id"] for each in plan["control-implementation"]["implemented-requirements"]] == ids


def test_an_empty_project_s_oscal_validates_too(house: House) -> None:
    found = Reported.report(house, format="oscal")  # type: ignore[arg-type]
    AssessmentResults(**found.json()["assessment-results"])
    plan = Reported.report(house, kind="ssp")  # type: ignore[arg-type]
    SystemSecurityPlan(**plan.json()["system-security-plan"])


def test_every_built_in_framework_is_a_valid_oscal_catalogue_and_reads_back() -> None:
    for framework in built_in_frameworks():
        document = catalog_of(framework, "2026-01-01T00:00:00.000000Z")
        Catalog(**document["catalog"])
        again = read(json.dumps(document), "application/json", naming=Naming(framework.id)).framework
        assert sorted(each.id for each in again.controls) == sorted(each.id for each in framework.controls)
        assert {each.number: each.title for each in again.controls} == {
            each.number: each.title.strip() for each in framework.controls
        }


def test_a_nist_catalogue_survives_the_way_through_studio_s_own_form() -> None:
    content = oscal_file(REV5_HIGH).read_bytes()
    first = read(content, "application/json", naming=Naming("nist")).framework
    document = catalog_of(first, "2026-01-01T00:00:00.000000Z")
    Catalog(**document["catalog"])
    again = read(json.dumps(document), "application/json", naming=Naming("nist")).framework
    assert {each.number: (each.id, each.title, each.references) for each in again.controls} == {
        each.number: (each.id, each.title, each.references) for each in first.controls
    }

    def ids(owner: Any) -> list[str]:
        nested = [*owner.get("groups", ()), *owner.get("controls", ())]
        return [each["id"] for each in owner.get("controls", ())] + [found for each in nested for found in ids(each)]

    assert sorted(ids(document["catalog"])) == sorted(ids(json.loads(content)["catalog"]))


# -- who may, and in the background ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("manager", 200), ("compliance_lead", 200), ("auditor", 200), ("team_member", 403), ("viewer", 403), ("", 404)],
)
def test_reports_are_for_managers_leads_and_auditors(reported: Reported, role: str, status: int) -> None:
    """The permission ``compliance:report``."""
    person = reported.app.client("customer")
    if role:
        path = f"/api/v1/projects/{reported.project_id}/members"
        assert reported.admin.post(path, json={"user_id": person.user_id, "role": role}).status_code == 201
    assert reported.report(person).status_code == status
    assert reported.order("gap", person).status_code == (202 if status == 200 else status)


def test_an_audit_pack_is_made_in_the_background_and_downloaded(reported: Reported) -> None:
    version = {"file": ("second.md", b"# Second\n", "text/markdown")}
    reported.admin.post(f"/api/v1/evidence/{reported.approved}/versions", files=version)
    ordered = reported.order("audit-pack")
    assert ordered.status_code == 202, ordered.text
    path = ordered.headers["location"]
    early = reported.admin.get(f"{path}/file")
    assert (early.status_code, ordered.json()["data"]["state"]) == (409, "queued")
    reported.app.run_jobs()
    shown = reported.admin.get(path).json()["data"]
    assert (shown["state"], shown["progress"], shown["link"]) == ("ready", 100, f"{path}/file")
    job = reported.admin.get(f"/api/v1/jobs/{shown['job_id']}").json()["data"]
    assert (job["state"], job["result"]["link"], job["result"]["missing"]) == ("succeeded", shown["link"], [])
    file = reported.admin.get(shown["link"])
    assert hashlib.sha256(file.content).hexdigest() == shown["sha256"]
    part = reported.admin.get(shown["link"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PK\x03\x04")
    check_pack(file.content, evidence=3)


def test_a_pack_that_the_disk_is_too_small_for_is_refused_at_once(reported: Reported, monkeypatch: Any) -> None:
    monkeypatch.setattr(StagedFile, "most_room", property(lambda staged: 10))
    _, job = ordered_pack(reported)
    assert (job["state"], job["attempts"]) == ("failed", 1)
    assert re.search(r"The pack needs \d+\.\d MB on the disk of STUDIO_HOME, which has 0\.0 MB in all", job["error"])


def test_a_pack_waits_for_room_that_may_come(reported: Reported, monkeypatch: Any) -> None:
    with monkeypatch.context() as full:
        full.setattr(StagedFile, "room", property(lambda staged: 10))
        path, job = ordered_pack(reported)
        assert (job["state"], job["attempts"]) == ("queued", 1)
        assert re.search(r"The pack needs \d+\.\d MB on the disk of STUDIO_HOME, where 0\.0 MB are free", job["error"])
        for attempts, seconds in ((2, 300), (3, 900), (4, 2700)):
            reported.app.clock.advance(seconds)
            reported.app.run_jobs()
            reported.admin = reported.app.client("admin")
            job = reported.admin.get(f"/api/v1/jobs/{job['id']}").json()["data"]
            assert (job["state"], job["attempts"]) == ("queued", attempts)
    reported.app.clock.advance(8100)
    reported.app.run_jobs()
    assert reported.app.client("admin").get(path).json()["data"]["state"] == "ready"


def test_what_an_attempt_left_that_was_killed_goes_before_the_next(reported: Reported) -> None:
    path = reported.order("audit-pack").headers["location"]
    left = reported.app.platform.files.stage(path.rpartition("/")[2])
    other = reported.app.platform.files.stage()
    reported.app.run_jobs()
    assert reported.admin.get(path).json()["data"]["state"] == "ready"
    assert not left.path.exists()
    assert other.path.exists()
    left.discard()
    other.discard()


def ordered_pack(reported: Reported) -> tuple[str, dict[str, Any]]:
    """Where a pack is that was ordered and tried once, and its job."""
    path = reported.order("audit-pack").headers["location"]
    reported.app.run_jobs()
    job_id = reported.admin.get(path).json()["data"]["job_id"]
    return path, reported.admin.get(f"/api/v1/jobs/{job_id}").json()["data"]


def check_pack(content: bytes, *, evidence: int) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        assert pack.testzip() is None
        names = pack.namelist()
        assert len(set(names)) == len(names)
        assert not any(name.startswith("/") or ".." in name or "\\" in name for name in names)
        sums = dict(reversed(line.split("  ", 1)) for line in pack.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == set(names) - {"SHA256SUMS"}
        assert all(hashlib.sha256(pack.read(name)).hexdigest() == digest for name, digest in sums.items())
        index = json.loads(pack.read("index.json"))
        assert len(index["evidence"]) == evidence
        for each in index["evidence"]:
            assert (each["state"], sums[each["file"]]) == ("ok", each["sha256"])
        assert [each["decision"] for each in index["reviews"]] == ["approve"]
        assert {"index.html", "reports/summary.pdf", "reports/soa.csv", "reports/ssp.oscal.json"} <= set(names)


def test_a_pack_says_which_files_are_missing(reported: Reported) -> None:
    digest = reported.admin.get(f"/api/v1/evidence/{reported.pending}").json()["data"]["sha256"]
    reported.app.platform.files.delete(digest)
    path = reported.order("audit-pack").headers["location"]
    reported.app.run_jobs()
    with zipfile.ZipFile(io.BytesIO(reported.admin.get(f"{path}/file").content)) as pack:
        states = [each["state"] for each in json.loads(pack.read("index.json"))["evidence"]]
    assert states == ["missing"] * len(states)


def test_only_those_who_may_have_reports_download_one(reported: Reported) -> None:
    path = reported.order("gap", format="csv").headers["location"]
    reported.app.run_jobs()
    stranger = reported.app.client("manager")
    for each in (path, f"{path}/file"):
        assert stranger.get(each).status_code == 404
        assert reported.reviewer.get(each).status_code == 200
    assert reported.admin.get("/api/v1/compliance/reports/rpt_0").status_code == 404


def test_a_report_stays_for_report_keep_hours_and_its_file_as_long(reported: Reported) -> None:
    path = reported.order("soa", format="html").headers["location"]
    reported.app.run_jobs()
    reported.app.clock.advance(3 * 3600)
    Upkeep(reported.app.platform).sweep()
    admin = reported.app.client("admin")
    assert admin.get(f"{path}/file").status_code == 200
    digest = admin.get(path).json()["data"]["sha256"]
    reported.app.clock.advance(24 * 3600)
    assert reported.app.client("admin").get(path).status_code == 404
    reported.app.platform.jobs.sweep()
    reported.app.run_jobs()
    Upkeep(reported.app.platform).sweep()
    assert not reported.app.platform.files.exists(digest)


def test_reports_go_with_their_project(reported: Reported) -> None:
    path = reported.order("gap").headers["location"]
    reported.app.run_jobs()
    assert reported.admin.delete(f"/api/v1/projects/{reported.project_id}").status_code == 200
    assert reported.admin.get(path).status_code == 404


def test_a_report_costs_the_same_number_of_queries_whatever_the_size(reported: Reported) -> None:
    def queries() -> int:
        with reported.app.count_queries() as seen:
            reported.made()
        return len(seen)

    before = queries()
    for number in range(5):
        reported.upload(f"More {number}", HIGH)
    assert queries() == before


# -- PDF and pictures -----------------------------------------------------------------------------------------------


def wide(rows: int, cell: str) -> Report:
    table = Table("Rows", (Column("A"), Column("B", 3)), [[str(number), cell] for number in range(rows)], toned=1)
    blocks = [
        Shares("S", [Share("none", 0, "none")]),
        Bars("B", [(cell, 0), ("x", 100)]),
        Line("L", [("2026-01-01", 5)]),
    ]
    return Report("Title", cell, [("Fact", cell)], [*blocks, table], table)


@pytest.mark.parametrize(
    "cell", ["", "x" * 4000, "word " * 3000, "مرحبا بالعالم", "नियंत्रण", "技術", "\u202e\x00\n\t", "👩‍👩‍👧"]
)
def test_any_text_can_be_laid_out(cell: str) -> None:
    assert pdf_of(wide(3, cell)).startswith(b"%PDF-")
    assert "script" not in Page(html_of(wide(3, cell)).decode()).tags


def test_many_rows_go_over_pages_and_letters_without_a_font_are_told_of(caplog: Any) -> None:
    short, long = pdf_of(wide(3, "技術")), pdf_of(wide(400, "Plain"))
    assert long.count(b"/Type /Page\n") > short.count(b"/Type /Page\n") >= 1


def test_further_fonts_come_by_the_setting_report_fonts(make_house: Any, tmp_path: Path) -> None:
    """``compliance.report_fonts``"""
    from studio_compliance.reports.pdf import _FURTHER, _font_file

    font = tmp_path / "further.ttf"
    font.write_bytes(_font_file(*_FURTHER[0]).read_bytes())
    house = make_house(overrides={"compliance.report_fonts": [str(font)]})
    assert Reported(house).made(format="pdf").content.startswith(b"%PDF-")


# -- by command line ------------------------------------------------------------------------------------------------


def test_reports_and_packs_by_command(reported: Reported, tmp_path: Path) -> None:
    """``studio report``"""
    home = {"STUDIO_HOME": str(reported.app.platform.home)}

    def run(*words: str) -> Any:
        return CliRunner().invoke(report_command, [reported.project_id, *words, "--output", str(tmp_path)], env=home)

    done = run("--kind", "soa", "--format", "csv", "--json")
    assert done.exit_code == 0, done.output
    assert Path(json.loads(done.stdout)["file"]).read_bytes().startswith(b"\xef\xbb\xbfnumber,")
    done = run("--kind", "audit-pack")
    assert done.exit_code == 0, done.output
    check_pack((tmp_path / f"audit-pack-{reported.project_id}.zip").read_bytes(), evidence=2)
    assert run("--kind", "ssp", "--format", "pdf").exit_code == 1


# -- as large as it gets --------------------------------------------------------------------------------------------


def test_a_project_on_an_imported_framework_is_reported_by_its_titles(house: House) -> None:
    post(house.admin, HOUSE_RULES)
    house.project_id = house.project("house-rules")
    text = Reported.report(house, kind="soa").text  # type: ignore[arg-type]
    assert "Required by House rules" in text
    assert len(FOUR.controls) == 4
