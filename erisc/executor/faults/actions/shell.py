"""POSIX sh that the recipes share: one process and no other, trees of processes, what must never be touched.

All of it runs in dash and in busybox's ash. A process is a pid with its start in clock ticks (proc_pid_stat(5), field
22): the two together name one process for as long as the host is up.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterable
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure

quote = shlex.quote


def script(*parts: str) -> str:
    """The parts that are not empty, one after the other."""
    return "\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def words(items: Iterable[str]) -> str:
    """An argument list as sh has it."""
    return shlex.join(list(items))


def name_of(strike: str) -> str:
    """A name of the strike's own that is fit for nftables and for files: letters, digits, underscore; at most 40."""
    plain = re.sub(r"[^A-Za-z0-9]", "_", strike)[:20]
    return f"erisc_{plain}_{hashlib.sha256(strike.encode()).hexdigest()[:10]}"


def share_of(arguments: dict[str, Any]) -> float:
    """The argument `share`, a ratio. Raises Failure when it is none."""
    share = arguments.get("share")
    if not isinstance(share, int | float) or isinstance(share, bool) or not 0 < share <= 1:
        raise Failure(f"a share of {share!r} is none", mend="more than 0 %, at most 100 %", exit_code=WRONG_CALL)
    return float(share)


def on_host(name: str) -> str:
    """The text of a program of `on_host/`, which runs on the host that is struck."""
    with open(os.path.join(os.path.dirname(__file__), "on_host", f"{name}.py"), encoding="utf-8") as file:
        return file.read()


def need(program: str, mend: str) -> str:
    """A line where the program is not there."""
    line = quote(f"{program} is missing: {mend}")
    return f"command -v {quote(program)} >/dev/null 2>&1 || echo {line}"


ROOT = "[ \"$(id -u)\" = 0 ] || echo 'not root: let ansible_user be root, or set ansible_become: true'"

REFUSE = """
erisc_no() {
    [ ! -d "$ERISC" ] || : >"$ERISC/refused"
    printf '%s\\n' "$*" >&2
    exit 1
}
"""
"""What `arm` says no with; heal then knows that nothing was armed."""

NOT_ARMED = '[ ! -e "$ERISC/refused" ] || exit 0\n'

SAME = """
erisc_look() {
    erisc_line=
    while read -r erisc_part; do erisc_line=$erisc_line$erisc_part; done 2>/dev/null <"/proc/$1/stat" || return 1
    set -- ${erisc_line##*) }
    erisc_state=$1 erisc_parent=$2 erisc_ticks=${20}
    case $erisc_state in '' | Z | X | x) return 1 ;; esac
}
erisc_same() {
    erisc_look "$1" && [ "$erisc_ticks" = "$2" ]
}
"""
"""`erisc_same PID TICKS`: whether that very process lives. No fork: this is on the way to an effect."""

TREE = """
erisc_tree() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v roots="$*" '
        /^[0-9]+ \\(/ { pid = $1 }
        match($0, /.*\\) /) {
            split(substr($0, RLENGTH + 1), field, " ")
            state[pid] = field[1]; up[pid] = field[2]; ticks[pid] = field[20]
        }
        END {
            n = split(roots, queue, " ")
            for (i = 1; i <= n; i++) {
                p = queue[i]
                if (!(p in up) || (p in done)) continue
                done[p] = 1
                if (state[p] !~ /^[ZXx]/) print p, ticks[p], state[p]
                for (q in up) if (up[q] == p) queue[++n] = q
            }
        }'
}
"""
"""`erisc_tree PID...`: a line `pid ticks state` for each of them that lives and for all that descends from them."""

PROTECT = """
erisc_protect() {
    erisc_own=' 1 '
    erisc_up=$$
    while [ "$erisc_up" -gt 1 ]; do
        erisc_own="$erisc_own$erisc_up "
        erisc_look "$erisc_up" || break
        erisc_up=$erisc_parent
    done
    if command -v erisc_refuse >/dev/null; then
        (erisc_refuse $(sed 's/ .*//' "$1")) || { : >"$ERISC/refused"; exit 1; }
    fi
    while read -r erisc_pid erisc_rest; do
        case $erisc_own in *" $erisc_pid "*)
            erisc_no "process $erisc_pid is init, the executor or one that it descends from: it is not touched" ;;
        esac
        if tr '\\000' '\\n' 2>/dev/null <"/proc/$erisc_pid/environ" | grep -q '^ERISC_MARK='; then
            erisc_no "process $erisc_pid belongs to the load of a run: it is not touched"
        fi
    done <"$1"
}
"""
"""`erisc_protect FILE`: refuses when one of the processes listed there is not to be touched. `erisc_refuse PID...`
knows the executor's process tree; it is there where a run arms.
"""

