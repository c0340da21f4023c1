"""The zone's programs: how each is run, what it listens on, what it reads. Pure."""

from __future__ import annotations

import hashlib
import json

from erisc.base.record import record
from erisc.lab.ports import HOST
from erisc.lab.settings import Settings

API_GROUP = ("keystone", "glance", "placement", "nova-api", "neutron", "heat-api", "cinder-api")
"""What answers HTTP."""
EARLY_APIS = ("keystone", "placement")
"""What workers call as soon as they start."""
SLOW_WORKERS = ("nova-conductor", "nova-compute", "cinder-volume")
"""What takes longest from its start until it may be given work, and what they in turn wait for."""
RPC_GROUP = ("nova-conductor", "nova-scheduler", "nova-compute", "heat-engine", "cinder-scheduler", "cinder-volume")
"""What serves calls over the broker."""
BASE_GROUP = ("epmd", "mariadb", "memcached", "rabbitmq")
"""What the others stand on."""
_UWSGI = (
    "--need-app --enable-threads --threads 1 --buffer-size 65535 --die-on-term --no-orphans --disable-logging "
    "--listen 100 --http-auto-chunked --http-chunked-input"
)


@record
class Program:
    """One program of supervisord.

    role: of the port it listens on, or empty. environment: its own variables. configs: files under `etc/` that it
    reads; it is restarted when one changes. stop_seconds: how long it may take to end by itself.
    """

    name: str
    command: tuple[str, ...]
    role: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    configs: tuple[str, ...] = ()
    stop_seconds: int = 10

    def digest(self, files: dict[str, str]) -> str:
        """Of everything that makes a running process out of date when it changes."""
        parts = [self.command, self.environment, [files[name] for name in self.configs]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def programs(zone: Settings, *, root: bool) -> tuple[Program, ...]:
    """Every program, in the order of their start. `root`: whether the lab runs as root, which some refuse untold."""
    return (*_base(zone, root), *_apis(zone), *_workers(zone))


def names() -> tuple[str, ...]:
    """Names of all programs, in the order of their start."""
    return BASE_GROUP + API_GROUP + RPC_GROUP


def port_roles() -> dict[str, str]:
    """Program -> role of the port it listens on."""
    own = {"nova-api": "nova", "heat-api": "heat", "cinder-api": "cinder"}
    return {name: own.get(name, name) for name in BASE_GROUP + API_GROUP}


def _base(zone: Settings, root: bool) -> tuple[Program, ...]:
    epmd = ("/usr/bin/epmd", "-address", HOST, "-port", str(zone.ports["epmd"]))
    memcached = (
        "/usr/bin/memcached",
        "-l",
        HOST,
        "-p",
        str(zone.ports["memcached"]),
        "-m",
        "64",
        "-c",
        "4096",
        "-t",
        "2",
    )
    return (
        Program("epmd", epmd, "epmd"),
        Program("mariadb", _mariadb(zone, root), "mariadb", stop_seconds=20),
        Program("memcached", (*memcached, "-u", "root") if root else memcached, "memcached"),
        _rabbitmq(zone),
    )


def _mariadb(zone: Settings, root: bool) -> tuple[str, ...]:
    """Durable against a killed process, not against a power cut: what is lost then is a lab."""
    options = (
        "--no-defaults", f"--datadir={zone.path('db')}", f"--socket={zone.path('db.sock')}",
        f"--pid-file={zone.path('db.pid')}", f"--port={zone.ports['mariadb']}", f"--bind-address={HOST}",
        "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
        "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=64M",
        "--max-connections=2000", "--character-set-server=utf8mb3", "--skip-name-resolve", "--performance-schema=0",
    )  # fmt: skip
    return ("/usr/sbin/mariadbd", *options, *(("--user=root",) if root else ()))


def _rabbitmq(zone: Settings) -> Program:
    """The broker as one process: told that a service manager is there, its script replaces itself by the Erlang VM."""
    loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
    quiet = "+sbwt none +sbwtdcpu none +sbwtdio none"
    environment = {
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(zone.ports["epmd"]),
        "NOTIFY_SOCKET": zone.path("rabbitmq-notify.sock"),
        "RABBITMQ_CONFIG_FILE": zone.path("etc", "rabbitmq", "rabbitmq.conf"),
        "RABBITMQ_CTL_ERL_ARGS": "+sbwt none",
        "RABBITMQ_DIST_PORT": str(zone.ports["rabbitmq_dist"]),
        "RABBITMQ_ENABLED_PLUGINS_FILE": zone.path("etc", "rabbitmq", "enabled_plugins"),
        "RABBITMQ_LOG_BASE": zone.path("log"),
        "RABBITMQ_LOGS": zone.path("log", "rabbitmq.log"),
        "RABBITMQ_MNESIA_BASE": zone.path("mq"),
        "RABBITMQ_NODENAME": "zone@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(zone.ports["rabbitmq"]),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-start_epmd false {loopback} {quiet}",
    }
    return Program(
        "rabbitmq",
        ("/usr/lib/rabbitmq/bin/rabbitmq-server",),
        "rabbitmq",
        tuple(environment.items()),
        ("rabbitmq/rabbitmq.conf", "rabbitmq/enabled_plugins"),
        stop_seconds=20,
    )


def _apis(zone: Settings) -> tuple[Program, ...]:
    etc = zone.path("etc")
    neutron = {
        "OS_NEUTRON_CONFIG_DIR": f"{etc}/neutron",
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2_conf.ini",
    }
    nova = {"OS_NOVA_CONFIG_DIR": f"{etc}/nova", "OS_NOVA_CONFIG_FILES": "api-paste.ini;nova.conf;nova-api.conf"}
    return (
        # Keystone opens nothing before its first request, so that it is loaded once and forked.
        _wsgi(zone, "keystone", "keystone.wsgi.api", ("keystone/keystone.conf",), 2, fork=True,
              environment={"OS_KEYSTONE_CONFIG_DIR": f"{etc}/keystone"}),
        _wsgi(zone, "glance", "glance.wsgi.api", ("glance/glance-api.conf",),
              environment={"OS_GLANCE_CONFIG_DIR": f"{etc}/glance"}),
        _wsgi(zone, "placement", "placement.wsgi.api", ("placement/placement.conf",),
              environment={"OS_PLACEMENT_CONFIG_DIR": f"{etc}/placement"}),
        _wsgi(zone, "nova-api", "nova.wsgi.osapi_compute", ("nova/nova.conf", "nova/nova-api.conf"), 2, role="nova",
              environment=nova),
        _wsgi(zone, "neutron", "neutron.wsgi.api", ("neutron/neutron.conf", "neutron/ml2_conf.ini"),
              environment=neutron),
        _wsgi(zone, "heat-api", "heat.wsgi.api", ("heat/heat.conf",), role="heat", arguments=True),
        _wsgi(zone, "cinder-api", "cinder.wsgi.api", ("cinder/cinder.conf",), role="cinder", arguments=True),
    )  # fmt: skip


def _wsgi(
    zone: Settings,
    name: str,
    module: str,
    configs: tuple[str, ...],
    processes: int = 1,
    *,
    fork: bool = False,
    role: str = "",
    environment: dict[str, str] | None = None,
    arguments: bool = False,
) -> Program:
    """uwsgi's HTTP socket resets reused connections, so every answer closes its own."""
    port = zone.ports[role or name]
    command = [zone.tool("uwsgi"), "--http-socket", f"{HOST}:{port}", *_UWSGI.split()]
    if processes > 1:
        command += ["--master", "--processes", str(processes), "--thunder-lock", "--worker-reload-mercy", "5"]
        command += ["--hook-master-start", "unix_signal:15 gracefully_kill_them_all"]
        command += [] if fork else ["--lazy-apps"]
    command += ["--add-header", "Connection: close", "--module", f"{module}:application"]
    if arguments:
        command += ["--pyargv", " ".join(_options(zone, name, configs))]
    return Program(name, tuple(command), role or name, tuple((environment or {}).items()), configs)


def _workers(zone: Settings) -> tuple[Program, ...]:
    pool = (zone.tool("python"), "-m", "erisc_zone.compute_pool", ",".join(zone.compute_names()))
    return (
        _service(zone, "nova-conductor", "nova/nova.conf"),
        _service(zone, "nova-scheduler", "nova/nova.conf"),
        Program(
            "nova-compute",
            (*pool, "--config-file", zone.path("etc", "nova/compute.conf")),
            "",
            (),
            ("nova/compute.conf",),
        ),
        _service(zone, "heat-engine", "heat/heat.conf"),
        _service(zone, "cinder-scheduler", "cinder/cinder.conf"),
        _service(zone, "cinder-volume", "cinder/cinder.conf"),
    )


def _service(zone: Settings, name: str, config: str) -> Program:
    command = (zone.tool("python"), zone.tool(name), *_options(zone, name, (config,)))
    return Program(name, command, "", (), (config,))


def _options(zone: Settings, name: str, configs: tuple[str, ...]) -> list[str]:
    options = [word for config in configs for word in ("--config-file", zone.path("etc", config))]
    return [*options, "--log-file", zone.path("log", f"{name}.log")]
