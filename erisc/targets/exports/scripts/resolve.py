"""Which hosts the faults of faults.json strike on a real site, and when: shared by the scripts beside it.

Made for whoever has no erisc: Python 3.8 and `ansible-inventory` are enough. Hosts are picked as erisc picks them, from
the 64 bits of `choice`.

    resolve.py INVENTORY...             prints what happens on which host, in order, as JSON
    resolve.py --shell INVENTORY...     the same by host, as texts for sh
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def read_faults():
    """What faults.json says."""
    with open(os.path.join(HERE, "faults.json"), encoding="utf-8") as file:
        return json.load(file)


class Site:
    """An Ansible inventory: variables of hosts, members of groups. labels: what the spec gives to node sets."""

    def __init__(self, listed, labels):
        self.variables = dict(listed.get("_meta", {}).get("hostvars", {}))
        self.labels = labels
        self._groups = {name: group for name, group in listed.items() if name != "_meta"}

    def members(self, name, seen=()):
        """Names of the hosts of a group, with those of its children, sorted."""
        group = self._groups.get(name, {})
        group = {"hosts": group} if isinstance(group, list) else group
        found = set(group.get("hosts", ()))
        for child in group.get("children", ()):
            found |= set() if child in seen else set(self.members(child, (*seen, name)))
        return sorted(found)

    def among(self, target):
        """The hosts of the target's group whose labels fit."""
        return [host for host in self.members(target["nodes"]) if self._fits(host, target)]

    def _fits(self, host, target):
        own = self.variables.get(host, {}).get("erisc_labels") or {}
        labels = {**self.labels.get(target["nodes"], {}), **{key: str(value) for key, value in own.items()}}
        return all((labels.get(one["column"]) == one["value"]) == (one["operator"] == "==") for one in target["where"])

    def addresses(self, host):
        """Where its services are reached."""
        variables = self.variables.get(host, {})
        return list(variables.get("erisc_addresses") or [variables.get("ansible_host", host)])


def read_site(inventories, labels):
    """Asks Ansible, the one beside this Python or the one on the path."""
    beside = os.path.join(os.path.dirname(sys.executable), "ansible-inventory")
    command = beside if os.path.exists(beside) else shutil.which("ansible-inventory")
    if command is None:
        sys.exit("ansible-inventory is missing: install ansible-core")
    sources = [word for inventory in inventories for word in ("-i", inventory)]
    done = subprocess.run([command, *sources, "--list"], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit("ansible-inventory refuses the inventory")
    return Site(json.loads(done.stdout.decode()), labels)


def pick(target, choice, hosts):
    """The hosts that a target means, in order. One of n by `choice mod n`, the next of the rest by what remains."""
    n, selector = len(hosts), target["selector"]
    count = {"one": 1, "any": target["count"], "minority": (n - 1) // 2, "majority": n // 2 + 1}.get(selector, n)
    if not n or not 0 < count <= n:
        sys.exit("of the group {} there are {} hosts that fit: too few".format(target["nodes"], n))
    if count == n:
        return list(hosts)
    left, drawn = list(range(n)), []
    for _ in range(count):
        choice, index = divmod(choice, len(left))
        drawn.append(left.pop(index))
    return [hosts[index] for index in sorted(drawn)]


def others(effect, struck, site):
    """The hosts on the other side of a network fault."""
    meant = effect["arguments"].get("from", "others")
    if meant == "others":
        found = site.members(effect["target"]["nodes"])
    else:
        found = pick(meant, int(effect["choice"], 16), site.among(meant))
    return [host for host in found if host not in struck]


def moments(faults, site):
    """What happens, in order: {at, kind: inject or heal, host, fault, instance, effect, others}; s from the start."""
    found = []
    for fault in faults:
        at = fault["at"]
        for step in fault["steps"]:
            ends = [at]
            for effect in step:
                for row in _rows(fault, effect, at, site):
                    found.append(row)
                    ends.append(row["at"])
            at = max(ends)
    order = {"heal": 0, "inject": 1}
    return sorted(found, key=lambda row: (row["at"], order[row["kind"]]))


def _rows(fault, effect, at, site):
    hosts = pick(effect["target"], int(effect["choice"], 16), site.among(effect["target"]))
    lasts, each = effect["duration"], effect["target"]["selector"] == "each"
    for index, host in enumerate(hosts):
        begin = at + (index * lasts if each and lasts is not None else 0.0)
        row = {"fault": fault["name"], "instance": fault["instance"], "host": host, "effect": effect}
        row["others"] = others(effect, [host] if each else hosts, site)
        yield dict(row, at=begin, kind="inject")
        if lasts is not None:
            yield dict(row, at=begin + lasts, kind="heal")


def text(row, site):
    """A moment as a text for sh: its values, then what the table says. It heals once, and only what it struck."""
    effect = row["effect"]
    services = site.variables.get(row["host"], {}).get("erisc_services") or {}
    manager = services.get(effect["target"]["service"], {})
    values = dict(effect["call"]["set"], mark="erisc-{}".format(effect["choice"]))
    values["unit"] = str(manager.get("unit") or effect["target"]["service"])
    values["others"] = " ".join(address for host in row["others"] for address in site.addresses(host))
    lines = [f"{name}={shlex.quote(value)}" for name, value in sorted(values.items())]
    if row["kind"] == "inject":
        return "\n".join([*lines, ': >"/run/$mark"', effect["call"]["inject"]])
    return "\n".join([*lines, '[ -e "/run/$mark" ] || exit 0', effect["call"]["heal"], 'rm -f "/run/$mark"'])


def by_host(rows, site):
    """Host -> its moments in order: {at, kind, fault, down, text}."""
    found = {}
    for row in rows:
        moment = {"at": row["at"], "kind": row["kind"], "fault": row["fault"], "text": text(row, site)}
        moment["down"] = row["kind"] == "inject" and row["effect"]["call"]["down"]
        found.setdefault(row["host"], []).append(moment)
    return found


def main(words):
    shell = words[:1] == ["--shell"]
    content = read_faults()
    site = read_site(words[shell:], content["labels"])
    rows = moments(content["faults"], site)
    json.dump({"hosts": by_host(rows, site), "zero": time.time()} if shell else rows, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
