"""Power of hosts from outside: power_off, power_on. By os-faults (IPMI, libvirt), or by commands of the site's own.

`erisc_power` in the inventory, for each host:

    {driver: ipmi, address: 10.0.9.11, username: admin, password: secret}
    {driver: libvirt, connection_uri: qemu+ssh://root@kvm1/system, libvirt_name: ctl1}
    {driver: commands, on: [pdu, "on", "7"], off: [pdu, "off", "7"], status: [pdu, status, "7"]}

The commands run where the executor runs; `status` prints `on` or `off`. os-faults runs in the environment `ansible`,
with a configuration for the one host that it is to reach.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import time
from typing import Any

from erisc.base import environments
from erisc.base.failure import Failure
from erisc.base.steps import Silent
from erisc.executor.faults.protocol import Context, Strike
from erisc.executor.zones import Host

_KEYS: dict[str, dict[str, type]] = {
    "ipmi": {"address": str, "username": str, "password": str},
    "libvirt": {"connection_uri": str, "libvirt_name": str},
    "commands": {"on": list, "off": list, "status": list},
}
CALL = 120.0
"""s that a power command may take."""
BOOT = 600.0
"""s until a host answers again after its power is back."""


def configuration(host: Host) -> dict[str, Any]:
    """What os-faults reads (its docs, "Configuration"): one node, one power driver."""
    power = dict(host.power)
    driver = power.pop("driver")
    node = {"ip": host.address, "fqdn": host.name}
    if driver == "libvirt":
        node["libvirt_name"] = power.pop("libvirt_name")
        args: dict[str, Any] = power
    else:
        args = {"fqdn_to_bmc": {host.name: power}}
    return {
        "cloud_management": {"driver": "universal"},
        "node_discover": {"driver": "node_list", "args": [node]},
        "power_managements": [{"driver": driver, "args": args}],
    }


def wrong_keys(host: Host) -> str:
    """What is wrong with the host's `erisc_power`; "" when nothing is."""
    if not host.power:
        return "it has no erisc_power: state how its power is switched"
    given = {key: value for key, value in host.power.items() if key != "driver"}
    wanted = _KEYS.get(str(host.power.get("driver")))
    if wanted is None:
        return f"erisc_power has no usable driver: one of {', '.join(_KEYS)}"
    if set(given) != set(wanted) or any(not isinstance(given[key], kind) for key, kind in wanted.items()):
        return f"erisc_power of driver {host.power['driver']} needs exactly {', '.join(wanted)}"
    return ""


class Power:
    """A CalledAction. to: `off`, and on again to heal; or `on`, and it stays on."""

    strikes = "hosts"

    def __init__(self, name: str, to: str) -> None:
        self.name = name
        self._to = to

    def lacks(self, strike: Strike, context: Context) -> list[str]:
        """As in CalledAction. Asks for the state: address, user, password and driver are tried by it."""
        host = strike.host
        if wrong := wrong_keys(host):
            return [f"host {host.name}: {wrong}"]
        try:
            if host.power["driver"] != "commands":
                environments.ensure("ansible", report=Silent())
            _switch(dict(host.power), configuration_of(host), host.name, "status")
        except Failure as failure:
            return [f"host {host.name}: its power cannot be switched: {failure.what}. {failure.detail}".strip()]
        return []

    def undo(self, strike: Strike, context: Context) -> dict[str, Any]:
        """As in CalledAction. Passwords stay in the folder that does not travel."""
        host = strike.host
        path = os.path.join(context.private, f"power-{host.name}.json")
        text = json.dumps({"power": dict(host.power), "config": configuration_of(host)})
        os.makedirs(context.private, mode=0o700, exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8", opener=_private) as file:
            file.write(text)
        os.replace(path + ".new", path)
        return {
            "host": host.name,
            "address": host.address,
            "port": host.port if host.connection == "ssh" else 0,
        }

    def inject(self, strike: Strike, context: Context) -> None:
        """As in CalledAction."""
        _switch(dict(strike.host.power), configuration_of(strike.host), strike.host.name, self._to)

    def heal(self, undo: dict[str, Any], context: Context) -> None:
        """As in CalledAction: waits until the host takes connections again."""
        if self._to == "on":
            return
        path = os.path.join(context.private, f"power-{undo['host']}.json")
        try:
            with open(path, encoding="utf-8") as file:
                known = json.load(file)
        except OSError as error:
            raise Failure(f"{path} cannot be read: {error.strerror}", mend="power the host on by hand") from error
        if _switch(known["power"], known["config"], undo["host"], "status") != "on":
            _switch(known["power"], known["config"], undo["host"], "on")
        _wait_up(undo["host"], undo["address"], undo["port"])


def configuration_of(host: Host) -> dict[str, Any]:
    """As `configuration`; empty where os-faults is not asked."""
    return {} if host.power.get("driver") == "commands" else configuration(host)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _wait_up(host: str, address: str, port: int) -> None:
    deadline = time.monotonic() + BOOT
    while port:
        try:
            with socket.create_connection((address, port), timeout=5):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise Failure(
                    f"host {host} has power, and does not answer: {error}", mend="look at its console"
                ) from error
        time.sleep(1.0)


def _switch(power: dict[str, Any], config: dict[str, Any], name: str, to: str) -> str:
    """Switch `on` or `off`, or ask for the `status`. Returns the state. Raises Failure."""
    if power["driver"] == "commands":
        out = _run(power[to], "", {}).strip()
        if to == "status" and out not in ("on", "off"):
            raise Failure(f"`{shlex.join(power[to])}` printed {out[:80]!r}, neither on nor off")
        return out if to == "status" else to
    python = environments.python_of("ansible")
    # os-faults looks for ansible on the PATH.
    path = os.path.dirname(python) + os.pathsep + os.environ.get("PATH", "")
    variables = {**environments.run_variables(), "PATH": path}
    script = os.path.join(os.path.dirname(__file__), "in_environment", "power.py")
    return _run([python, script], json.dumps({"config": config, "host": name, "to": to}), variables).strip()


def _run(argv: list[str], given: str, variables: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            argv, input=given, env=variables or None, capture_output=True, text=True, timeout=CALL, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"`{argv[0]}` cannot be run: {error}") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it says nothing"]
        raise Failure(f"`{os.path.basename(argv[0])}` ended with {done.returncode}", detail=lines[-1][:500])
    return done.stdout


POWER_OFF = Power("power_off", "off")
POWER_ON = Power("power_on", "on")
