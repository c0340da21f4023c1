"""Faults of processes: kill, terminate, freeze, restart, stop, start."""

from __future__ import annotations

import signal
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.faults.actions.managers import Manager, functions, manager_of
from erisc.executor.faults.actions.shell import (
    NOT_ARMED,
    PROTECT,
    REFUSE,
    ROOT,
    SAME,
    SIGNAL,
    STOP_TREE,
    TREE,
    need,
    quote,
    script,
)
from erisc.executor.faults.protocol import HostAction, Recipe, Strike

START = 60
"""s a service has to get its processes."""
STOP = 30
"""s a service has to end when it is asked to."""


def about(strike: Strike) -> str:
    """`rabbitmq on ctl`."""
    return f"{strike.service} on {strike.host.name}"


def needs(manager: Manager) -> str:
    """What every fault of a service needs."""
    return script(ROOT, need("awk", "install mawk, gawk or busybox"), manager.needs)


def armed(strike: Strike, manager: Manager, *more: str) -> str:
    """Finds the processes of the service, refuses what must not be touched, and writes `members`: pid ticks state."""
    return script(REFUSE, SAME, TREE, PROTECT, functions(manager), _find(strike), manager.before, *more)


def _find(strike: Strike) -> str:
    down = quote(f"{about(strike)} has no processes: it was down before the fault; start it, then run again")
    return f"""
erisc_roots=$(erisc_pids) || erisc_no {quote(f"{about(strike)} cannot be looked for")}
for erisc_pid in $erisc_roots; do
    case $erisc_pid in *[!0-9]*) erisc_no {quote(f"{about(strike)}: no process id:")} "$erisc_pid" ;; esac
done
erisc_tree $erisc_roots >"$ERISC/members.new"
[ -s "$ERISC/members.new" ] || erisc_no {down}
erisc_protect "$ERISC/members.new"
mv "$ERISC/members.new" "$ERISC/members"
"""


def started(strike: Strike, manager: Manager) -> str:
    """Lets what is stopped go on, starts the service where it is down, and waits until it has processes.

    What is left of a tree whose root is gone goes first: it may hold the ports that the service needs.
    """
    late = quote(f"{about(strike)} did not come back within {START} s of its start")
    up = 'erisc_tree $(erisc_pids) >"$ERISC/now"\n[ -s "$ERISC/now" ]'
    return script(
        SAME,
        TREE,
        SIGNAL,
        functions(manager),
        NOT_ARMED,
        'mkdir -p "$ERISC"',
        manager.back,
        f"erisc_up() {{\n{up}\n}}",
        f"""
if ! erisc_up; then
    erisc_signal "$ERISC/members" KILL
    erisc_start || {{ cat "$ERISC/start.log" >&2; echo {quote(f"{about(strike)} cannot be started")} >&2; exit 1; }}
fi
erisc_signal "$ERISC/members" CONT
erisc_turn=0
until erisc_up; do
    erisc_turn=$((erisc_turn + 1))
    [ "$erisc_turn" -lt {START * 10} ] || {{ echo {late} >&2; exit 1; }}
    sleep 0.1
done
""",
        _go_on(strike),
    )


def _go_on(strike: Strike) -> str:
    stays = quote(f"{about(strike)} stays stopped after SIGCONT")
    return f"""
erisc_turn=0
while erisc_tree $(erisc_pids) | grep -i ' t$' >"$ERISC/stopped"; do
    erisc_signal "$ERISC/stopped" CONT
    erisc_turn=$((erisc_turn + 1))
    [ "$erisc_turn" -lt 50 ] || {{ echo {stays} >&2; exit 1; }}
done
rm -f "$ERISC/stopped"
"""


