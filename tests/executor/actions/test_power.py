"""Power from outside: os-faults against a simulated BMC that speaks real IPMI, and commands of the site's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from erisc.base import environments
from erisc.executor.faults.actions.power import POWER_OFF, POWER_ON, configuration, wrong_keys
from erisc.executor.faults.protocol import Context, Strike
from erisc.executor.zones import Host
from tests.executor.actions.hosts import wait_for

BMC = "127.77.0.9"
LAN = """\
name "sim"
set_working_mc 0x20
  startlan 1
    addr {address} 623
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "{folder}/chassis 0x20"
  user 1 true  ""        "test" user     10       none md2 md5 straight
  user 2 true  "admin"  "secret" admin    10       none md2 md5 straight
"""
EMU = "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n"
CHASSIS = """\
#!/bin/sh
shift
op=$1
shift
while [ $# -gt 0 ]; do
    case $op:$1 in
    get:power) echo "power:$(cat FOLDER/power)" ;;
    set:power) echo "$2" >FOLDER/power; echo "$2" >>FOLDER/log; shift ;;
    esac
    shift
done
"""


def struck(power: dict[str, Any]) -> Strike:
    return Strike("s1", Host("ctl1", "local", "10.9.0.1", 22, "", "", {}, power=power), "", (), {}, 5.0)


@pytest.fixture
def bmc(tmp_path: Path) -> Iterator[Path]:
    """A BMC on loopback; its folder has the state of the power and all that was set."""
    if not shutil.which("ipmi_sim"):
        pytest.skip("there is no ipmi_sim (Debian's openipmi)")
    if not environments.is_complete("ansible"):
        pytest.skip("the environment `ansible` is not installed (the first run with power faults makes it)")
    (tmp_path / "lan.conf").write_text(LAN.format(address=BMC, folder=tmp_path))
    (tmp_path / "sim.emu").write_text(EMU)
    (tmp_path / "chassis").write_text(CHASSIS.replace("FOLDER", str(tmp_path)))
    (tmp_path / "chassis").chmod(0o755)
    (tmp_path / "power").write_text("1\n")
    (tmp_path / "log").touch()
    words = ["ipmi_sim", "-n", "-c", "lan.conf", "-f", "sim.emu", "-s", "state"]
    (tmp_path / "state").mkdir()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, cwd=tmp_path, stdin=quiet, stdout=quiet, stderr=quiet)
    wait_for(
        lambda: f"{BMC}:623 " in subprocess.run(["ss", "-lun"], capture_output=True, text=True, check=False).stdout,
        "no BMC",
    )
    yield tmp_path
    process.terminate()
    process.wait(10)


@pytest.mark.slow
def test_a_host_is_powered_off_and_on_by_ipmi(bmc: Path, tmp_path: Path) -> None:
    strike = struck({"driver": "ipmi", "address": BMC, "username": "admin", "password": "secret"})
    context = Context(None, str(tmp_path / "private"), "run")
    assert POWER_OFF.lacks(strike, context) == []
    undo = json.loads(json.dumps(POWER_OFF.undo(strike, context)))
    assert "secret" not in json.dumps(undo)
    POWER_OFF.heal(undo, context)
    assert (bmc / "log").read_text() == ""
    POWER_OFF.inject(strike, context)
    assert (bmc / "power").read_text() == "0\n"
    for _ in range(2):
        POWER_OFF.heal(undo, context)
        assert (bmc / "power").read_text() == "1\n"
    assert (bmc / "log").read_text() == "0\n1\n"
    wrong = struck({"driver": "ipmi", "address": BMC, "username": "admin", "password": "wrong"})
    assert "its power cannot be switched" in POWER_OFF.lacks(wrong, context)[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "power",
    [
        {"driver": "ipmi", "address": BMC, "username": "admin", "password": "secret"},
        {"driver": "libvirt", "connection_uri": "qemu:///system", "libvirt_name": "ctl1"},
    ],
    ids=lambda power: str(power["driver"]),
)
def test_os_faults_takes_the_configuration(power: dict[str, Any]) -> None:
    """By the JSON Schemas of its own drivers."""
    if not environments.is_complete("ansible"):
        pytest.skip("the environment `ansible` is not installed (the first run with power faults makes it)")
    python = environments.python_of("ansible")
    code = "import json, os_faults, sys; os_faults.connect(json.load(sys.stdin))"
    config = json.dumps(configuration(struck(power).host))
    variables = {**environments.run_variables(), "PATH": f"{os.path.dirname(python)}:{os.environ['PATH']}"}
    subprocess.run([python, "-c", code], input=config, text=True, check=True, env=variables)


def test_commands_of_the_sites_own_switch_the_power(tmp_path: Path) -> None:
    state = tmp_path / "it's the state"
    state.write_text("on")
    power = {
        "driver": "commands",
        "status": ["cat", str(state)],
        "on": ["sh", "-c", 'printf on >"$1"', "sh", str(state)],
        "off": ["sh", "-c", 'printf off >"$1"', "sh", str(state)],
    }
    context = Context(None, str(tmp_path), "run")
    strike = struck(power)
    assert POWER_OFF.lacks(strike, context) == []
    undo = POWER_OFF.undo(strike, context)
    POWER_OFF.inject(strike, context)
    assert state.read_text() == "off"
    POWER_ON.inject(strike, context)
    POWER_ON.heal(POWER_ON.undo(strike, context), context)
    assert state.read_text() == "on"
    POWER_OFF.inject(strike, context)
    for _ in range(2):
        POWER_OFF.heal(undo, context)
        assert state.read_text() == "on"
    assert "neither on nor off" in POWER_OFF.lacks(struck(power | {"status": ["echo", "maybe"]}), context)[0]


@pytest.mark.parametrize(
    "power",
    [
        {},
        {"driver": "magic"},
        {"driver": "ipmi", "address": "x"},
        {"driver": "commands", "on": "x", "off": [], "status": []},
    ],
)
def test_what_is_wrong_with_the_power_of_a_host_is_said(power: dict[str, Any]) -> None:
    assert wrong_keys(struck(power).host) != ""
    assert POWER_OFF.lacks(struck(power), Context(None, "", "run")) == [f"host ctl1: {wrong_keys(struck(power).host)}"]
