"""Mappings between controls: checked as a file, known in both directions, found over several steps."""

import itertools

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from studio_kernel.frameworks import Category, Control, Framework, FrameworkRegistry, control_id
from studio_kernel.hookspecs import hookimpl
from studio_kernel.mappings import (
    FULL,
    RELATIONS,
    Mapping,
    MappingError,
    MappingRegistry,
    MappingSet,
    follows,
    load_mappings,
    mappings_from_document,
)
from studio_kernel.plugins import PluginInfo

SOUND = """
studio_mappings: 1
from: one
to: two
source: Both texts, compared by us
mappings:
  - {from: "1.1", to: A.1, relation: superset, rationale: The first asks for more.}
  - {from: "1.1", to: A.2, relation: intersects}
"""


def problems(**changes):
    document = yaml.safe_load(SOUND)
    for path, value in changes.items():
        target, *names = document, *path.split("__")
        for name in names[:-1]:
            target = target[int(name)] if name.isdigit() else target[name]
        target[names[-1]] = value
    with pytest.raises(MappingError) as caught:
        mappings_from_document(document, "one--two.yaml")
    return caught.value.problems


def registry(*steps, owner="first"):
    """From texts such as ``a1 superset b2``: control 1 of framework a, control 2 of framework b."""
    found = MappingRegistry()
    found.add(owner, [one(step) for step in steps])
    return found


def one(step):
    near, relation, far = step.split()
    mapping = Mapping(near[0], near[1:], far[0], far[1:], relation, source="us")
    return MappingSet(near[0], far[0], "us", (mapping,))


def ident(name):
    return control_id(name[0], name[1:])


def counts(found, source, target):
    path = found.sources(ident(target)).get(ident(source))
    return None if path is None else path.counts


def test_a_sound_file_is_read_whole():
    found = mappings_from_document(yaml.safe_load(SOUND))
    assert (found.from_framework, found.to_framework, len(found.mappings)) == ("one", "two", 2)
    first = found.mappings[0]
    assert (first.relation, first.rationale, first.source) == (
        "superset",
        "The first asks for more.",
        "Both texts, compared by us",
    )
    assert (first.from_id, first.to_id) == (control_id("one", "1.1"), control_id("two", "A.1"))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"studio_mappings": 2}, "studio_mappings"),
        ({"from": ""}, "from"),
        ({"to": "one"}, "to"),
        ({"source": None}, "source"),
        ({"mapings": []}, "mapings"),
        ({"mappings": []}, "mappings"),
        ({"mappings__0__from": 1.1}, "mappings.0.from"),
        ({"mappings__0__relation": "same"}, "mappings.0.relation"),
        ({"mappings__0__rationale": 5}, "mappings.0.rationale"),
        ({"mappings__0__note": "x"}, "mappings.0.note"),
        ({"mappings": ["x"]}, "mappings.0"),
        ({"mappings__1__to": "A.1"}, "mappings.1"),
    ],
)
def test_each_problem_names_its_place(changes, place):
    assert any(problem.startswith(place) or place in problem for problem in problems(**changes))