STOP_TREE = """
erisc_halt() {
    erisc_turn=0
    while erisc_look "$1"; do
        case $erisc_state in T | t | D) return ;; esac
        erisc_turn=$((erisc_turn + 1))
        [ "$erisc_turn" -lt 2000 ] || return
        kill -STOP "$1" 2>/dev/null
    done
}
erisc_stop() {
    erisc_all=
    while read -r erisc_pid erisc_start erisc_rest; do
        if erisc_same "$erisc_pid" "$erisc_start" && kill -STOP "$erisc_pid"; then
            erisc_all="$erisc_all $erisc_pid"
        fi
    done 2>/dev/null <"$1"
    erisc_new=$erisc_all
    while [ -n "$erisc_new" ]; do
        erisc_turned=$erisc_new
        erisc_new=
        for erisc_pid in $erisc_turned; do
            erisc_halt "$erisc_pid"
            for erisc_file in /proc/"$erisc_pid"/task/*/children; do
                erisc_kids=
                read -r erisc_kids 2>/dev/null <"$erisc_file"
                for erisc_kid in $erisc_kids; do
                    case "$erisc_all " in *" $erisc_kid "*) continue ;; esac
                    erisc_look "$erisc_kid" || continue
                    printf '%s %s\\n' "$erisc_kid" "$erisc_ticks" >>"$1"
                    kill -STOP "$erisc_kid" 2>/dev/null
                    erisc_all="$erisc_all $erisc_kid"
                    erisc_new="$erisc_new $erisc_kid"
                done
            done
        done
    done
}
"""
"""`erisc_stop FILE`: SIGSTOP to the processes listed there, at once and without a fork; then to what they have started
since, written down in FILE before it is stopped. `erisc_all` has their pids.
"""

SIGNAL = """
erisc_signal() {
    while read -r erisc_pid erisc_start erisc_rest; do
        erisc_same "$erisc_pid" "$erisc_start" && kill "-$2" "$erisc_pid"
    done 2>/dev/null <"$1"
    :
}
erisc_count() {
    erisc_living=
    while read -r erisc_pid erisc_start erisc_rest; do
        erisc_same "$erisc_pid" "$erisc_start" && erisc_living="$erisc_living $erisc_pid"
    done 2>/dev/null <"$1"
    [ -n "$erisc_living" ]
}
erisc_gone() {
    erisc_wait=0
    while erisc_count "$1"; do
        erisc_wait=$((erisc_wait + 1))
        [ "$erisc_wait" -lt "$2" ] || return 1
        sleep 0.01
    done
}
"""
"""`erisc_signal FILE NAME` to those listed that live; `erisc_count FILE`: whether one does, `erisc_living` has them;
`erisc_gone FILE HUNDREDTHS`: waits until none does.
"""

WORKERS = """
erisc_workers() {
    grep -lszxF "ERISC_STRIKE=$ERISC" /proc/[0-9]*/environ 2>/dev/null | sed 's,^/proc/,,; s,/.*,,'
}
erisc_end_workers() {
    rm -f "$ERISC/on.nft" "$ERISC/tc.on" "$ERISC/worker.sh"
    erisc_turn=0 erisc_none=0
    while [ "$erisc_none" -lt 2 ] && [ "$erisc_turn" -lt 100 ]; do
        erisc_some=$(erisc_workers)
        if [ -n "$erisc_some" ]; then erisc_none=0; else erisc_none=$((erisc_none + 1)); fi
        kill -KILL $erisc_some 2>/dev/null
        erisc_turn=$((erisc_turn + 1))
        sleep 0.01
    done
}
"""
"""What a strike leaves running on a host has `ERISC_STRIKE=$ERISC` in its environment, and so has all it starts: that
is how it is found again, to the letter, whoever its parent is by now. What a shell was about to start when it ended has
not got it yet, and finds no file to work by. What is being started has no environment for a moment: hence two looks.
"""

WORKERS_NEED = (
    "printf 'A=1\\000' | grep -qszxF A=1 2>/dev/null || echo 'grep knows no -z: install GNU grep or a newer busybox'"
)

WORKERS_LEFT = 'for erisc_pid in $(erisc_workers); do echo "process $erisc_pid of the fault still runs"; done'
