"""Where a fault of the network strikes: the addresses of the other side, and the devices that lead there."""

from __future__ import annotations

import ipaddress

from erisc.executor.faults.actions import rules
from erisc.executor.faults.actions.shell import quote, script, words
from erisc.executor.faults.protocol import Strike
from erisc.executor.zones import Host


def addresses(host: Host) -> tuple[str, ...]:
    """Where its services are reached."""
    return host.addresses or (host.address,)


def _is_literal(address: str) -> bool:
    try:
        return bool(ipaddress.ip_address(address))
    except ValueError:
        return False


def _resolve(hosts: tuple[Host, ...]) -> str:
    """`erisc_resolve`: prints the addresses of the hosts, a line each; fails with a line for a name without any."""
    every = [address for host in hosts for address in addresses(host)]
    literal = [str(ipaddress.ip_address(address)) for address in every if _is_literal(address)]
    names = [address for address in every if not _is_literal(address)]
    lines = [f"echo {quote(address)}" for address in dict.fromkeys(literal)]
    for name in dict.fromkeys(names):
        say = quote(f"the address {name} cannot be resolved: state erisc_addresses")
        lines.append(
            f"erisc_some=$(getent ahosts {quote(name)} | awk '{{ print $1 }}' | sort -u); "
            f'if [ -n "$erisc_some" ]; then echo "$erisc_some"; else echo {say} >&2; return 1; fi'
        )
    return "erisc_resolve() {\n" + "\n".join([*lines, ":"]) + "\n}\n"


_ROUTES = """
erisc_devices() {
    for erisc_to in $(erisc_resolve); do
        erisc_route=$(ip -o route get "$erisc_to" 2>/dev/null) || { echo "no route to $erisc_to" >&2; return 1; }
        printf '%s\\n' "$erisc_route" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'
    done | sort -u
}
"""
"""The devices by which the others are reached."""

_OWN = """
erisc_devices() {
    for erisc_to in $(erisc_resolve); do
        ip -o addr show to "$erisc_to" 2>/dev/null | awk '{ sub(/@.*/, "", $2); print $2 }'
    done | sort -u | grep -vx lo
}
"""
"""The devices that have the host's own addresses."""


def _given(names: tuple[str, ...]) -> str:
    return "erisc_devices() {\nprintf '%s\\n' " + words(names) + "\n}\n"


def _find(strike: Strike) -> str:
    """Functions `erisc_resolve` and `erisc_devices`, and `erisc_check`, which says what is wrong with them."""
    interfaces = strike.host.interfaces
    others = strike.others
    devices = _given(interfaces) if interfaces else _ROUTES if others else _OWN
    lacking = quote(f"no interface of {strike.host.name} has its address: state erisc_interfaces")
    own = "erisc_resolve >/dev/null || exit 1\n" + (_SELF if others else "")
    return (
        _resolve(others or (strike.host,))
        + devices
        + f"""
erisc_check() {{
    {own}
    erisc_found=$(erisc_devices) || exit 1
    [ -n "$erisc_found" ] || {{ echo {lacking}; exit 1; }}
    for erisc_device in $erisc_found; do
        ip link show dev "$erisc_device" >/dev/null 2>&1 || {{ echo "there is no interface $erisc_device"; exit 1; }}
    done
}}
"""
    )


_SELF = """
    for erisc_to in $(erisc_resolve); do
        case $(ip -o route get "$erisc_to" 2>/dev/null) in local*)
            echo "$erisc_to of another host is an address of this very host: state erisc_addresses"; exit 1 ;;
        esac
    done
"""


def lacks(strike: Strike) -> str:
    return script(_find(strike), "( erisc_check ) 2>&1")


def found(strike: Strike) -> str:
    return script(
        _find(strike),
        'erisc_wrong=$( (erisc_check) 2>&1) || erisc_no "$erisc_wrong"',
        'erisc_devices >"$ERISC/devices"',
        'erisc_resolve | grep : >"$ERISC/v6"\nerisc_resolve | grep -v : >"$ERISC/v4"',
        rules.LISTED,
    )
