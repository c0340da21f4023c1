"""Faults of limits: exhaust_files and exhaust_processes, for the processes of a service."""

from __future__ import annotations

from erisc.executor.faults.actions.managers import functions, manager_of
from erisc.executor.faults.actions.processes import about, armed, needs
from erisc.executor.faults.actions.shell import (
    NOT_ARMED,
    SAME,
    TREE,
    WORKERS,
    WORKERS_NEED,
    name_of,
    need,
    quote,
    script,
)
from erisc.executor.faults.protocol import HostAction, Recipe, Strike

_PRLIMIT = need("prlimit", "install util-linux")

_LIMITS = """
erisc_limits() {
    while read -r erisc_pid erisc_start erisc_rest; do
        erisc_same "$erisc_pid" "$erisc_start" || continue
        awk -v pid="$erisc_pid" -v start="$erisc_start" -v what="$1" '
            index($0, what) == 1 { $0 = substr($0, length(what) + 1); print pid, start, $1, $2 }
        ' "/proc/$erisc_pid/limits"
    done <"$ERISC/members" >"$ERISC/limits.new"
    mv "$ERISC/limits.new" "$ERISC/limits"
}
"""
"""Writes `limits`: pid ticks soft hard, as proc_pid_limits(5) has them."""


def _given_back(option: str) -> str:
    return f"""
while read -r erisc_pid erisc_start erisc_soft erisc_hard; do
    erisc_same "$erisc_pid" "$erisc_start" || continue
    prlimit --pid "$erisc_pid" "--{option}=$erisc_soft:$erisc_hard" || exit 1
done 2>/dev/null <"$ERISC/limits"
:
"""


def _still_lower(strike: Strike, what: str) -> str:
    say = f'echo "process $erisc_pid of" {quote(about(strike))} "has a limit of $erisc_now"'
    return f"""
while read -r erisc_pid erisc_start erisc_soft erisc_hard; do
    erisc_same "$erisc_pid" "$erisc_start" || continue
    erisc_now=$(awk -v what={quote(what)} 'index($0, what) == 1 {{ $0 = substr($0, length(what) + 1); print $1 }}' \
        "/proc/$erisc_pid/limits")
    [ "$erisc_now" = "$erisc_soft" ] || {say}
done 2>/dev/null <"$ERISC/limits"
:
"""


def _exhaust_files(strike: Strike) -> Recipe:
    """The soft limit becomes the lowest number that no open file has: then nothing can be opened (EMFILE), and what is
    open stays open (getrlimit(2), RLIMIT_NOFILE).
    """
    manager = manager_of(strike.host, strike.service)
    lowered = """
while read -r erisc_pid erisc_start erisc_soft erisc_hard; do
    erisc_same "$erisc_pid" "$erisc_start" || continue
    erisc_free=0
    while [ -L "/proc/$erisc_pid/fd/$erisc_free" ]; do erisc_free=$((erisc_free + 1)); done
    ERISC_STRIKE=$ERISC prlimit --pid "$erisc_pid" "--nofile=$erisc_free:$erisc_hard" || erisc_failed=1
done <"$ERISC/limits"
[ -z "$erisc_failed" ]
"""
    return Recipe(
        needs=script(needs(manager), WORKERS_NEED, _PRLIMIT),
        arm=armed(strike, manager, _LIMITS, "erisc_limits 'Max open files'"),
        inject=script(SAME, "erisc_failed=", lowered),
        hold="",
        heal=script(SAME, WORKERS, NOT_ARMED, manager.back, "erisc_end_workers", _given_back("nofile")),
        left=script(SAME, NOT_ARMED, manager.kept, _still_lower(strike, "Max open files")),
    )


