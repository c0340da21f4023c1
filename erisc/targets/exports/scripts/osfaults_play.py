#!/usr/bin/env python3
"""Plays the faults of faults.json through os-faults, on the hosts of an Ansible inventory.

    play.py -i INVENTORY [--fault NAME [--instance N]] [--dry-run]

Run it when the load starts: t = 0 is now. With --fault it plays that fault alone, at once. Needs the package os-faults
with Ansible in the same environment. Hosts come from the inventory (ansible_host, ansible_user,
ansible_ssh_private_key_file), their power from `erisc_power`, and for a service of systemd its unit from
`erisc_services`; every other service is as os-faults.yaml has it.

A call of os-faults takes about a second, so an effect is that late; what is open is healed when this ends, whatever
ends it.
"""

import argparse
import os
import sys
import threading
import time

import resolve
import yaml


def config_of(site, hosts):
    """The configuration of os-faults: os-faults.yaml, with what the inventory knows."""
    with open(os.path.join(resolve.HERE, "os-faults.yaml"), encoding="utf-8") as file:
        config = yaml.safe_load(file)
    config["node_discover"] = {"driver": "node_list", "args": [node(host, site.variables[host]) for host in hosts]}
    for name, service in config.get("services", {}).items():
        for host in hosts:
            manager = (site.variables[host].get("erisc_services") or {}).get(name, {})
            if manager.get("manager") == "systemd":
                unit = str(manager.get("unit", name))
                service.update(driver="system_service", args={"service_name": unit, "grep": unit})
    powers = power_of(site, hosts)
    if powers:
        config["power_managements"] = powers
    return config


def node(host, variables):
    """A host as os-faults lists it."""
    auth = {
        "username": variables.get("ansible_user"),
        "private_key_file": variables.get("ansible_ssh_private_key_file"),
    }
    found = {"ip": str(variables.get("ansible_host", host)), "fqdn": host}
    found["auth"] = {key: str(value) for key, value in auth.items() if value}
    domain = (variables.get("erisc_power") or {}).get("libvirt_name")
    return dict(found, libvirt_name=domain) if domain else found


def power_of(site, hosts):
    """The power drivers of os-faults that the hosts name."""
    boards, uris = {}, []
    for host in hosts:
        power = site.variables[host].get("erisc_power") or {}
        if power.get("driver") == "ipmi":
            boards[host] = {key: power[key] for key in ("address", "username", "password") if key in power}
        elif power.get("driver") == "libvirt" and power.get("connection_uri") not in uris:
            uris.append(power.get("connection_uri"))
    found = [{"driver": "libvirt", "args": {"connection_uri": uri}} for uri in uris]
    return found + ([{"driver": "ipmi", "args": {"fqdn_to_bmc": boards}}] if boards else [])


def connect(config):
    """os-faults on these hosts. It looks for Ansible on the path, where that of an environment need not be."""
    beside = os.path.dirname(sys.executable)
    os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])
    import os_faults

    return os_faults.connect(cloud_config=config)


def said(row):
    """`kill rabbitmq service on ctl1 node`, as os-faults would have it in words."""
    effect = row["effect"]
    verb = effect["call"][row["kind"]] or "leave"
    service = effect["target"]["service"]
    return "{} {} on {} node".format(verb, f"{service} service" if service else "host", row["host"])


def key_of(row):
    """What tells one effect on one host from all others."""
    return row["fault"], row["instance"], row["effect"]["action"], row["host"], row["effect"]["choice"]


class Player:
    """Plays moments, each in a thread of its own, and remembers what is open."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.open = {}
        self.lock = threading.Lock()
        self.failed = 0
        self.struck = {}

    def do(self, row):
        key = key_of(row)
        if row["kind"] == "heal" and key in self.struck:
            self.struck[key].join()  # calls overtake each other: what is not yet broken cannot be healed
        with self.lock:
            if row["kind"] == "inject" and row["effect"]["call"]["heal"]:
                self.open[key] = row
            elif row["kind"] == "heal":
                self.open.pop(key, None)
        try:
            self._call(row)
        except Exception as error:
            self.failed += 1
            print(f"FAILED {said(row)}: {error}", file=sys.stderr)

    def _call(self, row):
        effect = row["effect"]
        call, service = effect["call"], effect["target"]["service"]
        verb = call[row["kind"]]
        if not verb:
            return
        nodes = self.cloud.get_nodes(fqdns=[row["host"]])
        if service:
            getattr(self.cloud.get_service(name=service), verb)(nodes=nodes)
        elif row["kind"] == "inject":
            getattr(nodes, verb)(**call.get("arguments", {}))
        else:
            getattr(nodes, verb)()

    def play(self, rows):
        begin, threads = time.monotonic(), []
        try:
            for row in rows:
                time.sleep(max(0.0, begin + row["at"] - time.monotonic()))
                print(f"{time.monotonic() - begin:9.3f} s  {said(row)}", flush=True)
                threads.append(threading.Thread(target=self.do, args=(row,), daemon=True))
                if row["kind"] == "inject":
                    self.struck[key_of(row)] = threads[-1]
                threads[-1].start()
            for thread in threads:
                thread.join()
        finally:
            for row in list(self.open.values()):
                self.do(dict(row, kind="heal"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-i", "--inventory", action="append", required=True, metavar="FILE")
    parser.add_argument("--fault", metavar="NAME", help="this one alone, at once")
    parser.add_argument("--instance", type=int, default=0, metavar="N")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done")
    options = parser.parse_args()
    content = resolve.read_faults()
    faults = content["faults"]
    if options.fault is not None:
        wanted = (options.fault, options.instance)
        known = content["faults"] + content["at_iterations"]
        faults = [dict(one, at=0.0) for one in known if (one["name"], one["instance"]) == wanted]
        if not faults:
            sys.exit("there is no fault {!r} with the instance {}".format(*wanted))
    site = resolve.read_site(options.inventory, content["labels"])
    rows = resolve.moments(faults, site)
    hosts = sorted({row["host"] for row in rows})
    if options.dry_run:
        for row in rows:
            print("{:9.3f} s  {}".format(row["at"], said(row)))
        print(yaml.safe_dump(config_of(site, hosts), sort_keys=False), end="")
        return
    player = Player(connect(config_of(site, hosts)))
    player.play(rows)
    sys.exit(1 if player.failed else 0)


if __name__ == "__main__":
    main()
