"""Whether a value fits a JSON Schema, as far as the schemas of Rally's contexts go: what is wrong, and where.

Known are type, properties, patternProperties, additionalProperties, required, items, enum, minimum, maximum, minItems,
maxItems, uniqueItems, minProperties, oneOf and anyOf (as one that fits), and $ref to the schema's own definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from erisc.base.record import record

OPEN = object()
"""A value that only the run knows: it fits everywhere."""

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


@record
class Misfit:
    """where: keys and indices with dots, "" for the whole. known: keys that would do, where one is unknown."""

    where: str
    what: str
    wrong: str = ""
    known: tuple[str, ...] = ()


def misfits(value: Any, schema: dict[str, Any], where: str = "", root: dict[str, Any] | None = None) -> list[Misfit]:
    """What does not fit; nothing when all does."""
    whole = schema if root is None else root
    if "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rsplit("/", 1)[-1]]
    if value is OPEN:
        return []
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        return [Misfit(where, f"must be {_article(kind)}")]
    found = [*_bounds(value, schema, where)]
    if isinstance(value, dict):
        found += _of_object(value, schema, where, whole)
    if isinstance(value, list) and "items" in schema:
        found += [one for i, item in enumerate(value) for one in misfits(item, schema["items"], _at(where, i), whole)]
    for word in ("oneOf", "anyOf"):
        found += _one_fits(value, schema.get(word, []), where, whole)
    return found


def _is(value: Any, kind: str | list[str]) -> bool:
    kinds = [kind] if isinstance(kind, str) else kind
    return any(isinstance(value, _TYPES[one]) and isinstance(value, bool) == (one == "boolean") for one in kinds)


def _article(kind: str | list[str]) -> str:
    if not isinstance(kind, str):
        return " or ".join(map(_article, kind))
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}" if kind != "null" else "empty"


def _at(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _bounds(value: Any, schema: dict[str, Any], where: str) -> Iterator[Misfit]:
    if "enum" in schema and value not in schema["enum"]:
        known = tuple(str(one) for one in schema["enum"])
        yield Misfit(where, f"must be one of {', '.join(known)}", str(value), known)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            yield Misfit(where, f"must be at least {schema['minimum']}")
        if value > schema.get("maximum", value):
            yield Misfit(where, f"must be at most {schema['maximum']}")
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield Misfit(where, f"needs {schema['minItems']} or more items")
        if len(value) > schema.get("maxItems", len(value)):
            yield Misfit(where, f"takes {schema['maxItems']} items at most")
        if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
            yield Misfit(where, "holds an item twice")
    if isinstance(value, dict) and len(value) < schema.get("minProperties", 0):
        yield Misfit(where, "is empty")


def _of_object(value: dict[str, Any], schema: dict[str, Any], where: str, root: dict[str, Any]) -> Iterator[Misfit]:
    known: dict[str, Any] = schema.get("properties", {})
    patterns: dict[str, Any] = schema.get("patternProperties", {})
    for key, item in value.items():
        fitting = [known[key]] if key in known else [one for text, one in patterns.items() if re.search(text, key)]
        for one in fitting:
            yield from misfits(item, one, _at(where, key), root)
        more = schema.get("additionalProperties", True)
        if not fitting and more is False:
            yield Misfit(where, f"has no `{key}`", key, tuple(known))
        elif not fitting and isinstance(more, dict):
            yield from misfits(item, more, _at(where, key), root)
    for key in schema.get("required", ()):
        if key not in value:
            yield Misfit(where, f"needs `{key}`")


def _one_fits(value: Any, schemas: list[dict[str, Any]], where: str, root: dict[str, Any]) -> list[Misfit]:
    """Of several forms the one that is nearest says what is wrong."""
    tried = [misfits(value, one, where, root) for one in schemas]
    return [] if not tried or not all(tried) else min(tried, key=len)
