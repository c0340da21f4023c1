"""Setting generators up by Ansible: erisc's own code and the very packages that its drivers have here, in a folder.

Each of the two is in a folder named after what is in it, so that a host gets them once. Nothing is fetched from a
package index: a generator needs no way out, and has what the executor has, to the byte. It needs the same Python on the
same kind of machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tarfile

from erisc.base import environments
from erisc.base.failure import Failure
from erisc.base.home import cache_home, package_root
from erisc.base.steps import Silent
from erisc.executor.generators.code import digest_of_code
from erisc.executor.generators.remote import Place
from erisc.executor.zones import Host

_FOLDER = "/var/tmp/erisc-generator"
_TIMEOUT = 900.0
_PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"


def place() -> Place:
    """Where a host has erisc once it is set up for this very code and these packages."""
    return Place(_PYTHON, f"{_FOLDER}/code-{digest_of_code()}:{_FOLDER}/packages-{_digest(_packages())}")


def set_up(hosts: tuple[Host, ...], folder: str) -> None:
    """Make `place` on every host. folder: of the run; Ansible's output goes there.

    Raises Failure with Ansible's last words.
    """
    ansible = os.path.join(os.path.dirname(environments.ensure("ansible", report=Silent())), "ansible-playbook")
    scratch = os.path.join(folder, "generators")
    os.makedirs(scratch, exist_ok=True)
    code = os.path.join(scratch, "erisc.tar.gz")
    _pack(code, package_root(), "erisc")
    archives = [code, _packed(_packages())]
    _write(scratch, "inventory.json", inventory(hosts))
    _write(scratch, "playbook.json", playbook(dict(zip(place().path.split(":"), archives, strict=True))))
    _run(ansible, scratch)


def _packages() -> str:
    return sysconfig.get_paths()["platlib"]


def _digest(packages: str) -> str:
    """Of which packages there are, in which versions."""
    names = sorted(name for name in os.listdir(packages) if name.endswith(".dist-info"))
    return hashlib.sha256("\n".join([_PYTHON, platform.machine(), *names]).encode()).hexdigest()[:16]


def _packed(packages: str) -> str:
    """An archive of the packages, made once."""
    path = os.path.join(cache_home(), "generators", f"{_digest(packages)}.tar.gz")
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        new = f"{path}.{os.getpid()}"
        _pack(new, packages, ".")
        os.replace(new, path)
    return path


def _pack(path: str, folder: str, name: str) -> None:
    """A folder, without what Python makes of it."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if "__pycache__" in entry.name else entry

    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(folder, name, filter=plain)


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


def playbook(archives: dict[str, str]) -> list[dict[str, object]]:
    """What is done, written out for Ansible. JSON is YAML. archives: folder on the host to archive here."""
    same = f"import platform, sys; sys.exit(platform.machine() != {platform.machine()!r})"
    tasks: list[dict[str, object]] = [
        {
            "name": f"it has {_PYTHON} on {platform.machine()}",
            "ansible.builtin.command": {"argv": [_PYTHON, "-c", same]},
            "changed_when": False,
        }
    ]
    for target, archive in archives.items():
        tasks += _unpack(target, archive)
    return [{"hosts": "all", "gather_facts": False, "tasks": tasks}]


def _unpack(target: str, archive: str) -> list[dict[str, object]]:
    """Once: the marker is written last."""
    marker = f"{target}/complete"
    return [
        {"name": target, "ansible.builtin.file": {"path": target, "state": "directory", "mode": "0755"}},
        {
            "name": f"what is in {target}",
            "ansible.builtin.unarchive": {"src": archive, "dest": target, "creates": marker},
        },
        {
            "name": f"{target} is complete",
            "ansible.builtin.copy": {"content": "complete\n", "dest": marker, "mode": "0644"},
        },
    ]


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
            mend=f"see {log}; a generator needs {_PYTHON} on the same kind of machine, and some 500 MiB in /var/tmp; "
            "or use --local-load",
        )
