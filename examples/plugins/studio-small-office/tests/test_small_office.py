"""The framework, on the testing kit."""

from studio_kernel.frameworks import control_id
from studio_small_office import plugin

CONTROL_ID = "ctrl_7ygn7064ea682bk1k4edftz6vn"


def test_the_framework_is_registered(make_studio):
    studio = make_studio(plugins=[], extra=[plugin])
    framework = studio.platform.frameworks.get("small-office")
    assert [control.number for control in framework.controls] == ["SO-1", "SO-2", "SO-3", "SO-4"]


def test_ids_are_the_same_on_every_install(make_studio):
    studio = make_studio(plugins=[], extra=[plugin])
    first = studio.platform.frameworks.get("small-office").controls[0]
    assert studio.platform.frameworks.control(first.id) == first
    assert first.id == CONTROL_ID


def test_its_controls_are_mapped_to_another_framework(make_studio):
    mappings = make_studio(plugins=[], extra=[plugin]).platform.mappings
    copies, backup = control_id("small-office", "SO-4"), control_id("iso27001", "A.8.13")
    assert mappings.sources(backup)[copies].counts == "full"
