"""Service managers: how a host finds and starts a service: supervisord over its socket, or plain commands."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from collections.abc import Callable
from typing import Any, Protocol

from erisc.base.failure import Failure
from erisc.executor.faults.connections import Connection

START = 60.0
"""s a service has to get its processes."""
STOP = 30.0
"""s a service has to stop when asked."""


class Manager(Protocol):
    """One service of one host."""

    def pids(self) -> list[int]:
        """Root processes of the service; empty when it is down."""

    def start(self) -> None:
        """Start it; no error when it runs already. Raises Failure when the manager refuses."""

    def stop(self) -> bool:
        """Ask the manager to stop it, and wait. False when this manager cannot: signals must do it then."""

    def give_up(self) -> None:
        """Tell the manager that the service is to stay down, where it would start a dead one again."""


class Supervisor:
    """A program of supervisord (supervisord.org, "XML-RPC API Documentation")."""

    def __init__(self, connection: Connection, path: str, program: str) -> None:
        if connection.host.connection != "local":
            raise Failure(
                f"host {connection.host.name}: the manager `supervisor` works over a local socket only",
                mend="use the manager `commands` with `supervisorctl pid NAME` and `supervisorctl start NAME`",
            )
        self._path = path
        self._program = program

    def pids(self) -> list[int]:
        """As in Manager."""
        pid = self._call("getProcessInfo", self._program)["pid"]
        return [int(pid)] if pid else []

    def start(self) -> None:
        """As in Manager."""
        self._call("startProcess", self._program, False, tolerate=("ALREADY_STARTED",))

    def stop(self) -> bool:
        """As in Manager."""
        self._call("stopProcess", self._program, True, tolerate=("NOT_RUNNING",))
        return True

    def give_up(self) -> None:
        """As in Manager: a program that supervisord itself is stopping is not started again when it dies."""
        self._call("stopProcess", self._program, False, tolerate=("NOT_RUNNING",))

    def _call(self, method: str, *arguments: Any, tolerate: tuple[str, ...] = ()) -> Any:
        # One proxy a call: a ServerProxy is not for several threads.
        proxy = xmlrpc.client.ServerProxy("http://supervisor/RPC2", transport=_UnixTransport(self._path))
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultString.startswith(tolerate) and tolerate:
                return None
            raise Failure(f"supervisord refused {method} of {self._program}: {fault.faultString}") from fault
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise Failure(
                f"supervisord does not answer at {self._path}: {error}", mend="is the zone up? `erisc lab status`"
            ) from error


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("supervisor", timeout=STOP)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


class Commands:
    """Argument lists run on the host: `pids` prints process ids, `start` starts."""

    def __init__(self, connection: Connection, pids: list[str], start: list[str]) -> None:
        self._connection = connection
        self._pids = pids
        self._start = start

    def pids(self) -> list[int]:
        """As in Manager. A failing `pids` means that the service is down: pgrep and pidof say it that way."""
        words = self._connection.run(self._pids).out.split()
        strange = [word for word in words if not word.isdigit()]
        if strange:
            host = self._connection.host.name
            raise Failure(f"host {host}: `{' '.join(self._pids)}` printed {strange[0]!r}, not process ids")
        return [int(word) for word in words if word != "0"]

    def start(self) -> None:
        """As in Manager."""
        done = self._connection.run(self._start, timeout=START)
        if done.code:
            host = self._connection.host.name
            what = f"host {host}: `{' '.join(self._start)}` ended with {done.code}"
            raise Failure(what, detail=(done.err or done.out).strip()[-1000:])

    def stop(self) -> bool:
        """As in Manager."""
        return False

    def give_up(self) -> None:
        """As in Manager. No command is known for it; what comes back is killed again."""


def manager_of(connection: Connection, service: str, keys: dict[str, Any]) -> Manager:
    """The manager that an inventory names for a service. Raises Failure when the keys are not those of a manager."""
    kind = keys.get("manager")
    makers: dict[str, Callable[..., Manager]] = {"supervisor": Supervisor, "commands": Commands}
    types: dict[str, dict[str, type]] = {
        "supervisor": {"socket": str, "program": str},
        "commands": {"pids": list, "start": list},
    }
    given = {key: value for key, value in keys.items() if key not in ("manager", "port", "primary")}
    if kind not in makers or not _fits(given, types[kind]):
        raise Failure(
            f"host {connection.host.name}: service {service!r} has no usable manager: {keys!r}",
            mend="`manager: supervisor` with socket and program, or `manager: commands` with lists pids and start",
        )
    return makers[kind](connection, *(given[key] for key in types[kind]))


def _fits(given: dict[str, Any], wanted: dict[str, type]) -> bool:
    if set(given) != set(wanted):
        return False
    lists = [given[key] for key, kind in wanted.items() if kind is list and isinstance(given[key], list)]
    texts = all(value and all(isinstance(word, str) for word in value) for value in lists)
    return texts and all(isinstance(given[key], kind) for key, kind in wanted.items())
