"""Hosts of the tests' own: a lab without OpenStack, up in two seconds; and what can be seen of them from inside."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from erisc.executor.faults.channel import Channels, on_each
from erisc.executor.zones import Host
from erisc.executor.zones.inventory import read_inventory
from tests.lab.machine import unable
from tests.support import ERISC

LOOK = r"""
PATH=$PATH:/usr/sbin:/sbin
echo "rules:"; nft list ruleset 2>/dev/null; iptables-save 2>/dev/null | grep '^-A'
echo "disciplines:"; tc qdisc show | sed 's/ refcnt [0-9]*//; s/qdisc \([a-z_]*\) [0-9a-f]*:/\1/'
echo "interfaces:"; ip -o link | sed 's/^[0-9]*: //; s/@[^:]*//' | cut -d ' ' -f 1,2,4- | sed 's/link-netns.*//'
ip -o addr | cut -d ' ' -f 2-7
ip route
echo "folders:"; ls -d /run/erisc /dev/shm/* 2>/dev/null
echo "disk:"; df -P / /run /tmp /dev/shm | awk 'NR > 1 && $5 + 0 > 70 { print $6, "is nearly full" }'
echo "processes:"
for one in /proc/[0-9]*; do
  { read -r line < "$one/stat"; words=$(tr '\0' ' ' < "$one/cmdline"); } 2>/dev/null || continue
  line=${line##*) }
  case $words in sshd:*|"sh -s "*|"sort "|"") continue;; esac
  case ${line%% *} in Z) continue;; T|t) state=stopped;; *) state=;; esac
  [ "${one##*/}" = $$ ] || echo "$words$state"
done | sort
"""
"""All that faults change, and that a heal must bring back; the same text when nothing is left."""


class Site:
    """inventory: its path."""

    def __init__(self, inventory: str, sockets: str) -> None:
        self.inventory = inventory
        self.hosts, self.groups = read_inventory(inventory)
        self.channels = Channels(sockets)

    def look(self) -> dict[str, str]:
        """What every host is like now."""
        found: dict[str, str] = {}

        def ask(host: Host) -> None:
            found[host.name] = self.channels.of(host).run(LOOK, direct=True).out

        for _, error in on_each(self.hosts.values(), ask):
            raise error
        return dict(sorted(found.items()))

    def run(self, host: str, script: str) -> str:
        """What a text prints on a host."""
        return self.channels.of(self.hosts[host]).run(script).out

    def await_same(self, before: dict[str, str], within: float = 3.0) -> str:
        """Lines by which the hosts differ from `before`, "" when they do not: what is on its way may take a moment."""
        deadline = time.monotonic() + within
        while True:
            lines = differences(before, self.look())
            if not lines or time.monotonic() > deadline:
                return "\n".join(lines)
            time.sleep(0.2)


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """`- ` what is missing and `+ ` what is left, by host."""
    found = []
    for host, text in before.items():
        old, new = text.splitlines(), after[host].splitlines()
        found += [f"{host}: - {line}" for line in old if old.count(line) > new.count(line)]
        found += [f"{host}: + {line}" for line in new if new.count(line) > old.count(line)]
    return list(dict.fromkeys(found))


@contextmanager
def site(folder: Path, hosts: str) -> Iterator[Site]:
    """A lab of hosts in `folder`, gone afterwards. hosts: as `erisc lab up --hosts` takes them."""
    if unable():
        pytest.skip(unable())
    words = ["--name", "faults", "--state-dir", str(folder)]
    up = subprocess.run([ERISC, "lab", "up", *words, "--hosts", hosts], capture_output=True, text=True, check=False)
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        made = Site(str(next(folder.rglob("inventory.yaml"))), f"/tmp/e{os.getpid()}-{folder.name[-20:]}")
        yield made
        made.channels.close()
    finally:
        subprocess.run([ERISC, "lab", "down", *words], capture_output=True, check=False)
