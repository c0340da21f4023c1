"""Ansible inventories as sites: YAML files, and executables that print the JSON of a dynamic inventory.

Formats: docs.ansible.com, "How to build your inventory" (YAML) and "Developing dynamic inventory" (`--list`, `_meta`).
Read here without Ansible: groups, children, host and group variables; no patterns and no ranges.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record
from erisc.executor.zones import Host

Groups = dict[str, tuple[str, ...]]
_TIMEOUT = 60.0
CONNECTIONS = ("local", "ssh")
_TRUE = ("true", "yes", "on", "y", "t", "1", "1.0")
_FALSE = ("false", "no", "off", "n", "f", "0", "0.0", "none", "")


@record
class _Tree:
    """Hosts' own variables, groups' variables, members and children, as an inventory states them."""

    host_vars: dict[str, dict[str, Any]]
    group_vars: dict[str, dict[str, Any]]
    members: dict[str, list[str]]
    children: dict[str, list[str]]


def read_inventory(path: str) -> tuple[dict[str, Host], Groups]:
    """Hosts by name and group members of a static or executable inventory. Raises Failure naming what is wrong."""
    if not os.path.isfile(path):
        raise _wrong(f"there is no inventory file {path}")
    if os.access(path, os.X_OK):
        return parse_dynamic(_run(path), path)
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _wrong(f"the inventory {path} cannot be read: {' '.join(str(error).split())}") from error
    return parse_inventory(content, path)


def parse_inventory(content: Any, where: str) -> tuple[dict[str, Host], Groups]:
    """An inventory in YAML form, already loaded."""
    if not isinstance(content, dict) or not content:
        raise _wrong(f"the inventory {where} holds no groups")
    tree = _Tree({}, {}, {}, {})
    for name, group in content.items():
        _read_group(tree, str(name), group, where)
    return _site(tree, where)


def parse_dynamic(content: Any, where: str) -> tuple[dict[str, Host], Groups]:
    """What a dynamic inventory prints for `--list`."""
    if not isinstance(content, dict):
        raise _wrong(f"the inventory {where} printed no JSON object")
    meta = content.get("_meta") or {}
    tree = _Tree({str(k): dict(v) for k, v in (meta.get("hostvars") or {}).items()}, {}, {}, {})
    for name, group in content.items():
        if name != "_meta":
            values = {"hosts": group} if isinstance(group, list) else group or {}
            tree.members[name] = [str(host) for host in values.get("hosts") or ()]
            tree.children[name] = [str(child) for child in values.get("children") or ()]
            tree.group_vars[name] = dict(values.get("vars") or {})
    return _site(tree, where)


def _read_group(tree: _Tree, name: str, group: Any, where: str) -> None:
    if not isinstance(group or {}, dict):
        raise _wrong(f"the inventory {where}: group {name!r} is no mapping")
    group = group or {}
    hosts, children = group.get("hosts") or {}, group.get("children") or {}
    if not isinstance(hosts, dict) or not isinstance(children, dict):
        raise _wrong(f"the inventory {where}: `hosts` and `children` of group {name!r} must be mappings")
    tree.members.setdefault(name, []).extend(str(host) for host in hosts)
    tree.children.setdefault(name, []).extend(str(child) for child in children)
    tree.group_vars.setdefault(name, {}).update(group.get("vars") or {})
    for host, values in hosts.items():
        tree.host_vars.setdefault(str(host), {}).update(values or {})
    for child, inner in children.items():
        _read_group(tree, str(child), inner, where)


def _site(tree: _Tree, where: str) -> tuple[dict[str, Host], Groups]:
    groups = {name: tuple(sorted(_members(tree, name, ()))) for name in tree.members}
    names = sorted({host for members in groups.values() for host in members} | set(tree.host_vars))
    if not names:
        raise _wrong(f"the inventory {where} holds no hosts")
    groups["all"] = tuple(names)
    return {name: _host(name, _variables(tree, groups, name), where) for name in names}, groups


def _members(tree: _Tree, name: str, seen: tuple[str, ...]) -> set[str]:
    if name in seen:
        return set()
    found = set(tree.members.get(name, ()))
    for child in tree.children.get(name, ()):
        found |= _members(tree, child, (*seen, name))
    return found


def _variables(tree: _Tree, groups: Groups, host: str) -> dict[str, Any]:
    """Smaller groups win over larger ones, as children win over parents; the host wins over all."""
    merged: dict[str, Any] = {}
    for name in sorted((n for n in groups if host in groups[n]), key=lambda n: (n != "all", -len(groups[n]), n)):
        merged |= tree.group_vars.get(name, {})
    return merged | tree.host_vars.get(host, {})


def _host(name: str, values: dict[str, Any], where: str) -> Host:
    connection = str(values.get("ansible_connection", "ssh"))
    if connection not in CONNECTIONS:
        raise _wrong(f"the inventory {where}: host {name}: connection {connection!r} is not one of local, ssh")
    services = values.get("erisc_services") or {}
    if not isinstance(services, dict) or not all(isinstance(each, dict) for each in services.values()):
        raise _wrong(f"the inventory {where}: host {name}: erisc_services must map services to their managers")
    address = str(values.get("ansible_host", name))
    return Host(
        name=name,
        connection=connection,
        address=address,
        port=int(values.get("ansible_port", 22)),
        user=str(values.get("ansible_user", "")),
        key=str(values.get("ansible_ssh_private_key_file", "")),
        ssh_args=str(values.get("ansible_ssh_common_args", "")),
        services={str(service): dict(manager) for service, manager in services.items()},
        labels={key: str(value) for key, value in _mapping(values, "erisc_labels", name, where).items()},
        addresses=_texts(values, "erisc_addresses", name, where) or (address,),
        interfaces=_texts(values, "erisc_interfaces", name, where),
        become=_truth(values, "ansible_become", name, where),
        power=_mapping(values, "erisc_power", name, where),
        prometheus=str(values.get("erisc_prometheus") or ""),
    )


def _mapping(values: dict[str, Any], key: str, host: str, where: str) -> dict[str, Any]:
    found = values.get(key) or {}
    if not isinstance(found, dict):
        raise _wrong(f"the inventory {where}: host {host}: {key} must be a mapping")
    return {str(name): value for name, value in found.items()}


def _texts(values: dict[str, Any], key: str, host: str, where: str) -> tuple[str, ...]:
    found = values.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
        raise _wrong(f"the inventory {where}: host {host}: {key} must be a list of texts")
    return tuple(found)


def _truth(values: dict[str, Any], key: str, host: str, where: str) -> bool:
    """Ansible takes a truth value also as text (docs.ansible.com, "Boolean variables")."""
    text = str(values.get(key, False)).lower()
    if text not in _TRUE + _FALSE:
        raise _wrong(f"the inventory {where}: host {host}: {key} must be true or false, not {values[key]!r}")
    return text in _TRUE


def _run(path: str) -> Any:
    try:
        command = [os.path.abspath(path), "--list"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        if done.returncode:
            raise _wrong(f"the inventory {path} ended with {done.returncode}", detail=done.stderr.strip()[-2000:])
        return json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise _wrong(f"the inventory {path} cannot be used: {error}") from error


def _wrong(what: str, detail: str = "") -> Failure:
    return Failure(what, detail=detail, mend="docs/formats.md, section Site, shows one", exit_code=WRONG_CALL)
