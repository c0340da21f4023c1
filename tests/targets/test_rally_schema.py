"""Our reading of the schemas of Rally's contexts is that of jsonschema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.targets.rally.catalogue import contexts
from erisc.targets.rally.schema import OPEN, misfits

WORDS = sorted(
    {"x", "public", "nova", "instances", "random", "1"}
    | {key for schema in contexts().values() for key in schema.get("properties", {})}
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.just(0.5) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=8,
)


def shaped(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that are likely to fit."""
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/", 1)[-1]]
    if schema.get("type") == "object" and "properties" in schema:
        own = {key: shaped(one, root) for key, one in schema["properties"].items()}
        needed = set(schema.get("required", ()))
        return st.fixed_dictionaries(
            {key: one for key, one in own.items() if key in needed},
            optional={key: one for key, one in own.items() if key not in needed},
        )
    if schema.get("type") == "array" and "items" in schema:
        return st.lists(shaped(schema["items"], root), max_size=3)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return {
        "integer": st.integers(0, 5), "string": st.sampled_from(WORDS), "boolean": st.booleans(),
        "number": st.sampled_from([0.5, 3]),
    }.get(schema.get("type", ""), values)  # fmt: skip


@pytest.mark.parametrize("name", sorted(contexts()))
@given(data=st.data())
def test_the_same_values_fit(name: str, data: st.DataObject) -> None:
    schema = contexts()[name]
    value = data.draw(values | shaped(schema, schema))
    loose = json.loads(json.dumps(schema).replace('"oneOf"', '"anyOf"'))  # one that fits will do
    assert (not misfits(value, schema)) == jsonschema.Draft7Validator(loose).is_valid(value)


def test_what_only_the_run_knows_fits_everywhere() -> None:
    assert not misfits({"image": {"name": OPEN}, "flavor": OPEN}, contexts()["servers"])
    (found,) = misfits({"image": {"nam": "x"}, "flavor": {"name": "m1.tiny"}}, contexts()["servers"])
    assert (found.where, found.wrong, found.known) == ("image", "nam", ("name",))
