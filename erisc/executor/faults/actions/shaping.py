"""Queueing disciplines (tc(8)) in the place of a device's root, and what was there before back in it."""

from __future__ import annotations

import hashlib

from erisc.executor.faults.actions.shell import quote, script
from erisc.executor.faults.actions.ways import Way


def handle_of(name: str) -> str:
    """A handle e000 to efff of the strike's own: by it the discipline is known again."""
    return f"e{hashlib.sha256(name.encode()).hexdigest()[:3]}"


def way(name: str, words: str, mend: str) -> Way:
    """words: the discipline and its arguments, as in `tc qdisc add … root`."""
    handle = handle_of(name)
    return Way(
        works=f"tc qdisc add dev lo root {words}",
        mend=mend,
        arm=script(_before(), _ready(handle, words)),
        inject='ERISC_STRIKE=$ERISC tc -batch "$ERISC/tc.on" >&2 || exit 1',
        heal=script(_ours(handle, _back(handle)), _left_behind(handle)),
        left=_ours(handle, 'echo "qdisc $erisc_kind of the fault is still at $erisc_device"'),
    )


def _before() -> str:
    """`erisc_before DEVICE`: prints what must be put back, "" for what the kernel puts there by itself. Refuses what
    could not be put back as it was, but for a rounding: that is tried, on another device.
    """
    return r"""
erisc_before() {
    erisc_root=$(tc qdisc show dev "$1" | grep ' root ')
    erisc_more=$(tc filter show dev "$1")
    erisc_more=$erisc_more$(tc qdisc show dev "$1" | grep -v -e ' root ' -e '^qdisc ingress' -e '^qdisc clsact')
    set -- "$1" $erisc_root
    case $4 in
    '' | 0:) return ;;
    e[0-9a-f][0-9a-f][0-9a-f]:) erisc_no "$1 is shaped by another fault already" ;;
    esac
    erisc_as=$(printf '%s' "$erisc_root" | sed 's/^qdisc [^ ]* [^ ]* root//; s/ refcnt [0-9]*//; s/\([0-9]\)p\b/\1/g')
    erisc_got=$(erisc_try "$3 $4" "$erisc_as")
    case $3 in tbf | prio | sfq | fq_codel | red | netem) ;; *) erisc_more=$erisc_more$(tc class show dev "$1") ;; esac
    [ -z "$erisc_more" ] && printf '%s\n' "$erisc_root" "$erisc_got" | erisc_alike ||
        erisc_no "the qdisc of $1 could not be put back: $erisc_root; remove it for the run, or name other interfaces"
    printf 'handle %s %s %s\n' "$4" "$3" "$erisc_as"
}
erisc_try() {
    unshare -n sh -c '
        set -- $1 "$2"
        tc qdisc add dev lo root handle "$2" "$1" $3 && tc qdisc show dev lo | grep " root "
    ' sh "$1" "$2" 2>/dev/null
}
erisc_alike() {
    awk '
        { sub(/ refcnt [0-9]*/, ""); n[NR] = NF; for (i = 1; i <= NF; i++) word[NR, i] = $i }
        END {
            if (NR != 2 || n[1] != n[2]) exit 1
            for (i = 1; i <= n[1]; i++) {
                a = word[1, i]; b = word[2, i]; x = a + 0; y = b + 0
                sub(/^[0-9.]+/, "", a); sub(/^[0-9.]+/, "", b)
                if (a != b || x - y > x / 1000 || y - x > x / 1000) exit 1
            }
        }'
}
"""


def _ready(handle: str, words: str) -> str:
    return f"""
: >"$ERISC/tc.on"
while read -r erisc_device; do
    erisc_was=$(erisc_before "$erisc_device") || exit 1
    if [ -n "$erisc_was" ]; then erisc_verb=replace; else erisc_verb=add; fi
    printf '%s\\n' "$erisc_was" >"$ERISC/qdisc.$erisc_device"
    echo "qdisc $erisc_verb dev $erisc_device root handle {handle}: "{quote(words)} >>"$ERISC/tc.on"
done <"$ERISC/devices"
"""


def _ours(handle: str, what: str) -> str:
    """Does it for every device that has the strike's discipline at its root."""
    return f"""
tc qdisc show 2>/dev/null | while read -r erisc_word erisc_kind erisc_handle erisc_dev erisc_device erisc_rest; do
    [ "$erisc_handle" = {handle}: ] || continue
    {what}
done
"""


def _back(handle: str) -> str:
    return f"""
    erisc_was=
    read -r erisc_was 2>/dev/null <"$ERISC/qdisc.$erisc_device"
    if [ -n "$erisc_was" ]; then
        tc qdisc replace dev "$erisc_device" root $erisc_was
    else
        tc qdisc del dev "$erisc_device" root handle {handle}:
    fi
"""


def _left_behind(handle: str) -> str:
    say = "echo 'tc could not put back what was there' >&2"
    return f"if tc qdisc show 2>/dev/null | grep -q ' {handle}: '; then {say}; exit 1; fi"
