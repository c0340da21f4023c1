"""inventory.yaml of a lab, put together from what its cloud and its hosts each have to say."""

from __future__ import annotations

import json
from typing import Any

from erisc.base import yaml_text
from erisc.lab.state import State, read, write

PARTS = ("cloud", "hosts")


def write_part(state: State, part: str, groups: dict[str, Any]) -> None:
    """Replace the groups that `part` (of `PARTS`) has, and write the whole anew."""
    write(_path(state, part), json.dumps(groups))
    _write(state)


def _path(state: State, part: str) -> str:
    return state.path("etc", f"inventory-{part}.json")


def _write(state: State) -> None:
    children: dict[str, Any] = {}
    for part in PARTS:
        for group, value in json.loads(read(_path(state, part)) or "{}").items():
            children.setdefault(group, {"hosts": {}})["hosts"].update(value["hosts"])
    write(state.path("inventory.yaml"), yaml_text.dump({"all": {"children": children, "vars": {"erisc_zone": "lab"}}}))
