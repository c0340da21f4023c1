"""Faults that cut the network: partition, drop, block_port, interface_down.

What leaves a host is forwarded to `lo` in place of being dropped: a drop on the way out is told to the sender (EPERM,
or a TCP that thinks its own queue is full and tries again without backing off), as no real network would. `lo` throws
away what is not for it.
"""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.faults.actions import rules
from erisc.executor.faults.actions.places import found, lacks
from erisc.executor.faults.actions.shell import NOT_ARMED, REFUSE, ROOT, name_of, need, quote, script
from erisc.executor.faults.actions.ways import recipe
from erisc.executor.faults.protocol import HostAction, Recipe, Strike


def _matches(side: str, verdict: str, before: str = "") -> str:
    """Prints a rule for each family that the others have addresses of. side: saddr or daddr."""
    return "\n".join(
        f"[ ! -s \"$ERISC/{file}\" ] || printf '%s {{ %s }}%s\\n' {quote(f'{before}{kind} {side}')} "
        f'"$(erisc_set "$ERISC/{file}")" {quote(" " + verdict)}'
        for file, kind in (("v4", "ip"), ("v6", "ip6"))
    )


def _inbound(name: str, more: str = "") -> str:
    return f"""
echo 'table inet {name} {{'
echo 'chain in {{ type filter hook prerouting priority {rules.FIRST}; policy accept;'
{_matches("saddr", "drop")}
echo '}}'
{more}
echo '}}'
"""


def _outbound(elsewhere: str) -> str:
    """Where it leaves by another device than the routes say now, or the kernel has no egress hook."""
    return f"""
echo 'chain out {{ type filter hook postrouting priority {rules.FIRST}; policy accept;'
{elsewhere}
echo '}}'
"""


def _partition(strike: Strike) -> Recipe:
    name = name_of(strike.id)
    others = """
erisc_names=$(sed 's/.*/"&"/' "$ERISC/devices" | tr '\\n' ',')
""" + "\n".join(
        f"[ ! -s \"$ERISC/{file}\" ] || printf 'oifname != {{ %s }} {kind} daddr {{ %s }} drop\\n' "
        f'"$erisc_names" "$(erisc_set "$ERISC/{file}")"'
        for file, kind in (("v4", "ip"), ("v6", "ip6"))
    )
    silent = rules.way(
        name,
        _inbound(name, _outbound(others)) + rules.chains(name, _matches("daddr", rules.VANISH)),
        rules.works(rules.VANISH),
        f"{rules.NFT} and {rules.EGRESS}",
    )
    told = rules.way(name, _inbound(name, _outbound(_matches("daddr", "drop"))), rules.WORKS_INET, rules.NFT)
    return recipe(found(strike), (silent, told), _needed(strike), "partition")


def _drop(strike: Strike) -> Recipe:
    name = name_of(strike.id)
    way = rules.way(name, _inbound(name), rules.WORKS_INET, rules.NFT)
    return recipe(found(strike), (way,), _needed(strike), "drop")


def _needed(strike: Strike) -> str:
    if strike.others:
        return lacks(strike)
    raise Failure("there is no host on the other side", mend="name one: `from = …`", exit_code=WRONG_CALL)


def _block_port(strike: Strike) -> Recipe:
    port = strike.arguments.get("port")
    if not isinstance(port, int) or not 0 < port < 65536:
        raise Failure(f"block_port: {port!r} is no port", mend="1 to 65535", exit_code=WRONG_CALL)
    name = name_of(strike.id)
    only = 'iifname != "lo"'
    if strike.host.interfaces:
        only = "iifname { " + ", ".join(f'"{each}"' for each in strike.host.interfaces) + " }"
    table = (
        f"table inet {name} {{ chain in {{ type filter hook prerouting priority {rules.FIRST}; policy accept; "
        f"{only} meta l4proto {{ tcp, udp }} th dport {port} drop; }}; }}"
    )
    way = rules.way(name, f"echo {quote(table)}", rules.WORKS_INET, rules.NFT)
    return recipe("", (way,), "", "block_port")


def _interface_down(strike: Strike) -> Recipe:
    name = strike.arguments.get("name")
    if not isinstance(name, str) or not name or "/" in name or len(name) > 15:
        raise Failure(f"interface_down: {name!r} names no interface", exit_code=WRONG_CALL)
    device = quote(name)
    down = quote(f"interface {name} is down already")
    is_up = f"ip -o link show dev {device} 2>/dev/null | grep -q '[<,]UP[,>]'"
    return Recipe(
        needs=script(ROOT, need("ip", "install iproute2"),
                     f"ip link show dev {device} >/dev/null 2>&1 || echo {quote(f'there is no interface {name}')}"),
        arm=script(REFUSE, f"{is_up} || erisc_no {down}", _keep(device)),
        inject=f"ip link set dev {device} down",
        hold="",
        heal=script(NOT_ARMED, f"{is_up} || ip link set dev {device} up || exit 1", _give_back(device)),
        left=script(NOT_ARMED, f"{is_up} || echo {quote(f'interface {name} is down')}"),
    )  # fmt: skip


def _keep(device: str) -> str:
    """The kernel forgets these with the link: routes by it, and addresses of IPv6."""
    return f"""
for erisc_family in 4 6; do
    ip -o "-$erisc_family" route show table all dev {device} |
        grep -v -e ' proto kernel' -e '^local ' -e '^broadcast ' -e '^multicast ' -e '^anycast ' -e '^ff00' \
            >"$ERISC/routes$erisc_family"
done
ip -o -6 addr show dev {device} scope global | awk '!/ dynamic /{{ print $4 }}' >"$ERISC/addresses"
:
"""


def _give_back(device: str) -> str:
    return f"""
while read -r erisc_address; do
    ip -6 addr replace "$erisc_address" dev {device} nodad
done 2>/dev/null <"$ERISC/addresses"
for erisc_family in 4 6; do
    while read -r erisc_route; do
        erisc_route=$(echo "$erisc_route" | sed 's/ linkdown//; s/ dead//; s/ pref [a-z]*//')
        ip "-$erisc_family" route replace $erisc_route dev {device}
    done 2>/dev/null <"$ERISC/routes$erisc_family"
done
:
"""


PARTITION = HostAction("partition", "hosts", _partition)
DROP = HostAction("drop", "hosts", _drop)
BLOCK_PORT = HostAction("block_port", "hosts", _block_port)
INTERFACE_DOWN = HostAction("interface_down", "hosts", _interface_down)
