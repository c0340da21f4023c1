"""Every built-in action is declared, described, and written in sh that both shells read; a third party's is as good."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.base.plugins import entry_points
from erisc.executor.faults.actions.managers import MANAGERS, manager_of
from erisc.executor.faults.actions.manual import ACTIONS
from erisc.executor.faults.protocol import HostAction, Recipe, Strike
from erisc.executor.zones import Host
from erisc.reference.library import entries

HOSTILE = 'it\'s "$(touch /tmp/erisc-was-here)" `id` ; reboot & \\ *'
SERVICES: dict[str, dict[str, Any]] = {
    "supervisor": {"socket": HOSTILE, "program": HOSTILE},
    "systemd": {"unit": HOSTILE},
    "pidfile": {"path": HOSTILE, "start": [HOSTILE], "stop": [HOSTILE], "argv": [HOSTILE]},
    "argv": {"argv": [HOSTILE], "start": [HOSTILE]},
    "commands": {"pids": [HOSTILE], "start": [HOSTILE], "port": 80, "primary": ["true"], "transport_url": "x"},
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "kill": {"signal": "sigterm"}, "loss": {"share": 0.1}, "duplicate": {"share": 0.1}, "reorder": {"share": 0.1},
    "delay": {"by": 0.1, "jitter": 0.01}, "throttle": {"to": 1e6}, "block_port": {"port": 80},
    "interface_down": {"name": "it's$(id)"}, "burn_cpu": {"share": 0.5}, "fill_memory": {"share": 0.5},
    "burn_io": {"writers": 4}, "fill_disk": {"path": "/" + HOSTILE, "share": 1.0}, "skew_clock": {"by": -5.0},
}  # fmt: skip
BUILT_IN = {
    name: point.load() for name, point in entry_points("erisc.faults").items() if point.package.startswith("erisc-")
}


def host(name: str, **more: Any) -> Host:
    services = {kind: {"manager": kind, **keys} for kind, keys in SERVICES.items()}
    return Host(name, "ssh", HOSTILE, 22, "", "", services, **more)


def strikes(name: str) -> list[Strike]:
    """One of a hostile author's for every manager, or with and without interfaces of the inventory."""
    action: Any = BUILT_IN[name]
    arguments = ARGUMENTS.get(name, {})
    others = (host("other"), Host("v6", "ssh", "fd00::1", 22, "", "", {}, addresses=("fd00::1", "10.0.0.1")))
    if action.strikes == "service":
        return [Strike(HOSTILE, host(HOSTILE), kind, (), arguments, 5.0) for kind in MANAGERS]
    return [Strike(HOSTILE, host(HOSTILE, interfaces=i), "", others, arguments, 5.0) for i in ((), (HOSTILE,))]


def test_library_manual_and_entry_points_have_the_same_actions() -> None:
    declared = {entry.name for entry in entries("std.faults") if entry.kind == "action"}
    assert declared == set(ACTIONS) == set(BUILT_IN)


@pytest.mark.parametrize("name", sorted(name for name, each in BUILT_IN.items() if isinstance(each, HostAction)))
def test_texts_are_sh_whatever_the_author_writes(name: str, shells: list[list[str]]) -> None:
    action = BUILT_IN[name]
    assert isinstance(action, HostAction)
    for strike in strikes(name):
        recipe = action.recipe(strike)
        assert recipe == action.recipe(strike)
        texts = [recipe.needs, recipe.arm, recipe.inject, recipe.hold, recipe.heal, recipe.left]
        for shell in shells:
            done = subprocess.run([*shell, "-n"], input="\n".join(texts), text=True, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
        assert recipe.arm, "it refuses nothing"


@pytest.mark.parametrize(
    "keys",
    [{}, {"manager": "magic"}, {"manager": "systemd"}, {"manager": "systemd", "unit": 3},
     {"manager": "argv", "argv": "x", "start": ["x"]}, {"manager": "commands", "pids": [], "start": ["x"]},
     {"manager": "supervisor", "socket": "/s", "program": "x", "more": 1}],
)  # fmt: skip
def test_a_service_without_a_usable_manager_is_named(keys: dict[str, Any]) -> None:
    with pytest.raises(Failure, match="service 'x' has no usable manager"):
        manager_of(Host("h", "ssh", "", 22, "", "", {"x": keys}), "x")


THIRD_PARTY = """
from erisc.executor.faults.protocol import HostAction, Recipe

NOTE = HostAction("note", "hosts", lambda s: Recipe("", 'echo >"$ERISC/armed_it"', "echo struck", "", ":", ""))
"""


def test_an_action_of_a_third_party_is_found_like_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "others_faults.py").write_text(THIRD_PARTY)
    info = tmp_path / "others-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[erisc.faults]\nnote = others_faults:NOTE\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = entry_points("erisc.faults")["note"]
    assert point.package == "others-1.0"
    action = point.load()
    assert isinstance(action, HostAction)
    assert isinstance(action.recipe(strikes("loss")[0]), Recipe)
    sys.modules.pop("others_faults")
