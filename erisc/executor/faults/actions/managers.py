"""Service managers as texts of sh: how a host finds a service, starts it, stops it, and is kept from starting it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.faults.actions.shell import need, on_host, quote, script, words
from erisc.executor.zones import Host

_OUR_KEYS = ("manager", "port", "primary", "transport_url")
"""Keys of a service that other parts read."""


@record
class Manager:
    """One service of one host.

    needs: as in Recipe. before: what `arm` does for it beside. pids: prints the ids of its root processes, nothing when
    it is down. start: starts it, no error where it runs. stop: stops it and waits, "" where only signals can. give_up:
    keeps the manager from starting it again, "" where it would not. back: takes back what keeps it from starting.
    stirs: a condition that is cheap and false only when the service has surely not come back since it was last false.
    kept: prints a line for what `before` left on the host.
    """

    needs: str
    pids: str
    start: str
    stop: str = ""
    before: str = ""
    give_up: str = ""
    back: str = ""
    stirs: str = "true"
    kept: str = ""


def manager_of(host: Host, service: str) -> Manager:
    """Raises Failure when the host has no such service, or its keys are those of no manager."""
    if service not in host.services:
        listed = ", ".join(host.services) or "none"
        raise Failure(f"host {host.name} has no service {service!r}; the inventory lists: {listed}")
    keys = host.services[service]
    given = {key: value for key, value in keys.items() if key not in _OUR_KEYS}
    kind = keys.get("manager")
    if kind not in MANAGERS or not _fits(given, MANAGERS[kind].keys):
        has = ", ".join(given) or "no keys"
        raise Failure(
            f"host {host.name}: service {service!r} has no usable manager: {kind!r} with {has}",
            mend="; ".join(f"`manager: {name}` with {each.mend}" for name, each in MANAGERS.items()),
        )
    return MANAGERS[kind].make(host, given)


@record
class Kind:
    """keys: name to (type, whether it must be there). make: from the host and the keys given."""

    keys: Mapping[str, tuple[type, bool]]
    mend: str
    make: Callable[[Host, dict[str, Any]], Manager]


def _fits(given: dict[str, Any], keys: Mapping[str, tuple[type, bool]]) -> bool:
    if set(given) - set(keys) or any(must and name not in given for name, (_, must) in keys.items()):
        return False
    return all(_is(given[name], keys[name][0]) for name in given)


def _is(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)
    return isinstance(value, kind) and bool(value)


def _supervisor(host: Host, keys: dict[str, Any]) -> Manager:
    # The executor's own Python is there for sure, and starts faster than what a PATH may lead to.
    pythons = ([sys.executable] if host.connection == "local" else []) + ["python3"]
    code, path, program = on_host("supervisor"), keys["socket"], keys["program"]
    find = f'for erisc_python in {words(pythons)}; do command -v "$erisc_python" >/dev/null 2>&1 && break; done'

    def ask(method: str) -> str:
        return f'{find}\n"$erisc_python" -I -S -c {quote(code)} {words([path, method, program])}'

    return Manager(
        needs=f'{find}\ncommand -v "$erisc_python" >/dev/null 2>&1 || '
        "echo 'python3 is missing: install it; supervisord is asked by it'",
        pids=ask("getProcessInfo"),
        start=ask("startProcess"),
        stop=ask("stopAndWait"),
        # A program that supervisord is stopping itself is not started again when it dies.
        give_up=ask("stopProcess"),
        before=_SUPERVISOR_BEFORE,
        stirs=_SUPERVISOR_STIRS,
    )


_SUPERVISOR_BEFORE = """
read -r erisc_pid erisc_rest <"$ERISC/members"
erisc_look "$erisc_pid" && printf '%s\\n' "$erisc_parent" >"$ERISC/daemon"
"""

_SUPERVISOR_STIRS = """
    erisc_then= erisc_now=
    read -r erisc_daemon 2>/dev/null <"$ERISC/daemon" || return 0
    [ -e "/proc/$erisc_daemon/task/$erisc_daemon/children" ] || return 0
    read -r erisc_now <"/proc/$erisc_daemon/task/$erisc_daemon/children"
    read -r erisc_then 2>/dev/null <"$ERISC/children"
    erisc_now="of $erisc_now"
    [ "$erisc_now" != "$erisc_then" ] || return 1
    printf '%s\\n' "$erisc_now" >"$ERISC/children"
"""
"""supervisord's children are the services: while it has the same ones, it need not be asked."""


