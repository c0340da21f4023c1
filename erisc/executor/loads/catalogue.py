"""What the drivers `http`, `openstack` and `rpc` can do, as stdlib/operations.json says it to compiler and drivers."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.home import data_file
from erisc.base.record import record


@record
class Until:
    """A poll's end: value `value` of the answer is one of `wanted`, or the status is `status`. never: values that it
    does not come back from."""

    value: str
    wanted: tuple[str, ...]
    never: tuple[str, ...]
    status: int | None


@record
class Request:
    """One request of an operation, an atomic action. path: behind the service's endpoint. body: None for none. keep:
    variables to places in the answer. always: it is sent after a failure too, when its variables are known. admin: as
    the admin. plain: without a token. each: a variable that is a list; a request for every item. unless, made: only
    when this argument was not given. microversion: `service version`.
    """

    name: str
    service: str
    method: str
    path: str
    expect: tuple[int, ...]
    body: Any = None
    keep: tuple[tuple[str, str], ...] = ()
    until: Until | None = None
    always: bool = False
    admin: bool = False
    plain: bool = False
    each: str = ""
    unless: str = ""
    microversion: str = ""


@record
class Sequence:
    """An operation: what is sent once before the load, for every iteration, and once after the load."""

    before: tuple[Request, ...]
    requests: tuple[Request, ...]
    after: tuple[Request, ...]


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    with open(data_file("stdlib", "operations.json"), encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found


def arguments(driver: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an operation of a driver, defaults filled in. Raises Failure naming one that is unknown, of
    another type, or missing.
    """
    known = _parameters(driver, operation)
    unknown = sorted(set(given) - set(known))
    if unknown:
        mend = f"one of: {', '.join(sorted(known))}"
        raise Failure(f"{operation or driver} has no argument {unknown[0]!r}", mend=mend, exit_code=WRONG_CALL)
    for name, value in given.items():
        if not _fits(value, known[name]):
            what = f"argument {name} of {operation or driver} is {value!r}, of type {known[name]['type']} it should be"
            raise Failure(what, exit_code=WRONG_CALL)
    missing = [name for name, one in known.items() if "default" not in one and name not in given]
    if missing:
        raise Failure(f"{operation or driver} needs the argument {missing[0]}", exit_code=WRONG_CALL)
    return {name: given.get(name, one.get("default")) for name, one in known.items()}


def _parameters(driver: str, operation: str) -> dict[str, Any]:
    part: dict[str, Any] = _file()[driver]
    if operation and operation not in part["operations"]:
        mend = f"one of: {', '.join(part['operations'])}"
        raise Failure(f"driver {driver} has no operation {operation!r}", mend=mend, exit_code=WRONG_CALL)
    own = part["operations"][operation] if operation else {}
    found: dict[str, Any] = part["parameters"] | (own.get("parameters", {}) if isinstance(own, dict) else {})
    return found


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "list": (list,), "object": (dict,),
}  # fmt: skip


def _fits(value: Any, parameter: dict[str, Any]) -> bool:
    kinds = parameter["type"] if isinstance(parameter["type"], list) else [parameter["type"]]
    if value is None:
        return "default" in parameter and parameter["default"] is None
    return any(isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "boolean") for kind in kinds)


def sequence(operation: str) -> Sequence:
    """The requests of an operation of driver `openstack`, one that `arguments` has found."""
    found = _file()["openstack"]["operations"][operation]
    return Sequence(
        before=tuple(map(_request, found.get("before", ()))),
        requests=tuple(map(_request, found["requests"])),
        after=tuple(map(_request, found.get("after", ()))),
    )


def _request(data: dict[str, Any]) -> Request:
    until = data.get("until")
    return Request(
        name=data["name"],
        service=data["service"],
        method=data["method"],
        path=data["path"],
        expect=tuple(data["expect"]),
        body=data.get("body"),
        keep=tuple(data.get("keep", {}).items()),
        until=_until(until) if until else None,
        always=data.get("always", False),
        admin=data.get("admin", False),
        plain=data.get("plain", False),
        each=data.get("each", ""),
        unless=data.get("unless", data.get("made", "")),
        microversion=data.get("microversion", ""),
    )


def _until(data: dict[str, Any]) -> Until:
    return Until(data["value"], tuple(data["is"]), tuple(data["never"]), data.get("status"))
