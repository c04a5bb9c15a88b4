"""The built-in frameworks against the official lists of numbers, written here on their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from studio_compliance.definitions import built_in_frameworks
from studio_kernel.frameworks import Framework

_SPAN = re.compile(r"(.*?)(\d+)-(\d+)")


def _under(start: str, ends: str) -> str:
    """``_under("Art.7", "(1) (2)")`` is ``Art.7(1) Art.7(2)``."""
    return " ".join(f"{start}{end}" for end in ends.split())


def _articles(**paragraphs: str) -> str:
    """Articles of the GDPR; an empty text is an article that stands whole."""
    return " ".join(_under(f"Art.{name[1:]}", ends) if ends else f"Art.{name[1:]}" for name, ends in paragraphs.items())


OFFICIAL = {
    "soc2": {
        "security": "CC1.1-5 CC2.1-3 CC3.1-4 CC4.1-2 CC5.1-3 CC6.1-8 CC7.1-5 CC8.1 CC9.1-2",
        "availability": "A1.1-3",
        "processing_integrity": "PI1.1-5",
        "confidentiality": "C1.1-2",
        "privacy": "P1.1 P2.1 P3.1-2 P4.1-3 P5.1-2 P6.1-7 P7.1 P8.1",
    },
    "iso27001": {
        "management_system": "4.1-4 5.1-3 6.1.1-3 6.2-3 7.1-4 7.5.1-3 8.1-3 9.1 9.2.1-2 9.3.1-3 10.1-2",
        "organizational": "A.5.1-37",
        "people": "A.6.1-8",
        "physical": "A.7.1-14",
        "technological": "A.8.1-34",
    },
    "hipaa": {
        "general": _under("164.306", "(a)(1) (a)(2) (a)(3) (a)(4) (b) (c) (d) (e)"),
        "administrative": _under(
            "164.308",
            "(a)(1)(i) (a)(1)(ii)(A) (a)(1)(ii)(B) (a)(1)(ii)(C) (a)(1)(ii)(D) (a)(2)"
            " (a)(3)(i) (a)(3)(ii)(A) (a)(3)(ii)(B) (a)(3)(ii)(C) (a)(4)(i) (a)(4)(ii)(A) (a)(4)(ii)(B) (a)(4)(ii)(C)"
            " (a)(5)(i) (a)(5)(ii)(A) (a)(5)(ii)(B) (a)(5)(ii)(C) (a)(5)(ii)(D) (a)(6)(i) (a)(6)(ii)"
            " (a)(7)(i) (a)(7)(ii)(A) (a)(7)(ii)(B) (a)(7)(ii)(C) (a)(7)(ii)(D) (a)(7)(ii)(E)"
            " (a)(8) (b)(1) (b)(2) (b)(3)",
        ),
        "physical": _under(
            "164.310",
            "(a)(1) (a)(2)(i) (a)(2)(ii) (a)(2)(iii) (a)(2)(iv) (b) (c)"
            " (d)(1) (d)(2)(i) (d)(2)(ii) (d)(2)(iii) (d)(2)(iv)",
        ),
        "technical": _under(
            "164.312",
            "(a)(1) (a)(2)(i) (a)(2)(ii) (a)(2)(iii) (a)(2)(iv) (b) (c)(1) (c)(2) (d) (e)(1) (e)(2)(i) (e)(2)(ii)",
        ),
        "organizational": _under(
            "164.314",
            "(a)(1) (a)(2)(i)(A) (a)(2)(i)(B) (a)(2)(i)(C) (a)(2)(ii) (a)(2)(iii)"
            " (b)(1) (b)(2)(i) (b)(2)(ii) (b)(2)(iii) (b)(2)(iv)",
        ),
        "documentation": _under("164.316", "(a) (b)(1) (b)(2)(i) (b)(2)(ii) (b)(2)(iii)"),
    },
    "gdpr": {
        "principles": _articles(
            a5="(1)(a) (1)(b) (1)(c) (1)(d) (1)(e) (1)(f) (2)",
            a6="(1) (4)",
            a7="(1) (2) (3) (4)",
            a8="(1) (2)",
            a9="(1) (2) (3)",
            a10="",
            a11="(1) (2)",
        ),
        "rights": _articles(
            a12="(1) (2) (3) (4) (5) (6)",
            a13="(1) (2) (3)",
            a14="(1) (2) (3) (4)",
            a15="(1) (2) (3)",
            a16="",
            a17="(1) (2)",
            a18="(1) (2) (3)",
            a19="",
            a20="(1) (2)",
            a21="(1) (2) (4) (5) (6)",
            a22="(1) (3) (4)",
        ),
        "accountability": _articles(
            a24="(1) (2)",
            a25="(1) (2)",
            a26="(1) (2)",
            a27="(1)",
            a28="(1) (2) (3) (3)(a) (3)(b) (3)(c) (3)(d) (3)(e) (3)(f) (3)(g) (3)(h) (4) (9)",
            a29="",
            a30="(1) (2) (4)",
            a31="",
        ),
        "security": _articles(
            a32="(1) (1)(a) (1)(b) (1)(c) (1)(d) (2) (4)", a33="(1) (2) (3) (4) (5)", a34="(1) (2) (3)"
        ),
        "impact": _articles(a35="(1) (2) (3) (7) (9) (11)", a36="(1) (3)"),
        "dpo": _articles(a37="(1) (5) (7)", a38="(1) (2) (3) (4) (5) (6)", a39="(1) (2)"),
        "transfers": _articles(a44="", a45="(1)", a46="(1) (2) (3)", a47="(1) (2)", a48="", a49="(1) (6)"),
        "specific": _articles(a82="(1)", a89="(1)"),
    },
    "nistcsf": {
        "gv_oc": "GV.OC-01-05",
        "gv_rm": "GV.RM-01-07",
        "gv_rr": "GV.RR-01-04",
        "gv_po": "GV.PO-01-02",
        "gv_ov": "GV.OV-01-03",
        "gv_sc": "GV.SC-01-10",
        "id_am": "ID.AM-01-05 ID.AM-07-08",
        "id_ra": "ID.RA-01-10",
        "id_im": "ID.IM-01-04",
        "pr_aa": "PR.AA-01-06",
        "pr_at": "PR.AT-01-02",
        "pr_ds": "PR.DS-01-02 PR.DS-10-11",
        "pr_ps": "PR.PS-01-06",
        "pr_ir": "PR.IR-01-04",
        "de_cm": "DE.CM-01-03 DE.CM-06 DE.CM-09",
        "de_ae": "DE.AE-02-04 DE.AE-06-08",
        "rs_ma": "RS.MA-01-05",
        "rs_an": "RS.AN-03 RS.AN-06-08",
        "rs_co": "RS.CO-02-03",
        "rs_mi": "RS.MI-01-02",
        "rc_rp": "RC.RP-01-06",
        "rc_co": "RC.CO-03-04",
    },
    "pcidss": {
        "req_1": "1.1.1-2 1.2.1-8 1.3.1-3 1.4.1-5 1.5.1",
        "req_2": "2.1.1-2 2.2.1-7 2.3.1-2",
        "req_3": "3.1.1-2 3.2.1 3.3.1 3.3.1.1-3 3.3.2-3 3.4.1-2 3.5.1 3.5.1.1-3 3.6.1 3.6.1.1-4 3.7.1-9",
        "req_4": "4.1.1-2 4.2.1 4.2.1.1-2 4.2.2",
        "req_5": "5.1.1-2 5.2.1-3 5.2.3.1 5.3.1-2 5.3.2.1 5.3.3-5 5.4.1",
        "req_6": "6.1.1-2 6.2.1-3 6.2.3.1 6.2.4 6.3.1-3 6.4.1-3 6.5.1-6",
        "req_7": "7.1.1-2 7.2.1-5 7.2.5.1 7.2.6 7.3.1-3",
        "req_8": "8.1.1-2 8.2.1-8 8.3.1-10 8.3.10.1 8.3.11 8.4.1-3 8.5.1 8.6.1-3",
        "req_9": (
            "9.1.1-2 9.2.1 9.2.1.1 9.2.2-4 9.3.1 9.3.1.1 9.3.2-4 9.4.1 9.4.1.1-2 9.4.2-5 9.4.5.1 9.4.6-7"
            " 9.5.1 9.5.1.1-2 9.5.1.2.1 9.5.1.3"
        ),
        "req_10": (
            "10.1.1-2 10.2.1 10.2.1.1-7 10.2.2 10.3.1-4 10.4.1 10.4.1.1 10.4.2 10.4.2.1 10.4.3 10.5.1 10.6.1-3 10.7.1-3"
        ),
        "req_11": "11.1.1-2 11.2.1-2 11.3.1 11.3.1.1-3 11.3.2 11.3.2.1 11.4.1-7 11.5.1 11.5.1.1 11.5.2 11.6.1",
        "req_12": (
            "12.1.1-4 12.2.1 12.3.1-4 12.4.1-2 12.4.2.1 12.5.1-2 12.5.2.1 12.5.3 12.6.1-3 12.6.3.1-2 12.7.1"
            " 12.8.1-5 12.9.1-2 12.10.1-4 12.10.4.1 12.10.5-7"
        ),
        "appendix_a1": "A1.1.1-4 A1.2.1-3",
        "appendix_a2": "A2.1.1-3",
        "appendix_a3": (
            "A3.1.1-4 A3.2.1-2 A3.2.2.1 A3.2.3-5 A3.2.5.1-2 A3.2.6 A3.2.6.1 A3.3.1 A3.3.1.1 A3.3.2-3 A3.4.1 A3.5.1"
        ),
    },
}
TOTALS = {"soc2": 61, "iso27001": 123, "gdpr": 125, "hipaa": 79, "nistcsf": 106, "pcidss": 280}
FUNCTIONS_OF_NIST_CSF = {"GV": 31, "ID": 21, "PR": 22, "DE": 11, "RS": 13, "RC": 8}


def numbers_in(text: str) -> Iterator[str]:
    """``A1.1-3`` is A1.1, A1.2, A1.3; ``GV.OC-01-05`` keeps the leading zeros."""
    for word in text.split():
        span = _SPAN.fullmatch(word)
        if span is None:
            yield word
        else:
            prefix, first, last = span.groups()
            yield from (f"{prefix}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1))


@pytest.fixture(scope="module")
def built_in() -> dict[str, Framework]:
    return {framework.id: framework for framework in built_in_frameworks()}


def test_every_built_in_framework_has_an_official_list(built_in: dict[str, Framework]) -> None:
    assert set(built_in) == set(OFFICIAL) == set(TOTALS)


@pytest.mark.parametrize("framework_id", sorted(OFFICIAL))
def test_every_official_number_is_there_in_its_category_and_order(
    built_in: dict[str, Framework], framework_id: str
) -> None:
    framework = built_in[framework_id]
    found: dict[str, list[str]] = {category.id: [] for category in framework.categories}
    for control in framework.controls:
        found[control.category].append(control.number)
    assert found == {category: list(numbers_in(numbers)) for category, numbers in OFFICIAL[framework_id].items()}
    assert len(framework.controls) == TOTALS[framework_id]


def test_nist_csf_has_six_functions(built_in: dict[str, Framework]) -> None:
    assert Counter(control.number[:2] for control in built_in["nistcsf"].controls) == FUNCTIONS_OF_NIST_CSF


def test_hipaa_tells_standards_from_required_and_addressable_specifications(built_in: dict[str, Framework]) -> None:
    """The figures of the matrix in Appendix A of the rule: 22 addressable specifications, the others required."""
    last = {control.number: control.description.rsplit(". ", 1)[-1] for control in built_in["hipaa"].controls}
    kinds = Counter(last.values())
    assert set(kinds) == {
        "General requirement.",
        "Standard.",
        "Standard, required.",
        "Implementation specification, required.",
        "Implementation specification, addressable.",
    }
    assert kinds["Implementation specification, addressable."] == 22
    assert last["164.308(a)(1)(ii)(A)"] == "Implementation specification, required."
    assert last["164.312(a)(2)(iv)"] == "Implementation specification, addressable."


@pytest.mark.parametrize("framework_id", sorted(OFFICIAL))
def test_each_control_is_described_in_its_own_words(built_in: dict[str, Framework], framework_id: str) -> None:
    controls = built_in[framework_id].controls
    described = Counter(control.description for control in controls)
    assert [text for text, times in described.items() if times > 1 or len(text) < 40] == []
    shown = Counter(tuple((each.title, each.description) for each in control.expected_evidence) for control in controls)
    assert [evidence for evidence, times in shown.items() if times > 1 or len(evidence) < 2] == []
    assert all(each.description for control in controls for each in control.expected_evidence)