def _is_down(strike: Strike, manager: Manager) -> str:
    """For `left`: says when the service has no processes or some of them are stopped."""
    return script(
        SAME,
        TREE,
        functions(manager),
        NOT_ARMED,
        manager.kept,
        f"""
erisc_has=$(erisc_tree $(erisc_pids))
[ -n "$erisc_has" ] || echo {quote(f"{about(strike)} has no processes")}
printf '%s\\n' "$erisc_has" | while read -r erisc_pid erisc_ticks erisc_state; do
    case $erisc_state in T | t) echo "process $erisc_pid of" {quote(about(strike))} "is stopped" ;; esac
done
""",
    )


def _signal(arguments: dict[str, Any]) -> str:
    """The name of the signal without SIG. Raises Failure for one that ends no process."""
    name = str(arguments.get("signal", "KILL")).upper().removeprefix("SIG")
    if not name.isalnum() or not hasattr(signal, f"SIG{name}") or name in ("STOP", "CONT", "TSTP", "CHLD"):
        raise Failure(
            f"kill: {arguments.get('signal')!r} is no signal that ends a process",
            mend="KILL, TERM, INT, QUIT, HUP, ABRT …; `freeze` stops a process",
            exit_code=WRONG_CALL,
        )
    return name


def kill_text(strike: Strike, name: str) -> str:
    """The signal to all processes of `members`, until none lives. With KILL the tree is stopped first, so that nothing
    forked meanwhile gets away."""
    left = quote(f"of {about(strike)} these processes outlive SIG{name}:")
    if name == "KILL":
        first = 'erisc_stop "$ERISC/members"\nkill -KILL $erisc_all 2>/dev/null'
        parts: tuple[str, ...] = (SAME, STOP_TREE, SIGNAL)
    else:
        first = f'erisc_signal "$ERISC/members" {name}'
        parts = (SAME, SIGNAL)
    return script(
        *parts, first, f'erisc_gone "$ERISC/members" {STOP * 100} || {{ echo {left} "$erisc_living" >&2; exit 1; }}'
    )


def _keep_dead(manager: Manager) -> str:
    """A manager that starts the service again is overruled until the fault ends."""
    return script(
        SAME,
        TREE,
        STOP_TREE,
        REFUSE,
        PROTECT,
        functions(manager),
        f"""
erisc_stirs || exit 0
erisc_tree $(erisc_pids) >"$ERISC/again"
[ -s "$ERISC/again" ] || exit 0
( erisc_protect "$ERISC/again" ) || exit 1
{manager.give_up or ":"}
erisc_stop "$ERISC/again"
kill -KILL $erisc_all 2>/dev/null
:
""",
    )


def _kill(strike: Strike, name: str) -> Recipe:
    manager = manager_of(strike.host, strike.service)
    return Recipe(
        needs=needs(manager),
        arm=armed(strike, manager),
        inject=kill_text(strike, name),
        hold=_keep_dead(manager),
        heal=started(strike, manager),
        left=_is_down(strike, manager),
    )


def _stop(strike: Strike) -> Recipe:
    manager = manager_of(strike.host, strike.service)
    asked = script(SAME, SIGNAL, 'erisc_signal "$ERISC/members" TERM')
    killed = f'erisc_gone "$ERISC/members" {STOP * 100} || erisc_signal "$ERISC/members" KILL'
    by_signal = script(asked, killed)
    by_manager = script(SAME, SIGNAL, f"( {manager.stop} ) </dev/null >&2 || exit 1")
    left = quote(f"{about(strike)} still runs:")
    gone = f'erisc_gone "$ERISC/members" 1000 || {{ echo {left} "$erisc_living" >&2; exit 1; }}'
    return Recipe(
        needs=needs(manager),
        arm=armed(strike, manager),
        inject=script(by_manager if manager.stop else by_signal, gone),
        hold=_keep_dead(manager) if strike.duration is not None else "",
        heal=started(strike, manager),
        left=_is_down(strike, manager),
    )