def _systemd(host: Host, keys: dict[str, Any]) -> Manager:
    unit = quote(keys["unit"])
    folder = quote(f"/run/systemd/system/{keys['unit']}.d")
    return Manager(
        needs=f"{need('systemctl', 'name another manager of the service in the inventory')}\n"
        f"systemctl cat {unit} >/dev/null 2>&1 || echo {quote('systemd knows no unit ' + keys['unit'])}",
        pids=_CGROUP_PIDS.replace("UNIT", unit),
        start=f"systemctl reset-failed {unit} 2>/dev/null; systemctl start {unit}",
        stop=f"systemctl stop {unit}",
        # Restart= of the unit would end the fault early. In /run: gone with a reboot.
        before=f"mkdir -p {folder} && printf '[Service]\\nRestart=no\\n' >{folder}/zz-erisc.conf && "
        "systemctl daemon-reload",
        back=f"if [ -e {folder}/zz-erisc.conf ]; then rm -f {folder}/zz-erisc.conf; rmdir {folder} 2>/dev/null; "
        "systemctl daemon-reload; fi",
        kept=f"[ ! -e {folder}/zz-erisc.conf ] || echo {quote('Restart= of ' + keys['unit'] + ' is still overruled')}",
    )


_CGROUP_PIDS = """
    erisc_group=$(systemctl show -p ControlGroup --value UNIT)
    [ -n "$erisc_group" ] || return 0
    for erisc_top in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
        if [ -e "$erisc_top$erisc_group/cgroup.procs" ]; then cat "$erisc_top$erisc_group/cgroup.procs"; return; fi
    done
    systemctl show -p MainPID --value UNIT | grep -v '^0$'
    :
"""


def _pidfile(host: Host, keys: dict[str, Any]) -> Manager:
    path = quote(keys["path"])
    pids = f"""
    erisc_found=
    read -r erisc_found erisc_rest 2>/dev/null <{path}
    case $erisc_found in '' | *[!0-9]*) return 0 ;; esac
    erisc_look "$erisc_found" || return 0
    """
    if "argv" in keys:
        pids += f'erisc_is={_digest(keys["argv"])}\n    erisc_has=$(sha256sum <"/proc/$erisc_found/cmdline")\n'
        pids += '    [ "${erisc_has%% *}" = "$erisc_is" ] || return 0\n'
    return Manager("", pids + '    echo "$erisc_found"', words(keys["start"]), words(keys.get("stop", ())))


def _argv(host: Host, keys: dict[str, Any]) -> Manager:
    pids = f"""
    sha256sum /proc/[0-9]*/cmdline 2>/dev/null | while read -r erisc_sum erisc_file; do
        [ "$erisc_sum" = {_digest(keys["argv"])} ] || continue
        erisc_file=${{erisc_file#/proc/}}
        echo "${{erisc_file%/cmdline}}"
    done"""
    return Manager(need("sha256sum", "install coreutils"), pids, words(keys["start"]), words(keys.get("stop", ())))


def _digest(argv: list[str]) -> str:
    """SHA-256 of what /proc/PID/cmdline has for exactly these words: one program compares all processes by it."""
    return hashlib.sha256(b"".join(word.encode() + b"\0" for word in argv)).hexdigest()


def _commands(host: Host, keys: dict[str, Any]) -> Manager:
    # A failing `pids` means that the service is down: pgrep and pidof say it that way.
    pids = f"{words(keys['pids'])} | tr ' ' '\\n' | grep -vx -e '' -e 0\n    :"
    return Manager("", pids, words(keys["start"]), words(keys.get("stop", ())))


MANAGERS: dict[str, Kind] = {
    "supervisor": Kind(
        {"socket": (str, True), "program": (str, True)}, "socket and program (of supervisord)", _supervisor
    ),
    "systemd": Kind({"unit": (str, True)}, "unit", _systemd),
    "pidfile": Kind(
        {"path": (str, True), "start": (list, True), "stop": (list, False), "argv": (list, False)},
        "path and a list start (and lists stop, argv)",
        _pidfile,
    ),
    "argv": Kind(
        {"argv": (list, True), "start": (list, True), "stop": (list, False)},
        "lists argv and start (and stop)",
        _argv,
    ),
    "commands": Kind(
        {"pids": (list, True), "start": (list, True), "stop": (list, False)},
        "lists pids and start (and stop)",
        _commands,
    ),
}
"""How services are found and started, by the word after `manager:`."""


def functions(manager: Manager) -> str:
    """The manager's texts as functions of sh: `erisc_pids`, `erisc_start`, `erisc_stirs`."""
    return script(
        "erisc_pids() {\n" + manager.pids + "\n}",
        # A daemon keeps what it inherits: our channel must not hang on it, and it must not die with it.
        "erisc_start() {\n(\n" + manager.start + '\n) </dev/null >"$ERISC/start.log" 2>&1\n}',
        "erisc_stirs() {\n" + manager.stirs + "\n}",
    )
