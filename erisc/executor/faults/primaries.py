"""Which host is the primary of a service: the service itself is asked, on every host that could be it.

What built-in knowledge calls the primary:

- RabbitMQ: the running node that leads most queues (quorum and classic); of several, the one that has run longest.
- MariaDB, MySQL: with Galera, the member of the primary component with `wsrep_local_index` 0; without, the server that
  is not read-only.
- OVN: the leader of the Raft cluster of the database (ovsdb-server(1), "cluster/status"), or the active ovn-northd.

A service's `primary` of the inventory goes before all of it: an argument list that prints `1` or `true` on the primary.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from erisc.base.failure import Failure
from erisc.executor.faults.channel import Channels, on_each
from erisc.executor.zones import Host

WITHIN = 10.0
"""s that all hosts together have to answer: a broker's own tool takes two to start."""

_LEADS = """
Nodes = [N || N <- nodes([this, visible]), rpc:call(N, rabbit, is_running, [], 2000) =:= true],
Led = [case amqqueue:get_pid(Q) of {_, N} -> N; P when is_pid(P) -> node(P); _ -> none end
       || Q <- rabbit_amqqueue:list()],
Key = fun(N) ->
    {Up, _} = rpc:call(N, erlang, statistics, [wall_clock], 2000),
    {length([x || L <- Led, L =:= N]), Up}
end,
{_, Primary} = lists:max([{Key(N), N} || N <- Nodes]),
Primary =:= node().
"""
_RABBITMQ = f"rabbitmqctl -q eval {shlex.quote(' '.join(_LEADS.split()))}"

_MARIADB = """
erisc_sql=$(command -v mariadb || command -v mysql) || { echo 'neither mariadb nor mysql is there' >&2; exit 127; }
erisc_say=$("$erisc_sql" -N -B -e "SHOW GLOBAL STATUS WHERE Variable_name IN \
('wsrep_cluster_status', 'wsrep_local_index'); SELECT 'read_only', @@read_only, @@GLOBAL.wsrep_on" 2>/dev/null ||
  "$erisc_sql" -N -B -e "SELECT 'read_only', @@read_only, 0") || exit 1
printf '%s\\n' "$erisc_say" | awk '
  $1 == "wsrep_cluster_status" { status = $2 }
  $1 == "wsrep_local_index" { place = $2 }
  $1 == "read_only" { free = $2 == 0; galera = $3 == 1 }
  END { print galera ? (status == "Primary" && place == "0") : free }'
"""


def _raft(socket: str, database: str) -> str:
    return f"""
for erisc_ctl in /var/run/ovn/{socket} /run/ovn/{socket} /var/run/openvswitch/{socket}; do
  [ ! -S "$erisc_ctl" ] || break
done
ovs-appctl -t "$erisc_ctl" cluster/status {database} | grep -q '^Role: leader' && echo 1
:
"""


_NORTH = _raft("ovnnb_db.ctl", "OVN_Northbound")
_SOUTH = _raft("ovnsb_db.ctl", "OVN_Southbound")
_NORTHD = "ovn-appctl -t ovn-northd status | grep -q '^Status: active' && echo 1\n:"

KNOWN = {
    "rabbitmq": _RABBITMQ, "rabbitmq_server": _RABBITMQ,
    "mariadb": _MARIADB, "mysql": _MARIADB, "galera": _MARIADB,
    "ovn_nb": _NORTH, "ovn_northbound": _NORTH, "ovn_nbdb": _NORTH, "ovn_ovsdb_nb": _NORTH,
    "ovn_sb": _SOUTH, "ovn_southbound": _SOUTH, "ovn_sbdb": _SOUTH, "ovn_ovsdb_sb": _SOUTH,
    "ovn_northd": _NORTHD,
}  # fmt: skip
"""Service to what prints `1` or `true` on its primary."""
YES = ("1", "true", "yes")


class Primaries:
    """Asks over kept shells. Safe to use from several threads."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def of(self, service: str, among: Sequence[Host]) -> str:
        """The name of the host that is the service's primary now. A host that does not answer is not it.

        Raises Failure when none says that it is, or several do, quoting what they said instead.
        """
        said: dict[str, bool] = {}
        texts = [(host, question(host, service)) for host in among]

        def ask(each: tuple[Host, str]) -> None:
            reply = self._channels.of(each[0]).run(each[1], WITHIN)
            words = reply.out.split()
            if not words and reply.code:
                raise Failure((reply.err.strip().splitlines() or [f"ended with {reply.code}"])[-1])
            said[each[0].name] = bool(words) and words[-1].lower() in YES

        errors = on_each(texts, ask)
        found = sorted(name for name, is_it in said.items() if is_it)
        if len(found) == 1:
            return found[0]
        told = [f"{name} says no" for name in sorted(said)] if not found else []
        told += [f"{host.name}: {getattr(error, 'what', error)}" for (host, _), error in errors]
        what = f"says that it is the primary of {service}"
        who = " and ".join(found) + " each" if found else "no host"
        raise Failure(f"{who} {what}" + (f": {'; '.join(told)}" if told else ""))


def question(host: Host, service: str) -> str:
    """The text of sh that prints `1` on the service's primary. Raises Failure when nobody knows how to ask."""
    stated = host.services.get(service, {}).get("primary")
    if isinstance(stated, list) and stated and all(isinstance(word, str) for word in stated):
        return shlex.join(stated)
    if stated is not None:
        raise Failure(f"host {host.name}: `primary` of service {service} is no list of words: {stated!r}")
    if service not in KNOWN:
        raise Failure(
            f"how the primary of service {service} is found is not known",
            mend=f"give `primary` to {service} in the inventory: a command that prints 1 on the primary",
        )
    return KNOWN[service]