def _freeze(strike: Strike) -> Recipe:
    manager = manager_of(strike.host, strike.service)
    return Recipe(
        needs=needs(manager),
        # What the manager keeps ready for a kill is not needed: a frozen service is not started again.
        arm=script(REFUSE, SAME, TREE, PROTECT, functions(manager), _find(strike), _none_stopped(strike)),
        inject=script(SAME, STOP_TREE, 'erisc_stop "$ERISC/members"', _all_stopped(strike)),
        hold="",
        heal=script(
            SAME, TREE, SIGNAL, functions(manager), NOT_ARMED, 'erisc_signal "$ERISC/members" CONT',
            'mkdir -p "$ERISC"', _go_on(strike),
        ),
        left=_stays_stopped(strike, manager),
    )  # fmt: skip


def _none_stopped(strike: Strike) -> str:
    before = quote(f"{about(strike)} has stopped processes already; let them go on (SIGCONT), then run again")
    return f"if grep -qi ' t$' \"$ERISC/members\"; then erisc_no {before}; fi"


def _all_stopped(strike: Strike) -> str:
    return f'[ -n "$erisc_all" ] || {{ echo {quote(f"{about(strike)} ended before it could be frozen")} >&2; exit 1; }}'


def _stays_stopped(strike: Strike, manager: Manager) -> str:
    say = f"echo \"process $erisc_pid of\" {quote(about(strike))} 'is stopped'"
    return script(
        SAME, TREE, SIGNAL, functions(manager), NOT_ARMED,
        f"""
{{ erisc_tree $(erisc_pids); cat "$ERISC/members" 2>/dev/null; }} | sort -u -k 1,2 >"$ERISC/all" 2>/dev/null
while read -r erisc_pid erisc_rest; do
    erisc_look "$erisc_pid" || continue
    case $erisc_state in T | t) {say} ;; esac
done 2>/dev/null <"$ERISC/all"
:
""",
    )  # fmt: skip


def _start(strike: Strike) -> Recipe:
    """Starts a service that is down. With a duration it is stopped again afterwards; without one it goes on."""
    manager = manager_of(strike.host, strike.service)
    late = quote(f"{about(strike)} has no processes {START} s after its start")
    common = script(SAME, TREE, SIGNAL, functions(manager))
    note = '[ -n "$(erisc_tree $(erisc_pids))" ] || : >"$ERISC/was_down"'
    begun = f"""
[ -e "$ERISC/was_down" ] || exit 0
erisc_start || {{ cat "$ERISC/start.log" >&2; exit 1; }}
erisc_turn=0
until [ -n "$(erisc_tree $(erisc_pids))" ]; do
    erisc_turn=$((erisc_turn + 1))
    [ "$erisc_turn" -lt {START * 10} ] || {{ echo {late} >&2; exit 1; }}
    sleep 0.1
done
"""
    lasting = strike.duration is None
    return Recipe(
        needs=needs(manager),
        arm=script(REFUSE, common, note),
        inject=script(common, begun),
        hold="",
        heal=":" if lasting else script(common, _stopped_again(manager)),
        left=":" if lasting else script(common, f"""
[ -e "$ERISC/was_down" ] || exit 0
[ -z "$(erisc_tree $(erisc_pids))" ] || echo {quote(f"{about(strike)} still runs")}
"""),
    )  # fmt: skip


def _stopped_again(manager: Manager) -> str:
    stop = f"( {manager.stop} ) </dev/null >&2" if manager.stop else 'erisc_signal "$ERISC/now" TERM'
    return f"""
[ -e "$ERISC/was_down" ] || exit 0
erisc_tree $(erisc_pids) >"$ERISC/now"
[ -s "$ERISC/now" ] || exit 0
{stop}
erisc_gone "$ERISC/now" {STOP * 100} || {{ erisc_signal "$ERISC/now" KILL; erisc_gone "$ERISC/now" 1000; }}
"""


KILL = HostAction("kill", "service", lambda strike: _kill(strike, _signal(strike.arguments)))
TERMINATE = HostAction("terminate", "service", lambda strike: _kill(strike, "TERM"))
FREEZE = HostAction("freeze", "service", _freeze)
RESTART = HostAction("restart", "service", _stop)
STOP_SERVICE = HostAction("stop", "service", _stop)
START_SERVICE = HostAction("start", "service", _start)
