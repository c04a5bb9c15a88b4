"""Framework definitions: checked as a whole, every problem with its place."""

import pytest
import yaml

from studio_kernel.frameworks import (
    FrameworkError,
    FrameworkRegistry,
    control_id,
    framework_from_document,
    load_framework,
)

SOUND = """
studio_framework: 1
id: demo
name: Demo
version: "1"
categories:
  - {id: one, title: One}
controls:
  - number: "1.1"
    title: First
    category: one
    expected_evidence: [{title: Record}]
    references: ["1.2"]
  - number: "1.2"
    title: Second
    category: one
    priority: critical
    renewal_days: 30
"""


def problems(**changes):
    document = yaml.safe_load(SOUND)
    for path, value in changes.items():
        target, *names = document, *path.split("__")
        for name in names[:-1]:
            target = target[int(name)] if name.isdigit() else target[name]
        target[names[-1]] = value
    with pytest.raises(FrameworkError) as caught:
        framework_from_document(document, "demo.yaml")
    return caught.value.problems


def test_a_sound_definition_is_read_whole():
    framework = framework_from_document(yaml.safe_load(SOUND))
    first, second = framework.controls
    assert (first.priority, first.renewal_days, second.priority, second.renewal_days) == ("medium", 365, "critical", 30)
    assert first.expected_evidence[0].title == "Record"


def test_a_controls_id_never_changes():
    assert control_id("soc2", "A1.1") == "ctrl_497dxfsgh34fvzyq4664wkpfrt"
    assert control_id("soc2", "A1.1") != control_id("iso27001", "A1.1")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"studio_framework": 2}, "studio_framework"),
        ({"id": ""}, "id"),
        ({"version": 1.0}, "version"),
        ({"contrlos": []}, "contrlos"),
        ({"description": ["x"]}, "description: a text is needed"),
        ({"publisher": {}}, "publisher: a text is needed"),
        ({"categories": []}, "categories"),
        ({"controls": []}, "controls"),
        ({"controls__0__number": 1.1}, "controls.0"),
        ({"controls__0__title": ""}, "controls.0 (1.1).title"),
        ({"controls__0__category": "two"}, "controls.0 (1.1).category"),
        ({"controls__0__priority": "urgent"}, "controls.0 (1.1).priority"),
        ({"controls__0__renewal_days": 0}, "controls.0 (1.1).renewal_days"),
        ({"controls__0__renewal_days": True}, "controls.0 (1.1).renewal_days"),
        ({"controls__0__expected_evidence": ["x"]}, "controls.0 (1.1).expected_evidence.0"),
        ({"controls__1__number": "1.1"}, "controls"),
        ({"controls__0__references": ["9.9"]}, "controls (1.1).references"),
        ({"controls__0__references": [1.2]}, "controls.0 (1.1).references: a list of numbers in quotes"),
        ({"controls__0__replaces": [1.10]}, "controls.0 (1.1).replaces: a list of numbers in quotes"),
        ({"controls__0__identity": 1.10}, "controls.0 (1.1).identity: a number in quotes"),
    ],
)
def test_each_problem_names_its_place(changes, place):
    assert any(problem.startswith(place) or place in problem for problem in problems(**changes))


def test_a_file_that_is_no_yaml_is_said_so(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("a: [")
    with pytest.raises(FrameworkError, match=r"bad\.yaml"):
        load_framework(file)


def test_the_registry_finds_controls_of_every_framework():
    registry = FrameworkRegistry()
    framework = framework_from_document(yaml.safe_load(SOUND))
    registry.add(framework)
    assert registry.control(framework.controls[1].id) is framework.controls[1]
    assert registry.get("other") is None
