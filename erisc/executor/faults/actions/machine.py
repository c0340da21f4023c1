"""Faults of a whole host from within: reboot, reset, skew_clock, break_dns."""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.faults.actions import rules
from erisc.executor.faults.actions.scarcity import own_boot
from erisc.executor.faults.actions.shell import NOT_ARMED, REFUSE, ROOT, name_of, need, quote, script
from erisc.executor.faults.actions.ways import recipe
from erisc.executor.faults.protocol import HostAction, Recipe, Strike

_KERNEL = """
erisc_space=$(readlink /proc/self/ns/pid)
read -r erisc_boot </proc/sys/kernel/random/boot_id
erisc_ours=
[ "$erisc_boot" != {boot} ] || erisc_ours=1
erisc_first=
[ "$erisc_space" != 'pid:[4026531836]' ] || erisc_first=1
"""
"""`erisc_ours`: the kernel is that of the executor. `erisc_first`: in no container; the number is PROC_PID_INIT_INO of
the kernel's include/uapi/linux/nsfs.h, the same everywhere.
"""


def _kernel() -> str:
    return _KERNEL.replace("{boot}", quote(own_boot()))


_REFUSED = quote("this is the machine that the run is on: it is not sent away")
_SPARED = f"""
if [ -n "$erisc_ours" ] && [ -n "$erisc_first" ]; then erisc_no {_REFUSED}; fi
[ -n "$erisc_space" ] || erisc_no 'it cannot be told whether this is a container: be root'
"""


def _sent_away(lacks: str, how: str) -> Recipe:
    """how: goes; `erisc_ours` and `erisc_first` say where it is. The host comes back by itself: nothing is to heal."""
    look = script(_kernel(), 'erisc_no() { echo "$*" >&2; exit 1; }', _SPARED)
    return Recipe(
        needs=script(ROOT, _kernel(), 'erisc_no() { echo "$*"; exit 0; }', _SPARED, lacks),
        arm=script(REFUSE, _kernel(), _SPARED),
        inject=script(look, how),
        hold="",
        heal=":",
        left=":",
    )


def _reset(strike: Strike) -> Recipe:
    """SysRq b (kernel's admin-guide/sysrq.rst): nothing is synced, nothing is told. In a container, reboot(2) ends the
    init process of its PID namespace and nothing else (pid_namespaces(7)).
    """
    lacks = """
if [ -n "$erisc_first" ]; then
    [ -w /proc/sysrq-trigger ] || echo '/proc/sysrq-trigger cannot be written: a kernel with CONFIG_MAGIC_SYSRQ'
else
    command -v busybox >/dev/null 2>&1 || command -v reboot >/dev/null 2>&1 || echo 'reboot is missing: install busybox'
fi"""
    how = """
if [ -n "$erisc_first" ]; then
    echo 1 >/proc/sys/kernel/sysrq
    echo b >/proc/sysrq-trigger
elif command -v busybox >/dev/null 2>&1; then
    busybox reboot -f
else
    reboot -ff
fi"""
    return _sent_away(lacks, how)


def _reboot(strike: Strike) -> Recipe:
    """By the init process there is."""
    none = quote("no way to reboot in order is known: no systemd, no busybox, no sysvinit")
    lacks = f'{_INIT}\n[ -n "$erisc_how" ] || echo {none}'
    return _sent_away(lacks, f"{_INIT}\n$erisc_how")


_INIT = """
erisc_how=
read -r erisc_init </proc/1/comm
case $erisc_init:$(readlink -f "$(command -v reboot)") in
systemd:*) erisc_how='systemctl reboot' ;;
*/systemctl | *:) ! command -v busybox >/dev/null 2>&1 || erisc_how='busybox reboot' ;;
*) erisc_how=reboot ;;
esac
"""
"""systemd's `reboot` speaks to systemd alone."""


# --- the clock ---------------------------------------------------------------------------------------

_CLOCK = """
erisc_real() {
    erisc_at=$(date +%s.%N)
    case $erisc_at in *N* | *.) erisc_at=$(date +%s).5 ;; esac
    read -r erisc_up erisc_rest </proc/uptime
    awk -v at="$erisc_at" -v up="$erisc_up" 'BEGIN { printf "%.3f\\n", at - up }'
}
erisc_step() {
    read -r erisc_up erisc_rest </proc/uptime
    date -s "@$(awk -v off="$1" -v up="$erisc_up" 'BEGIN { printf "%.3f\\n", off + up }')" >/dev/null
}
erisc_off() {
    awk -v now="$(erisc_real)" -v then="$1" -v by="$2" 'BEGIN {
        off = now - then; if (off < 0) off = -off; if (by < 0) by = -by; exit !(off > by / 2) }'
}
"""
"""`erisc_real`: CLOCK_REALTIME less the time since boot, s: it changes only when the clock is set. `erisc_step OFFSET`
sets it so, `erisc_off OFFSET BY` says whether it is more than half of BY away from that.
"""


def _skew_clock(strike: Strike) -> Recipe:
    """Back by what the clock should show by now, not by what it showed: nothing is lost of the time in between."""
    by = strike.arguments.get("by")
    if not isinstance(by, int | float) or isinstance(by, bool) or not 0.1 <= abs(by) <= 10 * 365 * 86400:
        raise Failure(f"skew_clock: {by!r} s is no skew", mend="0.1 s to 10 years", exit_code=WRONG_CALL)
    shared = "the clock of this host is that of the run's own machine: skew_clock needs a host with a kernel of its own"
    ahead = f'awk -v at="$erisc_then" \'BEGIN {{ printf "%.3f", at + {by!r} }}\''
    known = 'read -r erisc_then 2>/dev/null <"$ERISC/clock" || exit 0'
    return Recipe(
        needs=script(ROOT, need("date", "install coreutils"), need("awk", "install mawk"), _kernel(),
                     f"[ -z \"$erisc_ours\" ] || echo {quote(shared)}"),
        arm=script(REFUSE, _kernel(), f"[ -z \"$erisc_ours\" ] || erisc_no {quote(shared)}", _CLOCK,
                   'erisc_real >"$ERISC/clock"'),
        inject=script(_CLOCK, known, f'erisc_step "$({ahead})"'),
        # A time daemon that sets it right would end the fault early.
        hold=script(_CLOCK, known, f'! erisc_off "$({ahead})" {by!r} || erisc_step "$({ahead})"'),
        heal=script(_CLOCK, NOT_ARMED, known, f'! erisc_off "$erisc_then" {by!r} || erisc_step "$erisc_then"'),
        left=script(_CLOCK, NOT_ARMED, known, f"! erisc_off \"$erisc_then\" {by!r} || echo 'the clock is still wrong'"),
    )  # fmt: skip


# --- names ---------------------------------------------------------------------------------------


def _break_dns(strike: Strike) -> Recipe:
    """The answers are dropped: whoever asks is told nothing, as when the name servers are away."""
    name = name_of(strike.id)
    table = (
        f"table inet {name} {{ chain in {{ type filter hook prerouting priority {rules.FIRST}; policy accept; "
        "meta l4proto { tcp, udp } th sport { 53, 853 } drop; }; }"
    )
    way = rules.way(name, f"echo {quote(table)}", rules.WORKS_INET, rules.NFT)
    return recipe("", (way,), "", "break_dns")


REBOOT = HostAction("reboot", "hosts", _reboot, down=True)
RESET = HostAction("reset", "hosts", _reset, down=True)
SKEW_CLOCK = HostAction("skew_clock", "hosts", _skew_clock)
BREAK_DNS = HostAction("break_dns", "hosts", _break_dns)