def test_a_file_that_is_no_yaml_is_said_so(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("a: [")
    with pytest.raises(MappingError, match=r"bad\.yaml"):
        load_mappings(file)


def test_a_mapping_is_known_from_both_ends():
    found = registry("a1 superset b1", "a2 equal b2", "a3 intersects b3")
    inverse = [found.direct(ident(f"b{number}"), ident(f"a{number}")).relation for number in "123"]
    assert inverse == ["subset", "equal", "intersects"]
    assert found.direct(ident("a1"), ident("b2")) is None


@pytest.mark.parametrize(
    ("steps", "relation", "counted"),
    [
        (["a1 equal b1", "b1 equal c1"], "equal", "full"),
        (["a1 superset b1", "b1 equal c1"], "superset", "full"),
        (["a1 superset b1", "b1 superset c1"], "superset", "full"),
        (["a1 equal b1", "b1 intersects c1"], "intersects", "partial"),
        (["a1 superset b1", "b1 subset c1"], "subset", "partial"),
        (["a1 subset b1", "b1 subset c1", "c1 subset d1"], "subset", "partial"),
    ],
)
def test_the_weakest_step_decides(steps, relation, counted):
    found = registry(*steps)
    target = steps[-1].split()[-1]
    path = found.sources(ident(target))[ident("a1")]
    assert (path.relation, path.counts, len(path.steps)) == (relation, counted, len(steps))
    assert path.controls[0] == ident("a1")
    assert path.controls[-1] == ident(target)


@pytest.mark.parametrize("steps", [["subset", "superset"], ["intersects", "superset"], ["intersects", "intersects"]])
def test_where_nothing_follows_nothing_counts(steps):
    found = registry(f"a1 {steps[0]} b1", f"b1 {steps[1]} c1")
    assert counts(found, "a1", "c1") is None


def test_the_best_way_is_taken():
    found = registry("a1 intersects c1", "a1 equal b1", "b1 superset c1", "a1 equal d1", "d1 superset c1")
    path = found.sources(ident("c1"))[ident("a1")]
    assert path.counts == "full"
    assert path.controls[1] == min(ident("b1"), ident("d1")) or len(path.steps) == 2


def test_circles_end_and_nothing_counts_for_itself_or_its_own_framework():
    found = registry("a1 equal b1", "b1 equal c1", "c1 equal a1", "b1 equal a2")
    assert set(found.sources(ident("a1"))) == {ident("b1"), ident("c1")}
    assert counts(found, "a2", "a1") is None


def test_the_earlier_plugin_counts_and_the_conflict_names_both():
    found = registry("a1 equal b1")
    found.add("second", [one("b1 subset a1"), one("a2 equal b2"), one("b1 equal a1")])
    assert found.direct(ident("a1"), ident("b1")).relation == "equal"
    (line,) = found.conflicts()
    assert "second" in line
    assert "'subset'" in line
    found.remove("first")
    assert found.conflicts() == ["b 1 → a 1: plugin 'second' says 'equal', but 'subset' was there first (us)"]
    assert found.direct(ident("a1"), ident("b1")).relation == "superset"


def test_ends_that_an_installed_framework_lacks_are_told():
    frameworks = FrameworkRegistry()
    frameworks.add(Framework("a", "A", "1", "", (Category("x", "X"),), (Control("a", "1", "t", "", "x"),)))
    found = registry("a1 equal b1", "a9 equal b1")
    (line,) = found.unknown_ends(frameworks)
    assert line == "a → b of plugin 'first': a has no control '9'"


def test_a_control_that_was_renumbered_is_mapped_by_its_first_number():
    frameworks = FrameworkRegistry()
    renumbered = Control("a", "9", "t", "", "x", identity="1")
    frameworks.add(Framework("a", "A", "1", "", (Category("x", "X"),), (renumbered,)))
    assert registry("a1 equal b1").unknown_ends(frameworks) == []
    (line,) = registry("a9 equal b1").unknown_ends(frameworks)
    assert line == "a → b of plugin 'first': a '9' is known by the number that it had at first, '1'; name that"


def test_the_digest_follows_what_is_said_not_the_order():
    first, second = registry("a1 equal b1", "a2 equal b2"), registry("a2 equal b2", "a1 equal b1")
    assert first.digest() == second.digest() != registry("a1 equal b1").digest()


SIZES = st.frozensets(st.integers(0, 4), min_size=1)


@given(st.tuples(SIZES, SIZES, SIZES))
def test_what_follows_from_two_steps_holds_of_sets(sets):
    def relation(first, second):
        if first == second:
            return "equal"
        if first > second:
            return "superset"
        if first < second:
            return "subset"
        return "intersects" if first & second else None

    near, middle, far = sets
    steps = relation(near, middle), relation(middle, far)
    if None in steps:
        return
    claimed = follows(*steps)
    if claimed in FULL:
        assert near >= far
    elif claimed is not None:
        assert near & far


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 3), st.sampled_from(RELATIONS)), max_size=12))
def test_ways_are_the_same_from_both_ends(ends):
    found = MappingRegistry()
    for (near, number, relation), (far, other, _) in itertools.pairwise(ends):
        if near != far:
            found.add("x", [one(f"{near}{number} {relation} {far}{other}")])
    controls = {ident(f"{letter}{number}") for letter in "abcd" for number in (1, 2, 3)}
    for target in controls:
        for source in found.sources(target):
            assert source in found.targets(target)
            assert target in found.sources(source)


def test_a_plugin_brings_mappings(make_studio, caplog):
    class Sample:
        info = PluginInfo(name="samples", version="1")

        @hookimpl
        def studio_mappings(self):
            return [one("a1 equal b1"), one("a1 subset b1")]

    platform = make_studio(plugins=["auth"], extra=[Sample()]).platform
    assert platform.mappings.direct(ident("a1"), ident("b1")).relation == "equal"
    assert "a mapping doesn't count" in caplog.text


def test_a_plugin_that_brings_something_else_is_left_out(make_studio):
    class Sample:
        info = PluginInfo(name="samples", version="1")

        @hookimpl
        def studio_mappings(self):
            return ["soc2"]

    record = make_studio(plugins=["auth"], extra=[Sample()], may_leave_out=True).platform.plugins.record("samples")
    assert record.state == "left out"
    assert "studio_mappings returned" in record.reason
