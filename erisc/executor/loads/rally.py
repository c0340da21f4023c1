"""The Rally driver: writes its configuration, starts the worker, reads its log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

from erisc.base.failure import Failure
from erisc.executor.bundle import Workload
from erisc.executor.cloud import rally_spec
from erisc.executor.loads import LoadOrder

OPTIONS = {
    "nova_server_boot_prepoll_delay": 0.2,
    "nova_server_boot_poll_interval": 0.3,
    "nova_server_boot_timeout": 60,
    "nova_server_delete_prepoll_delay": 0.2,
    "nova_server_delete_poll_interval": 0.3,
    "nova_server_delete_timeout": 60,
    "cinder_volume_create_prepoll_delay": 0.2,
    "cinder_volume_create_poll_interval": 0.3,
    "cinder_volume_create_timeout": 60,
    "cinder_volume_delete_poll_interval": 0.3,
    "cinder_volume_delete_timeout": 60,
    "heat_stack_create_prepoll_delay": 0.2,
    "heat_stack_create_poll_interval": 0.3,
    "heat_stack_create_timeout": 60,
    "heat_stack_delete_poll_interval": 0.3,
    "heat_stack_delete_timeout": 60,
}
"""Rally polls for the end of an operation: how often is the resolution of what it measures, and its time-outs of five
minutes would outlast the run."""

_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rally_worker.py")
_LOG_HEAD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \d+ (?P<level>[A-Z]+) (?P<rest>.*)$")


class RallyLoad:
    """The worker's process, with its log."""

    def __init__(self, process: subprocess.Popen[str], order: LoadOrder, log: str) -> None:
        self.pid = process.pid
        self._process = process
        self._order = order
        self._log = log

    def ready(self) -> bool:
        """As in Load."""
        return self._announced("ready")

    def done(self) -> bool:
        """As in Load."""
        return self._announced("done")

    def _announced(self, state: str) -> bool:
        return os.path.exists(os.path.join(self._order.rendezvous, f"{state}-{self._order.workload.name}"))

    def poll(self) -> int | None:
        """As in Load."""
        return self._process.poll()

    def complaint(self) -> str:
        """As in Load: the worker's own last word, else Rally's last error, else the end of the log."""
        try:
            with open(self._log, encoding="utf-8", errors="replace") as file:
                return last_words(file.read()[-200_000:])
        except OSError as error:
            return f"its log cannot be read: {error.strerror}"

    def stop(self) -> None:
        """As in Load."""
        self._process.kill()
        self._process.wait()


def last_words(log: str) -> str:
    """The most telling lines of a Rally log."""
    lines = [line for line in log.splitlines() if line.strip()]
    for number in range(len(lines) - 1, -1, -1):
        if lines[number].startswith("erisc: "):
            return _reasons([line.strip() for line in lines[number:]])
    heads = [match for match in map(_LOG_HEAD.match, lines) if match]
    wrong = [match["rest"] for match in heads if match["level"] in ("ERROR", "CRITICAL")]
    told = [match["rest"] for match in heads]
    return "\n".join(wrong[-1:] or told[-1:] or lines[-3:])[:2000]


def _reasons(lines: list[str]) -> str:
    """Rally shows the whole task before it says what is wrong with it."""
    if "Reason(s):" in lines:
        lines = lines[lines.index("Reason(s):") + 1 :]
    return "\n".join(lines[:8]).removeprefix("erisc: ")[:2000]


CLOUDLESS = ("Dummy.", "HttpRequests.")
"""Scenarios that do without OpenStack."""


class RallyDriver:
    """Starts one worker per workload, each with its own HOME, database and configuration."""

    def needs_cloud(self, workload: Workload) -> bool:
        """As in Driver: a few scenarios of Rally's own are about something else."""
        with open(workload.task, encoding="utf-8") as file:
            scenarios = [name for one in json.load(file)["subtasks"] for name in one["scenario"]]
        return not all(name.startswith(CLOUDLESS) for name in scenarios)

    def start(self, order: LoadOrder) -> RallyLoad:
        """As in Driver."""
        config = _write_config(order)
        log = os.path.join(order.raw, "rally.log")
        try:
            with open(log, "wb") as file:
                process = subprocess.Popen(
                    [sys.executable, "-P", _WORKER],  # -P: this folder has a rally.py of its own
                    stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT, text=True,
                    env=_environment(order), start_new_session=True, cwd=order.private,
                )  # fmt: skip
            _send(process, order, config)
        except OSError as error:
            raise Failure(f"workload {order.workload.name}: Rally cannot be started: {error}") from error
        return RallyLoad(process, order, log)


def _write_config(order: LoadOrder) -> str:
    os.makedirs(order.private, mode=0o700, exist_ok=True)
    path = os.path.join(order.private, "rally.conf")
    database = os.path.join(order.private, "rally.sqlite")
    options = "".join(f"{name} = {value}\n" for name, value in OPTIONS.items())
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[database]\nconnection = sqlite:///{database}\n\n[openstack]\n{options}")
    return path


def _environment(order: LoadOrder) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "RALLY_"))}
    own = {
        "HOME": order.private,
        "ERISC_MARK": order.mark,
        "ERISC_RENDEZVOUS": order.rendezvous,
        "ERISC_WORKLOAD": order.workload.name,
        "ERISC_ITERATIONS": os.path.join(order.raw, "iterations.jsonl"),
    }
    return kept | own


def _send(process: subprocess.Popen[str], order: LoadOrder, config: str) -> None:
    content = {
        "task": order.workload.task,
        "task_args": order.task_args,
        "plugins": order.plugins,
        "env_spec": rally_spec(order.cloud, order.user),
        "config": config,
    }
    assert process.stdin is not None
    with process.stdin as pipe:
        json.dump(content, pipe)


DRIVER = RallyDriver()
