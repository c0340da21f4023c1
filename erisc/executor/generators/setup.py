"""Setting generators up by Ansible: erisc's own code and the pinned packages of its drivers, in a folder of their own.

The folder is named after both, so that a host is set up once for each version of them, and old ones stay usable.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile

from erisc.base import environments
from erisc.base.failure import Failure
from erisc.base.home import package_root
from erisc.base.steps import Silent
from erisc.executor.generators.code import digest_of_code
from erisc.executor.generators.remote import Place
from erisc.executor.zones import Host

_FOLDER = "/var/tmp/erisc-generator"
_TIMEOUT = 900.0


def set_up(hosts: tuple[Host, ...], folder: str) -> dict[str, Place]:
    """Where each host has erisc from now on. folder: of the run; Ansible's output goes there.

    Raises Failure with Ansible's last words.
    """
    ansible = os.path.join(os.path.dirname(environments.ensure("ansible", report=Silent())), "ansible-playbook")
    pins = environments.constraints_file("drivers")
    target = f"{_FOLDER}-{digest_of_code()}-{os.path.basename(os.path.dirname(os.path.dirname(_python())))}"
    scratch = os.path.join(folder, "generators")
    os.makedirs(scratch, exist_ok=True)
    _pack(os.path.join(scratch, "erisc.tar.gz"))
    _write(scratch, "inventory.json", inventory(hosts))
    _write(scratch, "playbook.json", playbook(target, os.path.join(scratch, "erisc.tar.gz"), pins))
    _run(ansible, scratch)
    return {host.name: Place(f"{target}/env/bin/python", f"{target}/code") for host in hosts}


def _python() -> str:
    return environments.python_of("drivers")


def _pack(path: str) -> None:
    """The package `erisc`, without what Python makes of it."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if "__pycache__" in entry.name else entry

    with tarfile.open(path, "w:gz") as archive:
        archive.add(package_root(), "erisc", filter=plain)


def inventory(hosts: tuple[Host, ...]) -> dict[str, object]:
    """The hosts for Ansible, as the zone's inventory has them."""
    return {"all": {"hosts": {host.name: _variables(host) for host in hosts}}}


def _variables(host: Host) -> dict[str, object]:
    values = {
        "ansible_host": host.address, "ansible_port": host.port, "ansible_user": host.user,
        "ansible_ssh_private_key_file": host.key, "ansible_ssh_common_args": host.ssh_args,
        "ansible_connection": host.connection,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value}


def playbook(target: str, archive: str, pins: str) -> list[dict[str, object]]:
    """What is done, written out for Ansible. JSON is YAML."""
    python = f"{target}/env/bin/python"
    tasks: list[dict[str, object]] = [
        {
            "name": "the folder",
            "ansible.builtin.file": {"path": f"{target}/code", "state": "directory", "mode": "0755"},
        },
        {
            "name": "erisc's code",
            "ansible.builtin.unarchive": {"src": archive, "dest": f"{target}/code", "creates": f"{target}/code/erisc"},
        },
        {
            "name": "an environment",
            "ansible.builtin.command": {"cmd": f"python3 -m venv {target}/env", "creates": python},
        },
        {"name": "the pins", "ansible.builtin.copy": {"src": pins, "dest": f"{target}/drivers.txt", "mode": "0644"}},
        {
            "name": "the drivers' packages",
            "ansible.builtin.command": {
                "cmd": f"{python} -m pip install --quiet --require-hashes -r {target}/drivers.txt",
                "creates": f"{target}/complete",
            },
        },
        {
            "name": "all is there",
            "ansible.builtin.copy": {"content": "complete\n", "dest": f"{target}/complete", "mode": "0644"},
        },
    ]
    return [{"hosts": "all", "gather_facts": False, "tasks": tasks}]


def _write(folder: str, name: str, value: object) -> None:
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)


def _run(ansible: str, folder: str) -> None:
    log = os.path.join(folder, "ansible.log")
    variables = environments.run_variables() | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1", "LC_ALL": "C.UTF-8"}
    words = [ansible, "-i", os.path.join(folder, "inventory.json"), os.path.join(folder, "playbook.json")]
    with open(log, "wb") as file:
        try:
            code = subprocess.run(
                words, env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False,
                timeout=_TIMEOUT, start_new_session=True,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Failure(f"generators were not set up within {_TIMEOUT:g} s", mend=f"see {log}") from error
    if code:
        with open(log, encoding="utf-8", errors="replace") as text:
            wrong = [line.strip() for line in text if line.startswith(("fatal:", "ERROR", "[ERROR"))]
        raise Failure(
            "generators could not be set up by Ansible",
            detail="\n".join(line[:400] for line in wrong[:8]) or f"it ended with {code}",
            mend=f"see {log}; a generator needs Python 3.11 with venv, and a package index; or use --local-load",
        )
