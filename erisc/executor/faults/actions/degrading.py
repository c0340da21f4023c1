"""Faults that make the network worse: loss, delay, duplicate, reorder, throttle.

Rules of nftables come first where they can do it: they change no queueing discipline and are there in one transaction.
"""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.faults.actions import rules, shaping
from erisc.executor.faults.actions.places import found, lacks
from erisc.executor.faults.actions.shell import name_of, on_host, quote, script, share_of
from erisc.executor.faults.actions.ways import Way, recipe
from erisc.executor.faults.protocol import HostAction, Recipe, Strike

GAP = 0.01
"""s by which the others are late where a packet overtakes them."""
MARK = 0xE715C
"""The packet mark of copies and of what has been on the slow wire already."""


def _seconds(strike: Strike, key: str, least: float) -> float:
    value = strike.arguments.get(key, 0.0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= 60:
        raise Failure(f"{key} of {value!r} s is none", mend="a duration of up to 60 s", exit_code=WRONG_CALL)
    return float(value)


def _by_chance(share: float) -> str:
    return "" if share > 0.9999995 else f"numgen random mod 1000000 < {max(round(share * 1_000_000), 1)}"


NETEM = "a kernel with netem (its module sch_netem, in Debian's and Ubuntu's kernels, RHEL's kernel-modules-extra)"


def _netem(strike: Strike, arguments: str) -> Way:
    return shaping.way(name_of(strike.id), f"netem limit 100000 {arguments}", NETEM)


def _loss(strike: Strike) -> Recipe:
    share = share_of(strike.arguments)
    name = name_of(strike.id)
    rule = f"{_by_chance(share)} {rules.VANISH}"
    nft = rules.way(
        name, rules.chains(name, f"echo {quote(rule)}"), rules.works(rule), f"{rules.NFT} and {rules.EGRESS}"
    )
    return recipe(found(strike), (nft, _netem(strike, f"loss {share:.6%}")), lacks(strike), "loss")


def _duplicate(strike: Strike) -> Recipe:
    share = share_of(strike.arguments)
    name = name_of(strike.id)
    rule = f"meta mark != {MARK} {_by_chance(share)} meta mark set {MARK} dup to "
    printed = f'printf \'%s"%s"\\n\' {quote(rule)} "$erisc_device"'
    nft = rules.way(name, rules.chains(name, printed), rules.works(rule + '"lo"'), f"{rules.NFT} and {rules.EGRESS}")
    return recipe(found(strike), (nft, _netem(strike, f"duplicate {share:.6%}")), lacks(strike), "duplicate")


def _delay(strike: Strike) -> Recipe:
    by, jitter = _seconds(strike, "by", 1e-6), _seconds(strike, "jitter", 0.0)
    netem = _netem(strike, f"delay {by * 1e6:.0f}us" + (f" {jitter * 1e6:.0f}us" if jitter else ""))
    return recipe(found(strike), (netem, _wire(strike, by, jitter, 0.0)), lacks(strike), "delay")


def _reorder(strike: Strike) -> Recipe:
    share = share_of(strike.arguments)
    netem = _netem(strike, f"delay {GAP * 1e6:.0f}us reorder {share:.6%}")
    return recipe(found(strike), (netem, _wire(strike, GAP, 0.0, share)), lacks(strike), "reorder")


def _wire(strike: Strike, delay: float, jitter: float, overtake: float) -> Way:
    """A TAP for every device; nftables sends what leaves there, `on_host/wire.py` back out when its time has come."""
    name = name_of(strike.id)
    tap = f"er{name[-8:]}"
    printed = f'printf \'meta mark != {MARK} fwd to "{tap}_%s"\\n\' "$erisc_number"'
    nft = rules.way(name, rules.chains(name, printed), "", "")
    pairs = 'sed = "$ERISC/devices" | while read -r erisc_number && read -r erisc_device; do '
    pairs += f'echo "$erisc_device:{tap}_$erisc_number"; done'
    start = f"""
set -- {delay!r} {jitter!r} {overtake!r} {MARK} "$ERISC/ready" $({pairs})
ERISC_STRIKE=$ERISC python3 -c {quote(on_host("wire"))} "$@" \
    >"$ERISC/wire.log" 2>&1 &
erisc_turn=0
until [ -s "$ERISC/ready" ]; do
    erisc_turn=$((erisc_turn + 1))
    [ "$erisc_turn" -lt 100 ] || erisc_no "the slow wire did not come up: $(tail -n 1 "$ERISC/wire.log")"
    sleep 0.1
done
"""
    return Way(
        works=f"ip tuntap add dev er_try mode tap && python3 -I -S -c '' && {rules.works(rules.VANISH)}",
        mend=f"python3, /dev/net/tun, {rules.NFT} and {rules.EGRESS}",
        arm=script(start, nft.arm),
        inject=nft.inject,
        heal=nft.heal,
        left=nft.left,
    )


def _throttle(strike: Strike) -> Recipe:
    rate = strike.arguments.get("to")
    if not isinstance(rate, int | float) or isinstance(rate, bool) or rate < 8:
        raise Failure(f"throttle to {rate!r} bit/s is none", mend="at least 8 bit/s", exit_code=WRONG_CALL)
    # Twice what is due between two ticks of a slow clock (100 Hz), and room for one frame that the device would split.
    burst = max(int(rate / 8 / 50), 65536)
    tbf = shaping.way(
        name_of(strike.id), f"tbf rate {rate:.0f}bit burst {burst} latency 100ms", "a kernel with tbf (sch_tbf)"
    )
    return recipe(found(strike), (tbf,), lacks(strike), "throttle")


LOSS = HostAction("loss", "hosts", _loss)
DELAY = HostAction("delay", "hosts", _delay)
DUPLICATE = HostAction("duplicate", "hosts", _duplicate)
REORDER = HostAction("reorder", "hosts", _reorder)
THROTTLE = HostAction("throttle", "hosts", _throttle)
