"""The framework, on the testing kit."""

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
