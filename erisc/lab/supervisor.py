"""supervisord: its configuration, its start, and its XML-RPC socket.

All programs have `autorestart=false`: a process that dies stays dead until somebody starts it. A fault that kills a
service relies on that. Sources: supervisord.org/configuration.html, supervisord.org/api.html.
"""

from __future__ import annotations

import http.client
import shlex
import socket
import subprocess
import time
import xmlrpc.client
from typing import Any, cast

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.lab.processes import SERVICE_VARIABLE, STATE_VARIABLE
from erisc.lab.programs import Program
from erisc.lab.settings import Settings
from erisc.lab.state import State, write

SOCKET = "supervisor.sock"
NO_SUCH = 10
NOT_RUNNING = 70
_START_PATIENCE = 20.0


@record
class Process:
    """A program as supervisord sees it. state: RUNNING, STOPPED, EXITED, STARTING, STOPPING, BACKOFF, FATAL, UNKNOWN;
    `since` is epoch s of the state's begin."""

    name: str
    state: str
    pid: int
    since: float
    exit_status: int


def configuration(zone: Settings, programs: tuple[Program, ...], files: dict[str, str]) -> str:
    """The text of supervisord.conf."""
    head = f"""\
[supervisord]
nodaemon = false
pidfile = {_text(zone.path("supervisord.pid"))}
logfile = {_text(zone.path("log", "supervisord.log"))}
childlogdir = {_text(zone.path("log"))}
directory = {_text(zone.folder)}
minfds = 8192
minprocs = 400
silent = true

[unix_http_server]
file = {_text(zone.path(SOCKET))}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{_text(zone.path(SOCKET))}
"""
    return "\n".join([head, *(_section(zone, program, files) for program in programs)])


def _section(zone: Settings, program: Program, files: dict[str, str]) -> str:
    variables = {**dict(program.environment), SERVICE_VARIABLE: program.name, "ERISC_CONFIG": program.digest(files)}
    environment = ",".join(f'{name}="{_text(value)}"' for name, value in variables.items())
    return f"""\
[program:{program.name}]
command = {_text(shlex.join(program.command))}
environment = {environment}
autostart = false
autorestart = false
startsecs = 0
startretries = 0
stopsignal = TERM
stopwaitsecs = {program.stop_seconds}
stopasgroup = {"false" if program.name == "rabbitmq" else "true"}
killasgroup = true
redirect_stderr = true
stdout_logfile = {_text(zone.path("log", f"{program.name}.out"))}
stdout_logfile_maxbytes = 0
"""


def _text(value: str) -> str:
    """supervisord expands %(name)s everywhere."""
    return value.replace("%", "%%")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__()
        self._path = path
        self._timeout = timeout

    def make_connection(self, host: Any) -> _Connection:
        return _Connection(self._path, self._timeout)


class Supervisor:
    """A lab's supervisord."""

    def __init__(self, state: State) -> None:
        self.state = state

    def call(self, method: str, *arguments: object, timeout: float = 60.0) -> Any:
        """One XML-RPC call. Raises OSError when nobody answers, xmlrpc.client.Fault when it is refused."""
        transport = _Transport(self.state.path(SOCKET), timeout)
        proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=transport)
        return getattr(proxy, f"supervisor.{method}")(*arguments)

    def answers(self) -> bool:
        """Whether supervisord runs and is not about to end."""
        try:
            return bool(self.call("getState", timeout=5.0)["statecode"] == 1)
        except (OSError, xmlrpc.client.Error, http.client.HTTPException):
            return False

    def processes(self) -> dict[str, Process]:
        """Every program by name; none when supervisord does not answer."""
        try:
            rows = cast(list[dict[str, Any]], self.call("getAllProcessInfo", timeout=10.0))
        except (OSError, xmlrpc.client.Error, http.client.HTTPException):
            return {}
        return {str(row["name"]): _process(row) for row in rows}

    def configure(self, text: str) -> None:
        """Make `text` the configuration: starts supervisord, or stops and replaces just the programs that changed."""
        write(self.state.path("etc", "supervisord.conf"), text)
        if not self.answers():
            return
        added, changed, removed = self.call("reloadConfig")[0]
        for name in (*changed, *removed):
            self.call("stopProcessGroup", name)
            self.call("removeProcessGroup", name)
        for name in (*added, *changed):
            self.call("addProcessGroup", name)

    def launch(self, zone: Settings, variables: dict[str, str]) -> None:
        """Start supervisord, unless it runs. Raises Failure with its own words when it does not come up."""
        if self.answers():
            return
        command = [zone.tool("supervisord"), "-c", self.state.path("etc", "supervisord.conf")]
        done = subprocess.run(
            command, env=variables, cwd=self.state.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            start_new_session=True, check=False,
        )  # fmt: skip
        until = time.monotonic() + _START_PATIENCE
        while done.returncode == 0 and time.monotonic() < until:
            if self.answers():
                return
            time.sleep(0.05)
        raise Failure(
            "supervisord, which runs the zone's services, does not start",
            detail=(done.stderr or done.stdout).strip()[-800:],
            mend=f"see {self.state.path('log', 'supervisord.log')}",
        )

    def start(self, name: str) -> bool:
        """Start a program; False when it ran already."""
        try:
            self.call("startProcess", name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == 60:  # ALREADY_STARTED
                return False
            raise Failure(
                f"{name} cannot be started: {fault.faultString}", mend=f"see {self.state.path('log', f'{name}.out')}"
            ) from fault
        return True


def variables(zone: Settings, base: dict[str, str]) -> dict[str, str]:
    """The environment of everything that runs in the zone: marked as the lab's, with a home of its own."""
    dropped = ("OS_", "PYTHON", "RABBITMQ", "ERL_", "UWSGI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    keep = {name: value for name, value in base.items() if not name.upper().startswith(dropped)}
    return keep | {
        STATE_VARIABLE: zone.folder,
        "HOME": zone.path("home"),
        "PATH": f"{zone.environment}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": zone.path("python"),
        "LC_ALL": "C.UTF-8",
    }


def _process(row: dict[str, Any]) -> Process:
    running = row["statename"] in ("RUNNING", "STARTING", "STOPPING")
    since = float(row["start"] if running else row["stop"] or row["start"])
    return Process(str(row["name"]), str(row["statename"]), int(row["pid"]), since, int(row["exitstatus"]))