def _exhaust_processes(strike: Strike) -> Recipe:
    """A control group of the strike's own holds the service and has room for no more (pids.max of the kernel's pids
    controller): it counts for root, too, whom RLIMIT_NPROC does not bind.
    """
    manager = manager_of(strike.host, strike.service)
    name = name_of(strike.id)
    return Recipe(
        needs=script(needs(manager), _GROUPS, f"[ -n \"$erisc_top\" ] || echo {quote(_NO_GROUPS)}"),
        arm=armed(strike, manager, _GROUPS, f"[ -n \"$erisc_top\" ] || erisc_no {quote(_NO_GROUPS)}", _where()),
        inject=script(SAME, _moved(name)),
        hold="",
        heal=script(SAME, TREE, functions(manager), NOT_ARMED, manager.back, _GROUPS, _moved_back(name)),
        left=script(NOT_ARMED, manager.kept, _GROUPS, f"""
[ -z "$erisc_top" ] || [ ! -d "$erisc_top/{name}" ] || echo "the control group {name} is still there"
"""),
    )  # fmt: skip


_NO_GROUPS = "no control group of the pids controller can be made: mount cgroup v1 pids, or delegate pids in cgroup v2"

_GROUPS = """
erisc_top=
for erisc_try in /sys/fs/cgroup/pids /sys/fs/cgroup /sys/fs/cgroup/unified; do
    if [ "$erisc_try" = /sys/fs/cgroup/pids ]; then
        [ -w "$erisc_try/cgroup.procs" ] || continue
    else
        grep -qw pids "$erisc_try/cgroup.subtree_control" 2>/dev/null && [ -w "$erisc_try/cgroup.procs" ] || continue
    fi
    erisc_top=$erisc_try
    break
done
"""


def _where() -> str:
    """Where each process is now: pid ticks path."""
    return """
echo "$erisc_top" >"$ERISC/top"
while read -r erisc_pid erisc_start erisc_rest; do
    while IFS=: read -r erisc_number erisc_kinds erisc_path; do
        case $erisc_top:$erisc_kinds in
        */pids:pids | */cgroup: | */unified:) echo "$erisc_pid $erisc_start $erisc_top$erisc_path" ;;
        esac
    done <"/proc/$erisc_pid/cgroup"
done <"$ERISC/members" >"$ERISC/groups"
[ -s "$ERISC/groups" ] || erisc_no "the control groups of the service cannot be told"
"""


def _moved(name: str) -> str:
    return f"""
read -r erisc_top <"$ERISC/top"
mkdir "$erisc_top/{name}" || exit 1
while read -r erisc_pid erisc_start erisc_path; do
    erisc_same "$erisc_pid" "$erisc_start" && echo "$erisc_pid" >"$erisc_top/{name}/cgroup.procs"
done <"$ERISC/groups" 2>/dev/null
read -r erisc_count <"$erisc_top/{name}/pids.current"
[ "$erisc_count" -gt 0 ] || {{ echo "the service cannot be moved into a control group" >&2; exit 1; }}
echo "$erisc_count" >"$erisc_top/{name}/pids.max"
"""


def _moved_back(name: str) -> str:
    """What was started since goes where the service's first process came from."""
    return f"""
if [ -n "$erisc_top" ] && [ -d "$erisc_top/{name}" ]; then
    echo max >"$erisc_top/{name}/pids.max"
    read -r erisc_pid erisc_start erisc_first 2>/dev/null <"$ERISC/groups" || erisc_first=$erisc_top
    erisc_turn=0
    while [ "$erisc_turn" -lt 50 ] && ! rmdir "$erisc_top/{name}" 2>/dev/null; do
        erisc_turn=$((erisc_turn + 1))
        for erisc_pid in $(cat "$erisc_top/{name}/cgroup.procs"); do
            erisc_path=$(sed -n "s/^$erisc_pid [0-9]* //p" "$ERISC/groups" 2>/dev/null)
            echo "$erisc_pid" >"${{erisc_path:-$erisc_first}}/cgroup.procs"
        done 2>/dev/null
    done
    [ ! -d "$erisc_top/{name}" ] || {{ echo "the control group {name} does not go" >&2; exit 1; }}
fi
"""


EXHAUST_FILES = HostAction("exhaust_files", "service", _exhaust_files)
EXHAUST_PROCESSES = HostAction("exhaust_processes", "service", _exhaust_processes)
