"""stdlib/operations.json: every operation can be done with what it takes, and what it makes it takes back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.base.home import data_file
from erisc.executor.loads.catalogue import Request, arguments, sequence
from erisc.executor.loads.http.scenario import parse_scenario
from erisc.executor.loads.openstack.template import UnknownError, fill, path, pick

with open(data_file("stdlib", "operations.json"), encoding="utf-8") as file:
    DATA: dict[str, Any] = json.load(file)
OPERATIONS: dict[str, Any] = DATA["openstack"]["operations"]
OWN = {"name", "project", "credentials"}


def variables(form: Any) -> set[str]:
    """The variables that a form needs."""
    if isinstance(form, str):
        return set(re.findall(r"\{(\w+)\}", form))
    if isinstance(form, list):
        return {name for one in form for name in variables(one)}
    needed = {name for one in form.values() for name in variables(one)} if isinstance(form, dict) else set()
    return needed - {form["$if"]} if isinstance(form, dict) and "$if" in form else needed


def checked(requests: tuple[Request, ...], known: set[str]) -> set[str]:
    """What is known after these requests. Fails where one needs what is not."""
    for one in requests:
        needed = variables(one.path) | variables(one.body) | {name for _, p in one.keep for name in variables(p)}
        assert needed <= known | ({"each"} if one.each else set()), one.name
        known = known | {name for name, _ in one.keep}
    return known


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_variable_of_an_operation_is_known_by_then(name: str) -> None:
    steps = sequence(name)
    given = {"flavor": "m1.nano", "image": "cirros"}
    filled = arguments("openstack", name, {key: given[key] for key in given if key in OPERATIONS[name]["parameters"]})
    known = {key for key, value in filled.items() if value is not None} | OWN
    before = checked(steps.before, known)
    checked(steps.after, checked(steps.requests, before))


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "create" in name or "boot" in name])
def test_what_an_operation_makes_it_takes_back_after_a_failure_too(name: str) -> None:
    steps = sequence(name).requests
    assert any(one.method == "POST" and "{name}" in variables_text(one.body) for one in steps)
    assert any(one.method == "DELETE" and one.always for one in steps)


def variables_text(form: Any) -> str:
    """The form as text."""
    return json.dumps(form)


@pytest.mark.parametrize(
    ("driver", "operation", "given", "said"),
    [
        ("openstack", "network.create", {}, "driver openstack has no operation 'network.create'"),
        ("openstack", "network.list", {"tags": []}, "network.list has no argument 'tags'"),
        ("openstack", "server.boot_delete", {"image": "i"}, "server.boot_delete needs the argument flavor"),
        ("openstack", "volume.create_delete", {"size": "1"}, "size of volume.create_delete is '1', of type integer"),
        ("http", "", {"verify": 1}, "verify of http is 1, of type boolean"),
        ("rpc", "shout", {}, "driver rpc has no operation 'shout'"),
    ],
)
def test_wrong_arguments_are_named(driver: str, operation: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(Failure) as caught:
        arguments(driver, operation, given)
    assert said in caught.value.what


def test_defaults_are_filled_in() -> None:
    assert arguments("http", "", {"expect": [200, 404]})["expect"] == [200, 404]
    assert arguments("http", "", {})["timeout"] == 10.0


def test_forms_keep_the_types_of_variables() -> None:
    known = {"n": 2, "name": "x", "port": None}
    assert fill({"a": "{n}", "b": "v{n}", "c": [{"$times": "{n}", "$of": "{name}"}]}, known) == {
        "a": 2, "b": "v2", "c": [["x", "x"]],
    }  # fmt: skip
    assert fill({"$if": "port", "$then": "{port}", "$else": "none"}, known) == "none"
    assert path("/a/{name}", {"name": "b/c d"}) == "/a/b%2Fc%20d"
    with pytest.raises(UnknownError):
        fill("{port}", known)


def test_values_are_picked_out_of_answers() -> None:
    answer = {"server": {"id": 7}, "ports": [{"id": "a"}, {"id": "b"}], "flavors": [{"name": "m", "id": "1"}]}
    assert pick(answer, "server.id", {}) == 7
    assert pick(answer, "ports.*.id", {}) == ["a", "b"]
    assert pick(answer, "flavors[name,id={flavor}].id", {"flavor": "m"}) == "1"
    assert pick(answer, "flavors[name,id={flavor}].id", {"flavor": "1"}) == "1"
    for place in ("server.name", "other", "flavors[name=z].id"):
        with pytest.raises(UnknownError):
            pick(answer, place, {})


@pytest.mark.parametrize("text", ["get http://x/", "GET ftp://x/", "GET http://{a b}/", "GET http://x/a b", "", "x"])
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(Failure):
        parse_scenario(text)


def test_requests_are_taken_apart() -> None:
    found = parse_scenario("POST https://{web}:8443/a?b=c")
    assert (found.method, found.scheme, found.service, found.port, found.path) == (
        "POST",
        "https",
        "web",
        8443,
        "/a?b=c",
    )
    plain = parse_scenario("http://[::1]")
    assert (plain.method, plain.host, plain.port, plain.path) == ("GET", "::1", None, "/")
