"""A lab: `erisc lab` leaves in its folder an inventory.yaml and, with a cloud, a clouds.yaml; only they are read."""

from __future__ import annotations

import os

import yaml

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.home import labs_home
from erisc.executor.zones import Zone, ZoneCall
from erisc.executor.zones.inventory import parse_inventory

DEFAULT = "default"


def open_zone(call: ZoneCall) -> Zone:
    """The lab `call.name`. Raises Failure when it was never brought up."""
    name = call.name or DEFAULT
    if call.inventory:
        raise Failure(
            "--inventory belongs to --zone existing; a lab has its own", mend="leave it out", exit_code=WRONG_CALL
        )
    folder = os.path.join(labs_home(), name)
    clouds = os.path.join(folder, "clouds.yaml")
    inventory = os.path.join(folder, "inventory.yaml")
    if not os.path.exists(inventory):
        raise Failure(f"the lab {name!r} is not up: there is no {inventory}", mend=_mend(name))
    with open(inventory, encoding="utf-8") as file:
        hosts, groups = parse_inventory(yaml.safe_load(file), inventory)
    if not os.path.exists(clouds):
        return Zone(f"lab:{name}", _none(call.cloud, name), (), hosts, groups)
    return Zone(f"lab:{name}", call.cloud or _only_cloud(clouds), (clouds,), hosts, groups)


def _none(cloud: str, lab: str) -> str:
    if cloud:
        raise Failure(
            f"the lab {lab!r} has hosts alone, and no cloud {cloud!r}",
            mend=f"leave --cloud out, or give the lab a cloud: `{_mend(lab)} --cloud`",
            exit_code=WRONG_CALL,
        )
    return ""


def _only_cloud(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        clouds = list((yaml.safe_load(file) or {}).get("clouds", {}))
    if len(clouds) != 1:
        raise Failure(f"{path} has {len(clouds)} clouds: {', '.join(clouds)}", mend="choose one with --cloud")
    return str(clouds[0])


def _mend(name: str) -> str:
    return "erisc lab up" + ("" if name == DEFAULT else f" --name {name}")
