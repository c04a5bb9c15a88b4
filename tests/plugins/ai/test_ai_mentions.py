"""Which controls and frameworks a message names."""

from __future__ import annotations

import pytest

from studio_ai.mentions import Mentions
from studio_kernel.frameworks import Category, Control, Framework


def framework(framework_id: str, name: str, *numbers: str) -> Framework:
    controls = tuple(Control(framework_id, number, f"Title of {number}", "", "c") for number in numbers)
    return Framework(framework_id, name, "1", "", (Category("c", "C"),), controls)


INDEX = Mentions.among(
    [
        framework("soc2", "SOC 2 Type II", "A1.1", "CC6.1", "CC6.10"),
        framework("iso27001", "ISO/IEC 27001:2022", "4.1", "A.5.1", "A.5.10"),
        framework("hipaa", "HIPAA Security Rule", "164.308(a)(1)(i)"),
        framework("nist", "NIST CSF 2.0", "GV.OC-01"),
    ]
)


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("What about A1.1?", ["A1.1"]),
        ("compare cc6.1, A.5.1.", ["CC6.1", "A.5.1"]),
        ("(CC6.10)", ["CC6.10"]),
        ("A.5.10 and 4.1", ["A.5.10", "4.1"]),
        ("HIPAA 164.308(a)(1)(i)?", ["164.308(a)(1)(i)"]),
        ("(see 164.308(a)(1)(i))", ["164.308(a)(1)(i)"]),
        ("GV.OC-01: who?", ["GV.OC-01"]),
        ("A.5.1/CC6.1", []),
        ("nothing here", []),
        ("A.5.11", []),
    ],
)
def test_control_numbers_are_found(message: str, numbers: list[str]) -> None:
    assert [control.number for _, control in INDEX.controls(message, ())] == numbers


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        ("SOC 2 control", ["soc2"]),
        ("soc2?", ["soc2"]),
        ("SOC 2 Type II", ["soc2"]),
        ("ISO 27001", ["iso27001"]),
        ("ISO/IEC 27001:2022", ["iso27001"]),
        ("iso27001 and HIPAA Security Rule", ["iso27001", "hipaa"]),
        ("hipaa", ["hipaa"]),
        ("NIST CSF", ["nist"]),
        ("socks 2", []),
    ],
)
def test_framework_names_are_found_as_people_write_them(message: str, ids: list[str]) -> None:
    assert [each.id for each in INDEX.frameworks(message)] == ids


def test_every_control_number_of_every_installed_framework_is_found() -> None:
    from studio_compliance.definitions import built_in_frameworks

    frameworks = built_in_frameworks()
    index = Mentions.among(frameworks)
    for each in frameworks:
        for control in each.controls:
            found = index.controls(f"What about {control.number}?", [each.id])
            assert [one.id for _, one in found] == [control.id]
