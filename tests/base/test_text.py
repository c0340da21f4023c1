"""What erisc writes as JSON and YAML is read back as it was, by JSON and by PyYAML alike."""

import json
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from erisc.base import json_text, yaml_text

text = st.text(st.characters(codec=None)) | st.text(
    "{}[]#%&*!|>'\"\\:-? ,\t\n\r\x00\x7f\x85\u2028\u202e\ufeff~=<y1.e+0"
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=12)

MISREAD = [
    "", " ", "yes", "No", "NULL", "~", "null", "on", "Off", "y", "N", "true", "TRUE", "2018-08-31",
    "2001-12-14 21:59:43.10",
    "010", "0o14", "0x1F", "0b1", "1_000", "190:20:30", "1:30", "1e3", "1.5", ".5", "-1", "+1", ".inf", "-.INF", ".NaN",
    " lead", "trail ", "a: b", "a:", ":a", "a #b", "#b", "- a", "-", "?", "? a", "!!python/object/apply:os.system [x]",
    "&a",
    "*a", "!a", "|", ">", "%TAG", "@a", "`a", "'a'", '"a"', "{a", "[a", "a\nb", "a\r\nb", "\ttab", "a\x00b", "\x85",
    "\u2028",
    "\u202egnp.exe", "\ufeff", "---", "...", "--- a", "<<", "=", "a  b", "{{ x }}", "x" * 10_000,
    "a" * 10_000 + ": b",
]  # fmt: skip


@given(values)
def test_yaml_is_read_back_as_it_was(value: object) -> None:
    assert same(yaml.safe_load(yaml_text.dump(value)), value)


@given(values)
def test_json_is_read_back_as_it_was(value: object) -> None:
    assert same(json.loads(json_text.dump(value)), value)


@given(st.dictionaries(text.filter(lambda key: len(key) < 100), values) | st.lists(values))
def test_a_yaml_reader_takes_json_for_the_same(value: object) -> None:
    written = json_text.dump(value)
    assert same(yaml.safe_load(written.decode()), value) or any(len(line) > 1024 for line in written.split(b"\n"))


@pytest.mark.parametrize("hostile", MISREAD)
def test_text_that_looks_like_something_else_stays_text(hostile: str) -> None:
    for value in (hostile, [hostile], {hostile: hostile}, {"a": [{hostile: [hostile]}]}):
        written = yaml_text.dump(value)
        assert yaml.safe_load(written) == value
        assert not set("\u202e\ufeff\x85\u2028\x00") & set(written)


def test_the_form_of_yaml() -> None:
    value = {
        "a": 1,
        "empty": {},
        "none": [],
        "list": [1, "two words", [3, [4]], {"b": {"c": None}, "d": [5]}],
        "t": "OS::Nova::Server",
    }
    assert yaml_text.dump(value) == (
        "a: 1\nempty: {}\nnone: []\nlist:\n  - 1\n  - two words\n  - - 3\n    - - 4\n"
        "  - b:\n      c: null\n    d:\n      - 5\nt: OS::Nova::Server\n"
    )


def test_the_form_of_json() -> None:
    assert json_text.dump({"a": [], "b": {"c": [1.0, None, "é"]}}) == (
        '{\n  "a": [],\n  "b": {\n    "c": [\n      1.0,\n      null,\n      "é"\n    ]\n  }\n}\n'.encode()
    )


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(number: float) -> None:
    for dump in (json_text.dump, yaml_text.dump):
        with pytest.raises(ValueError, match="cannot be written"):
            dump({"a": [number]})


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, b"bytes"])
def test_other_types_are_refused(value: object) -> None:
    for dump in (json_text.dump, yaml_text.dump):
        with pytest.raises(TypeError):
            dump(value)


def same(read: object, written: object) -> bool:
    """Equal, and of the same types: 1 is not true and not 1.0."""
    if isinstance(written, dict):
        return (
            isinstance(read, dict) and list(read) == list(written) and all(same(read[k], written[k]) for k in written)
        )
    if isinstance(written, list):
        return isinstance(read, list) and len(read) == len(written) and all(map(same, read, written))
    return type(read) is type(written) and read == written
