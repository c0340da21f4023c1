"""Ansible: a playbook that plays the faults on the hosts of an inventory, to the second.

The playbook is one for all specs; what it plays is in faults.json. What is done on a host is a text of sh with its
values as variables, set by resolve.py with the quoting of a shell: nothing of the author's becomes part of a program.
"""

from __future__ import annotations

from typing import Any

from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, Effect, Plan
from erisc.targets.exports.lowering import Call, Tool, content, folder, header, script, struck, warnings
from erisc.targets.protocol import Files, Mark


def _sh(inject: str, heal: str = "", *, down: bool = False, **given: str) -> Call:
    """Texts of sh. given: variable -> the argument that is its value."""

    def call(effect: Effect) -> dict[str, Any]:
        arguments = dict(effect.arguments.items)
        values = {name: _word(arguments[key]) for name, key in given.items()}
        return {"set": values, "inject": inject, "heal": heal, "down": down}

    return call


def _word(value: object) -> str:
    """A value as the shell has it: numbers without an exponent."""
    return f"{value:.9f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


_KILL = 'systemctl mask --runtime --quiet "$unit"\nsystemctl kill --kill-whom=all --signal="$signal" "$unit"'
_AGAIN = 'systemctl unmask --runtime --quiet "$unit"\nsystemctl start "$unit"'
_EACH = "for other in $others; do\n  {0}\ndone"
_RULE = '-m comment --comment "$mark" -j DROP'
_CUT = _EACH.format(f'iptables -w -I INPUT -s "$other" {_RULE}')
_MUTE = _EACH.format(f'iptables -w -I OUTPUT -d "$other" {_RULE}')
_RULES_GONE = """\
for chain in INPUT OUTPUT; do
  while number=$(iptables -w -n --line-numbers -L "$chain" | awk -v m="/* $mark */" 'index($0, m) { print $1; exit }')
    [ -n "$number" ]
  do iptables -w -D "$chain" "$number"
  done
done"""
_DEVICE = r"""device=$(for other in $others; do
  ip -o route get "$other"
done | sed -n "s/.* dev \([^ ]*\).*/\1/p" | head -n 1)
"""
_NETEM = _DEVICE + 'tc qdisc replace dev "$device" root netem {0}'
_NO_QDISC = _DEVICE + 'tc qdisc del dev "$device" root 2>/dev/null || :'
_STRESS = 'systemd-run --quiet --collect --unit="$mark" stress-ng {0}'
_NO_STRESS = 'systemctl stop "$mark.service" 2>/dev/null || :'
_PERCENT = '$(awk -v x="$share" \'BEGIN { printf "%g", x * 100 }\')'
_FILL = """\
set -- $(df -Pk "$path" | awk 'NR == 2 { print $2, $3, $4 }')
size=$(awk -v whole="$1" -v used="$2" -v left="$3" -v share="$share" \
  'BEGIN { want = whole * share - used; if (want > left) want = left; if (want < 0) want = 0; printf "%d", want }')
[ "$size" -eq 0 ] || fallocate -l "${size}k" "$path/$mark" || head -c "${size}k" /dev/zero >"$path/$mark" || :"""
_CLOCK = 'date -s "@$(awk -v now="$(date +%s.%N)" -v by="$by" \'BEGIN {{ printf "%.3f", now {0} by }}\')" >/dev/null'
_LATER = "( sleep 1; {0} ) >/dev/null 2>&1 </dev/null &"

ANSIBLE = Tool(
    "Ansible",
    "W0562",
    {
        "kill": _sh(_KILL, _AGAIN, signal="signal"),
        "terminate": _sh(_KILL.replace('"$signal"', "TERM"), _AGAIN),
        "freeze": _sh(
            'systemctl kill --kill-whom=all --signal=STOP "$unit"',
            'systemctl kill --kill-whom=all --signal=CONT "$unit"',
        ),
        "restart": _sh('systemctl restart "$unit"'),
        "stop": _sh('systemctl stop "$unit"', 'systemctl start "$unit"'),
        "start": _sh('systemctl start "$unit"'),
        "reboot": _sh(_LATER.format("systemctl reboot"), down=True),
        "reset": _sh(_LATER.format("echo b >/proc/sysrq-trigger"), down=True),
        "partition": _sh(f"{_CUT}\n{_MUTE}", _RULES_GONE),
        "drop": _sh(_CUT, _RULES_GONE),
        "loss": _sh(_NETEM.format(f"loss {_PERCENT}%"), _NO_QDISC, share="share"),
        "delay": _sh(_NETEM.format('delay "${by}s" "${jitter}s"'), _NO_QDISC, by="by", jitter="jitter"),
        "duplicate": _sh(_NETEM.format(f"duplicate {_PERCENT}%"), _NO_QDISC, share="share"),
        "reorder": _sh(_NETEM.format(f"delay 10ms reorder {_PERCENT}%"), _NO_QDISC, share="share"),
        "throttle": _sh(
            _DEVICE + 'tc qdisc replace dev "$device" root tbf rate "${to}bit" burst 256kb latency 50ms',
            _NO_QDISC,
            to="to",
        ),
        "block_port": _sh(
            f'for kind in tcp udp; do\n  iptables -w -I INPUT -p "$kind" --dport "$port" {_RULE}\ndone',
            _RULES_GONE,
            port="port",
        ),
        "break_dns": _sh(
            f'for kind in tcp udp; do\n  iptables -w -I OUTPUT -p "$kind" --dport 53 {_RULE}\ndone', _RULES_GONE
        ),
        "interface_down": _sh('ip link set dev "$name" down', 'ip link set dev "$name" up', name="name"),
        "burn_cpu": _sh(_STRESS.format(f"--cpu 0 --cpu-load {_PERCENT}"), _NO_STRESS, share="share"),
        "fill_memory": _sh(
            _STRESS.format(f"--vm 1 --vm-bytes {_PERCENT}% --vm-keep --vm-populate"), _NO_STRESS, share="share"
        ),
        "burn_io": _sh(_STRESS.format('--hdd "$writers"'), _NO_STRESS, writers="writers"),
        "fill_disk": _sh(_FILL, 'rm -f "$path/$mark"', path="path", share="share"),
        "skew_clock": _sh(_CLOCK.format("+"), _CLOCK.format("-"), by="by"),
    },
)


@record
class AnsibleExport:
    """Emits `cells/<id>/ansible/`: faults.yml, moment.yml, faults.json, resolve.py."""

    name: str = "ansible"

    @property
    def capabilities(self) -> dict[str, str]:
        return {
            "Fault": "lowered to texts of sh on hosts, to the second; left out with a warning: what has none",
            "Effect": "lowered to a text of sh and its heal",
            "Target": "lowered to hosts of an inventory, picked by resolve.py",
            "Reaction": "left out with a warning: a playbook watches no events",
        }

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        files: dict[str, bytes] = {}
        for cell in plan.cells:
            if struck(cell):
                files |= folder(cell, self.name, _files(plan, cell))
        return files, warnings(ANSIBLE, plan)

    def source_map(self, plan: Plan) -> dict[str, tuple[Mark, ...]]:
        return {}


EXPORT = AnsibleExport()


def _files(plan: Plan, cell: Cell) -> dict[str, bytes]:
    head = "".join(f"# {line}\n" for line in header(ANSIBLE, cell)).encode()
    return {
        "faults.yml": head + script("faults.yml"),
        "moment.yml": script("moment.yml"),
        "faults.json": content(ANSIBLE, plan, cell),
        "resolve.py": script("resolve.py"),
    }
