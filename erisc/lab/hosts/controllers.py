"""Controllers of the emulated hosts: MariaDB in a Galera cluster, RabbitMQ in one of its own, HAProxy before
both. Pure.

Sources of the settings: mariadb.com/kb, "Galera Cluster System Variables"; rabbitmq.com/docs/3.10/configure;
docs.haproxy.org/2.6/configuration.html.
"""

from __future__ import annotations

from erisc.base.record import record
from erisc.lab.hosts.layout import EmulatedHost
from erisc.lab.hosts.services import HostService

GROUP = "controller"
"""The group whose hosts are controllers."""
COUNTS = (1, 3)
DISK = 384
"""MiB that each host of a lab with controllers may write: a fresh controller takes an eighth of it."""
SST = ("wsrep_sst_rsync", "wsrep_sst_common")
"""What copies a node's data to one that has none: Galera's own scripts."""
STATE_PORT = 9200
MARIADB_PORT, RABBITMQ_PORT = 3306, 5672
MARIADB_FRONT, RABBITMQ_FRONT = 3307, 5673
"""Where HAProxy takes connections to the clusters, on every controller."""
USER = "erisc"

_MARIADB = """\
[mysqld]
user = root
datadir = /srv/mariadb
socket = /run/mysqld/mysqld.sock
pid-file = /run/mysqld/mariadb.pid
bind-address = 0.0.0.0
port = 3306
skip-name-resolve
performance-schema = 0
log-warnings = 1
# HAProxy's checks leave before they log in.
max-connect-errors = 4294967295
max-connections = 1000
character-set-server = utf8mb3
binlog-format = ROW
innodb-autoinc-lock-mode = 2
innodb-buffer-pool-size = 32M
innodb-log-file-size = 8M
innodb-autoextend-increment = 4
innodb-temp-data-file-path = ibtmp1:2M:autoextend
innodb-flush-log-at-trx-commit = 0
innodb-doublewrite = 0
innodb-flush-method = nosync
key-buffer-size = 1M
aria-pagecache-buffer-size = 8M
"""
_GALERA = """
wsrep-on = 1
wsrep-provider = /usr/lib/galera/libgalera_smm.so
wsrep-cluster-name = erisc
wsrep-node-name = {host.name}
wsrep-node-address = {host.data}
wsrep-sst-method = rsync
wsrep-slave-threads = 1
wsrep-notify-cmd = /etc/erisc/galera-notify
# A node that is up waits for its cluster as long as it takes.
wsrep-provider-options = "gcache.size=16M;pc.recovery=true;pc.wait_prim_timeout=PT24H"
!include /run/cluster/address.cnf
"""
_CLIENT = "\n[client]\nsocket = /run/mysqld/mysqld.sock\nuser = root\n"
_RABBITMQ = """\
listeners.tcp.1 = 0.0.0.0:5672
default_user = {user}
default_pass = {password}
loopback_users = none
cluster_name = erisc
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = classic_config
vm_memory_high_watermark.absolute = 256MB
disk_free_limit.absolute = 10MB
raft.wal_max_size_bytes = 16777216
log.console = true
log.console.level = info
log.file = false
# HAProxy's checks leave in the middle of the handshake.
log.connection.level = critical
"""
_ENVIRONMENT = {
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "RABBITMQ_CONFIG_FILE": "/etc/erisc/rabbitmq.conf",
    "RABBITMQ_CTL_ERL_ARGS": "+sbwt none",
    "RABBITMQ_DIST_PORT": "25672",
    "RABBITMQ_ENABLED_PLUGINS_FILE": "/etc/erisc/enabled_plugins",
    "RABBITMQ_LOG_BASE": "/var/log/erisc",
    "RABBITMQ_LOGS": "-",
    "RABBITMQ_MNESIA_BASE": "/srv/rabbitmq/mnesia",
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-start_epmd false +S 1:1 +A 16 +sbwt none +sbwtdcpu none +sbwtdio none",
    # Told that a service manager is there, the script becomes the Erlang VM.
    "NOTIFY_SOCKET": "/run/rabbitmq-notify.sock",
    "RUNNING_UNDER_SYSTEMD": "true",
}
_HAPROXY = """\
global
  maxconn 4000
  nbthread 1
  stats socket /run/haproxy.sock mode 600 level admin
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout check 2s
  default-server inter 1s fall 2 rise 2 on-marked-down shutdown-sessions

# All connections go to the first node that is synced: several writers would refuse each other's commits.
listen mariadb
  bind :{mariadb_front}
  option tcp-check
  tcp-check connect port {mariadb}
  tcp-check expect string mysql_native_password
  tcp-check connect port {state}
  tcp-check send "GET /mariadb HTTP/1.0\\r\\n\\r\\n"
  tcp-check expect string "primary synced"
{mariadbs}
listen rabbitmq
  bind :{rabbitmq_front}
  balance leastconn
  option tcp-check
  tcp-check connect port {rabbitmq}
  tcp-check send-binary 414d515000000901
  tcp-check expect string AMQPLAIN
{rabbits}"""


