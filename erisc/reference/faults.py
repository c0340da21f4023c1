"""The manual page of faults: written by hand in parts, its tables made of the standard library and the executor."""

from __future__ import annotations

from erisc.executor.faults.actions.managers import MANAGERS
from erisc.executor.faults.actions.manual import ACTIONS
from erisc.reference.library import entries

_HEAD = """# Faults

A fault strikes a service (`kill(rabbitmq on one(controller))`), hosts (`partition(minority(controller))`) or servers
of a topology, for some time, and is taken back. docs/stdlib.md has what each action takes; this page says how it is
done.

## What holds for all

- Before any load every host is asked what it lacks for the faults that could strike it. A run that could not make one
  of them is refused with a line for each, and the mend.
- What takes an effect back is on disk, here and on the host, before the effect. It looks before it acts, so it may
  run twice, before the effect, in the middle of it, after a reboot. When nobody closes a fault in time, the host
  heals itself.
- Processes are found by their manager, never by a pattern, and a process is its pid with its start time. init, the
  executor, what it started and what it descends from are refused.
- Network faults touch `erisc_addresses` and `erisc_interfaces` alone. Give the hosts a management address of their
  own: else the fault cuts the way to the host as well, and the host heals itself, late.
- What a fault leaves running on a host has `ERISC_STRIKE` in its environment. Tables of nftables are named `erisc_…`,
  qdiscs have handles e000 to efff.

"""

_TAIL = """
## What to know

- **Packets are what the kernel handles.** With segmentation offload (GSO, TSO) a TCP packet of up to 64 KiB is lost,
  delayed or sent twice as one. `ethtool -K DEVICE tso off gso off gro off` makes them those of the wire.
- **Lost on the way out means lost, not refused.** What leaves is forwarded to `lo`, which throws it away. A plain
  drop is told to the sender: UDP gets EPERM, and TCP takes it for a full queue of its own and tries again without
  backing off, so that it recovers sooner than it would from a real loss. Where the kernel has no egress hook, that is
  how it is.
- **Bridges.** Traffic of virtual machines that is only bridged by a host passes it by, unless br_netfilter is on.
- **Delay without netem** costs a Python process on the host, and ends at about what that can carry (some 10^4 packets
  a second); its error is below a millisecond on a quiet machine.
- **A qdisc of your own** comes back if `tc` can make it from what `tc` shows; that is tried on another device before.
  One that cannot (htb with its classes) is refused before load.
- **Memory** is never taken to the point where the kernel ends processes: a tenth stays, in hosts that share the
  executor's kernel without a limit of their own a quarter.
- **Two faults on one thing**: a service that is down, or stopped, is not struck again; an interface is shaped by one.

## Power

`erisc_power` of a host says how it is switched, from where the run is:

```yaml
erisc_power: {driver: ipmi, address: 10.0.9.11, username: admin, password: secret}
erisc_power: {driver: libvirt, connection_uri: "qemu+ssh://root@kvm1/system", libvirt_name: ctl1}
erisc_power: {driver: commands, on: [pdu, "on", "7"], off: [pdu, "off", "7"], status: [pdu, status, "7"]}
```

The first two go through os-faults, in an environment of its own that the first such run makes. Passwords stay in the
run's private folder and go with it.

## An action of your own

An entry point of the group `erisc.faults` names a `HostAction` or a `CalledAction` of
`erisc.executor.faults.protocol`:

```python
from erisc.executor.faults.protocol import HostAction, Recipe, Strike


def _recipe(strike: Strike) -> Recipe:
    return Recipe(
        needs="command -v sysctl >/dev/null || echo 'sysctl is missing: install procps'",
        arm='cat /proc/sys/net/ipv4/tcp_congestion_control >"$ERISC/was"',
        inject="echo reno >/proc/sys/net/ipv4/tcp_congestion_control",
        hold="",
        heal='[ ! -s "$ERISC/was" ] || cat "$ERISC/was" >/proc/sys/net/ipv4/tcp_congestion_control',
        left="",
    )


OLD_TCP = HostAction("old_tcp", "hosts", _recipe)
```

The texts are POSIX sh, run as root; what each must do is said at `Recipe`. In a spec it is declared like those of the
library: `action old_tcp(hosts: hosts) { ends = "for" }`.
"""


def page() -> str:
    """docs/faults.md."""
    docs = {entry.name: " ".join(entry.doc.split()) for entry in entries("std.faults") if entry.kind == "action"}
    rows = [
        "## Actions\n",
        "| action | what it does | needs | how | how it heals | seen in its test by |",
        "|---|---|---|---|---|---|",
    ]
    for name, about in ACTIONS.items():
        cells = (f"`{name}`", docs[name], about.needs or "nothing", about.how, about.heals, about.seen)
        rows.append("| " + " | ".join(cells) + " |")
    managers = [
        "\n## Managers\n",
        "A service of the inventory names how it is found and started:\n",
        "| `manager` | keys |",
        "|---|---|",
    ]
    managers += [f"| `{name}` | {kind.mend} |" for name, kind in MANAGERS.items()]
    return _HEAD + "\n".join(rows) + "\n" + "\n".join(managers) + "\n" + _TAIL
