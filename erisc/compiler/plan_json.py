"""The Plan as JSON and back: a record is an object of its fields with its class as `kind`; what is omitted is nothing.

docs/schema/plan.schema.json describes the form; `schema` makes it from the records.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_origin, get_type_hints

from erisc.base.record import fields, is_record
from erisc.compiler import plan as records
from erisc.compiler.plan import Cell, Mapping, OutputRef, Plan

FORMAT = 1
"""Goes up when a reader of the old form would misread the new one."""

_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_TAGGED = {
    "Number", "KpiRef", "Unary", "Binary", "Aggregate", "Recover", "Selection", "Rolling", "AtIteration", "When",
}  # fmt: skip
"""Members of unions carry their class as `kind`; no other record needs it."""
_PAIRS = {"properties", "labels", "point", "parameters", "options"}


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The Plan as plain values. Pairs become objects, a choice of 64 bits becomes 16 hexadecimal digits."""
    return {"format": FORMAT, **_plain(plan)}


def cell_to_json(cell: Cell) -> dict[str, Any]:
    """One of the Plan's cells, as `plan_to_json` has it."""
    made: dict[str, Any] = _plain(cell)
    return made


def plan_from_json(data: dict[str, Any]) -> Plan:
    """The Plan again. Raises ValueError when the data is no plan of this format."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"this is no plan of format {FORMAT}")
    try:
        made = _record(Plan, {key: value for key, value in data.items() if key != "format"})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no plan: {error}") from error
    assert isinstance(made, Plan)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items}
    if isinstance(value, OutputRef):
        return {"$output": [value.topology, value.resource]}
    if is_record(value):
        name = type(value).__name__
        head = {"kind": name} if name in _TAGGED else {}
        return head | {key: _field(key, getattr(value, key)) for key in fields(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def _field(key: str, value: Any) -> Any:
    if key in _PAIRS:
        return {name: _plain(inner) for name, inner in value}
    if key == "choice":
        return f"{value:016x}"
    return _plain(value)


_hints: dict[type, dict[str, Any]] = {}


def hints(kind: type) -> dict[str, Any]:
    """Field -> type of a record."""
    if kind not in _hints:
        _hints[kind] = {
            name: hint for name, hint in get_type_hints(kind, vars(records)).items() if name in fields(kind)
        }
    return _hints[kind]


def _record(kind: type, data: dict[str, Any]) -> Any:
    types = hints(kind)
    if set(data) != set(types) and set(data) != set(types) | {"kind"}:
        raise TypeError(f"{kind.__name__} has the fields {', '.join(types)}")
    return kind(**{name: _back(name, types[name], data[name]) for name in types})


def _back(name: str, hint: Any, value: Any) -> Any:
    if name in _PAIRS:
        return tuple(value.items())
    if name == "choice":
        return int(value, 16)
    if hint is Mapping:
        return _argument(value)
    if value is None or isinstance(value, bool):
        return value
    members = get_args(hint)
    if get_origin(hint) in (tuple, Sequence):
        return tuple(_back("", members[0], inner) for inner in value)
    if isinstance(value, dict):
        kind = getattr(records, value["kind"]) if "kind" in value and value["kind"] in _TAGGED else _only(hint)
        return _record(kind, value)
    return float(value) if hint is float or (float in members and int not in members) else value


def _only(hint: Any) -> type:
    """The record of a type, or of a type or None."""
    for member in (hint, *get_args(hint)):
        if isinstance(member, type) and hasattr(member, "__record_fields__"):
            return member
    raise TypeError(f"{hint} is no record")


def _argument(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$output"}:
            return OutputRef(*value["$output"])
        return Mapping(tuple((key, _argument(inner)) for key, inner in value.items()))
    return tuple(_argument(inner) for inner in value) if isinstance(value, list) else value


# --- the schema ------------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of plan.json, from the records."""
    kinds: dict[str, Any] = {
        "Argument": _ARGUMENT,
        "Mapping": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Argument"}},
    }
    _describe(Plan, kinds)
    root = kinds.pop("Plan")
    root["properties"] = {"format": {"const": FORMAT}, **root["properties"]}
    root["required"] = ["format", *root["required"]]
    return {"$schema": _SCHEMA, "title": "erisc plan", **root, "$defs": dict(sorted(kinds.items()))}


_OUTPUT = {
    "type": "object",
    "properties": {
        "$output": {
            "type": "array",
            "prefixItems": [{"type": "string"}, {"type": "string"}],
            "items": False,
            "minItems": 2,
        }
    },
    "required": ["$output"],
    "additionalProperties": False,
}
_ARGUMENT = {
    "anyOf": [
        {"type": ["boolean", "number", "string"]},
        _OUTPUT,
        {"type": "array", "items": {"$ref": "#/$defs/Argument"}},
        {"$ref": "#/$defs/Mapping"},
    ]
}


def _describe(kind: type, kinds: dict[str, Any]) -> None:
    if kind.__name__ in kinds:
        return
    entry: dict[str, Any] = {"type": "object", "description": " ".join((kind.__doc__ or kind.__name__).split())}
    kinds[kind.__name__] = entry
    properties = {name: _type(name, hint, kinds) for name, hint in hints(kind).items()}
    tag = {"kind": {"const": kind.__name__}} if kind.__name__ in _TAGGED else {}
    entry |= {"properties": tag | properties, "required": [*tag, *properties], "additionalProperties": False}


_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def _type(name: str, hint: Any, kinds: dict[str, Any]) -> dict[str, Any]:
    if name in _PAIRS:
        inner = {"type": "string"} if name == "labels" else {"type": ["boolean", "number", "string"]}
        return {"type": "object", "additionalProperties": inner}
    if name == "choice":
        return {"type": "string", "pattern": "^[0-9a-f]{16}$"}
    if hint is Mapping:
        return {"$ref": "#/$defs/Mapping"}
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    members = get_args(hint)
    if get_origin(hint) in (tuple, Sequence):
        return {"type": "array", "items": _type("", members[0], kinds)}
    if members:
        return {"anyOf": [_type("", member, kinds) for member in members]}
    _describe(hint, kinds)
    return {"$ref": f"#/$defs/{hint.__name__}"}