@record
class Secrets:
    """Passwords of `USER`, and what Erlang's nodes know each other by."""

    database: str
    broker: str
    cookie: str


def controllers_of(everybody: tuple[EmulatedHost, ...]) -> tuple[EmulatedHost, ...]:
    """The hosts that are controllers, in the order in which they begin."""
    return tuple(host for host in everybody if host.group == GROUP)


def services(host: EmulatedHost, controllers: tuple[EmulatedHost, ...], secrets: Secrets) -> tuple[HostService, ...]:
    """What a controller runs beside the services of every host, in the order of their start."""
    state = ("busybox", "httpd", "-f", "-p", str(STATE_PORT), "-h", "/run/cluster")
    bus = ",".join(f"{USER}:{secrets.broker}@{one.data}:{RABBITMQ_PORT}" for one in controllers)
    return (
        HostService("controller_state", state, STATE_PORT, _cluster_files(host, controllers)),
        HostService("epmd", ("/usr/bin/epmd",), 4369),
        HostService(
            "mariadb", ("/etc/erisc/mariadb-start",), MARIADB_PORT, _mariadb_files(host, secrets), stop_seconds=30,
            becomes_another=True,
        ),
        HostService(
            "rabbitmq", ("/etc/erisc/rabbitmq-start",), RABBITMQ_PORT, _rabbitmq_files(host, controllers, secrets),
            stop_seconds=30, becomes_another=True, transport_url=f"rabbit://{bus}/",
        ),
        HostService(
            "haproxy", ("/usr/sbin/haproxy", "-db", "-f", "/etc/erisc/haproxy.cfg"), MARIADB_FRONT,
            (("/etc/erisc/haproxy.cfg", haproxy(controllers)),),
        ),
    )  # fmt: skip


def _cluster_files(host: EmulatedHost, controllers: tuple[EmulatedHost, ...]) -> tuple[tuple[str, str], ...]:
    names = [one.name for one in controllers]
    values = {
        "NAME": host.name,
        "OTHERS": " ".join(name for name in names if name != host.name),
        "BEFORE": " ".join(names[: names.index(host.name)]),
        "EVERYBODY": " ".join(one.data for one in controllers),
    }
    return (("/etc/erisc/cluster", "".join(f"{name}='{value}'\n" for name, value in values.items())),)


def _mariadb_files(host: EmulatedHost, secrets: Secrets) -> tuple[tuple[str, str], ...]:
    accounts = (
        "FLUSH PRIVILEGES;\n"
        f"CREATE USER IF NOT EXISTS `{USER}`@`%` IDENTIFIED BY '{secrets.database}';\n"
        f"GRANT ALL ON *.* TO `{USER}`@`%`;\nCREATE DATABASE IF NOT EXISTS `{USER}`;\n"
    )
    return (
        ("/etc/erisc/mariadb.cnf", _MARIADB + _GALERA.format(host=host)),
        ("/etc/erisc/mariadb-install.cnf", _MARIADB),
        ("/etc/erisc/accounts.sql", accounts),
        ("/root/.my.cnf", _CLIENT),
    )


def _rabbitmq_files(
    host: EmulatedHost, controllers: tuple[EmulatedHost, ...], secrets: Secrets
) -> tuple[tuple[str, str], ...]:
    peers = [
        f"cluster_formation.classic_config.nodes.{place} = rabbit@{one.name}\n"
        for place, one in enumerate(controllers, start=1)
    ]
    environment = {**_ENVIRONMENT, "RABBITMQ_NODENAME": f"rabbit@{host.name}"}
    return (
        ("/etc/erisc/rabbitmq.conf", _RABBITMQ.format(user=USER, password=secrets.broker) + "".join(peers)),
        ("/etc/erisc/rabbitmq.env", "".join(f"export {name}='{value}'\n" for name, value in environment.items())),
        ("/etc/erisc/enabled_plugins", "[].\n"),
        ("/root/.erlang.cookie", secrets.cookie),
    )


def haproxy(controllers: tuple[EmulatedHost, ...]) -> str:
    """HAProxy's configuration, the same on every controller."""

    def servers(port: int, *, spare: str) -> str:
        lines = [
            f"  server {one.name} {one.data}:{port} check{spare if place else ''}\n"
            for place, one in enumerate(controllers)
        ]
        return "".join(lines)

    return _HAPROXY.format(
        mariadb_front=MARIADB_FRONT, rabbitmq_front=RABBITMQ_FRONT, mariadb=MARIADB_PORT, rabbitmq=RABBITMQ_PORT,
        state=STATE_PORT, mariadbs=servers(MARIADB_PORT, spare=" backup"), rabbits=servers(RABBITMQ_PORT, spare=""),
    )  # fmt: skip
