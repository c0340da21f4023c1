"""Switches one host by os-faults; runs in the environment `ansible`. Reads {"config", "host", "to"} as JSON.

Prints the state, `on` or `off`. os-faults itself cannot ask for it; its drivers' libraries can.
"""

import json
import sys
from typing import Any

import os_faults


def state_of(config: "dict[str, Any]", host: str) -> str:
    """`on` or `off`."""
    power = config["power_managements"][0]
    if power["driver"] == "ipmi":
        from pyghmi.ipmi import command

        bmc = power["args"]["fqdn_to_bmc"][host]
        with_bmc = command.Command(bmc=bmc["address"], userid=bmc["username"], password=bmc["password"])
        return str(with_bmc.get_power()["powerstate"])
    try:
        import libvirt
    except ImportError:
        sys.exit("libvirt-python is missing: use the driver `commands` with `virsh start` and `virsh destroy`")
    name = config["node_discover"]["args"][0]["libvirt_name"]
    domain = libvirt.open(power["args"]["connection_uri"]).lookupByName(name)
    return "on" if domain.isActive() else "off"


def main(asked: "dict[str, Any]") -> None:
    """One call."""
    config, host, to = asked["config"], asked["host"], asked["to"]
    cloud = os_faults.connect(config)
    nodes = cloud.get_nodes(fqdns=[host])
    if to == "off":
        nodes.poweroff()
    elif to == "on":
        nodes.poweron()
    print(state_of(config, host) if to == "status" else to)


main(json.load(sys.stdin))
