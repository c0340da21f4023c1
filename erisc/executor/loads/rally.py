"""The Rally driver: writes its configuration, starts the worker, reads its log."""

from __future__ import annotations

import itertools
import json
import os
import re

from erisc.executor.bundle import Workload
from erisc.executor.cloud import rally_spec
from erisc.executor.leftovers import pattern
from erisc.executor.loads import Load, LoadOrder
from erisc.executor.loads.process import start

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


def last_words(log: str) -> str:
    """The most telling lines of a Rally log."""
    lines = [line for line in log.splitlines() if line.strip()]
    for number in range(len(lines) - 1, -1, -1):
        if lines[number].startswith("erisc: "):
            said = itertools.takewhile(lambda line: not _LOG_HEAD.match(line), lines[number:])
            return _reasons([line.strip() for line in said])
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

    def start(self, order: LoadOrder) -> Load:
        """As in Driver."""
        content = {
            "task": order.workload.task,
            "task_args": order.task_args,
            "plugins": order.plugins,
            "env_spec": {} if order.cloud is None else rally_spec(order.cloud, order.user),
            "config": _write_config(order),
        }
        return start(order, [_WORKER], content, last_words)


def _write_config(order: LoadOrder) -> str:
    os.makedirs(order.private, mode=0o700, exist_ok=True)
    path = os.path.join(order.private, "rally.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config(os.path.join(order.private, "rally.sqlite"), order.user.get("project_name", "erisc")))
    return path


def config(database: str, project: str) -> str:
    """A rally.conf. project: the cell's, whose name is part of all names that Rally gives, so that they are found."""
    options = "".join(f"{name} = {value}\n" for name, value in OPTIONS.items())
    names = "".join(f"{of}_resource_name_format = {pattern(of[0], project)}\n" for of in ("scenario", "context"))
    return f"[DEFAULT]\n{names}\n[database]\nconnection = sqlite:///{database}\n\n[openstack]\n{options}"


DRIVER = RallyDriver()
