"""The fast reader of YAML says the same as PyYAML, whatever the text."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_kernel.yaml_documents import parse_yaml

TEXTS = st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.booleans())
def test_whatever_pyyaml_writes_is_read_back(value: object, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    assert parse_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n",
        "~",
        "'7'",
        "7",
        "[1, 1.5, 0x1f, 1_000, yes, Off, null, ~, 2024-05-01, .inf, '', text]",
        "a:\nb: 'x'\n'c': |\n  two\n  lines\n",
        "a: >-\n  folded\n  text\nb: [one, {two: 2}]\n",
        "plain text\n over lines",
        "base: &one {a: 1}\nnext: {<<: *one, b: 2}\n",
        "7: number\n",
        "set: !!set {a, b}\n",
        "a: 1\na: 2\n",
        '{"json": [true, null, 1e3]}',
    ],
)
def test_it_says_what_pyyaml_says(text: str) -> None:
    assert parse_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text", ["a: [1", "a: b: c", "--- 1\n--- 2\n", "*unknown", "!!python/name:os.system x", "\t- a"]
)
def test_it_refuses_what_pyyaml_refuses(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(text)
    with pytest.raises(yaml.YAMLError):
        parse_yaml(text)


def test_endless_nesting_is_an_error_with_words() -> None:
    with pytest.raises(yaml.YAMLError, match=r"nested too deeply|maximum"):
        parse_yaml("[" * 5000 + "]" * 5000)
