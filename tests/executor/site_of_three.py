"""A site of three hosts that are this machine by other names, each with a web server, and no cloud."""

from __future__ import annotations

import socket
from pathlib import Path

import yaml

from tests.executor.services import kill_tree

NAMES = ("c1", "c2", "c3")


def free_ports(count: int) -> list[int]:
    """Ports that nobody has."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def write_site(folder: Path) -> Path:
    """The inventory; `start` of every web server makes it run in the background."""
    (folder / "www").mkdir(parents=True)
    (folder / "www" / "index.html").write_text("here\n")
    hosts = {}
    for name, port in zip(NAMES, free_ports(3), strict=True):
        script, pid = folder / f"{name}.sh", folder / f"{name}.pid"
        server = f"busybox httpd -f -p 127.0.0.1:{port} -h {folder}/www"
        script.write_text(f"#!/bin/sh\nsetsid {server} >/dev/null 2>&1 </dev/null &\necho $! > {pid}\n")
        script.chmod(0o755)
        web = {
            "manager": "commands", "pids": ["sh", "-c", f"cat {pid} 2>/dev/null; true"], "start": [str(script)],
            "port": port,
        }  # fmt: skip
        hosts[name] = {
            "ansible_connection": "local", "ansible_host": "127.0.0.1", "erisc_labels": {"az": f"az-{name}"},
            "erisc_services": {"web": web},
        }  # fmt: skip
    inventory = folder / "inventory.yaml"
    inventory.write_text(yaml.safe_dump({"all": {"children": {"controller": {"hosts": hosts}}}}))
    return inventory


def web_pids(folder: Path) -> list[int]:
    """The web servers as their pid files say."""
    return [int(path.read_text()) for path in folder.glob("*.pid") if path.read_text().strip()]


def end_site(folder: Path) -> None:
    """End all web servers."""
    kill_tree(web_pids(folder))
