"""The installer (uv) and where it may fetch from: what pip was told on this machine, said in uv's words.

uv does not read pip's configuration. A machine that reaches its packages through a mirror, a wheel folder or a
company's certificate has told pip so (pip's documentation, "Configuration"); nothing of it is known beforehand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from erisc.base.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def find_uv() -> str:
    """The path of uv: beside this Python, the uv package's own, or on PATH. Raises Failure when there is none."""
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    if os.access(beside, os.X_OK):
        return beside
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found:
        return found
    raise Failure(
        "uv, which installs erisc's own environments, is not here", mend=f"{sys.executable} -m pip install uv"
    )


def pip_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """pip's settings by name (`index-url`, `find-links`, …) as `pip config list` tells them, then PIP_* variables."""
    settings: dict[str, str] = {}
    for command in ([sys.executable, "-m", "pip"], ["pip"], ["pip3"]):
        try:
            done = subprocess.run([*command, "config", "list"], capture_output=True, text=True, timeout=30, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            settings = parse_pip_config(done.stdout)
            break
    for name, value in variables.items():
        if name.startswith("PIP_"):
            settings[name[4:].lower().replace("_", "-")] = value
    return settings


def parse_pip_config(text: str) -> dict[str, str]:
    """`global.index-url='…'` lines to name -> value; section `install` wins over `global`, `:env:` over both."""
    rank = {"global": 0, "install": 1, ":env:": 2}
    found: dict[str, tuple[int, str]] = {}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        section, _, name = key.strip().rpartition(".")
        if separator and section in rank and rank[section] >= found.get(name, (-1, ""))[0]:
            found[name] = (rank[section], _unquoted(value.strip()))
    return {name: value for name, (_, value) in found.items()}


def uv_variables(settings: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """pip's settings as uv's environment variables; whatever the user set for uv already stays as it is.

    `file:` indexes and folders that are not there are left out: uv would refuse to start over them.
    """
    wanted = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": " ".join(_present(settings.get("extra-index-url", "").split())),
        "UV_FIND_LINKS": ",".join(_present(settings.get("find-links", "").split())),
        # pip takes the best file of all its indexes; since every hash is pinned, that is safe here too.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": settings.get("cert", ""),
    }
    if not _present([wanted["UV_DEFAULT_INDEX"]]) or settings.get("no-index", "") in ("1", "true", "yes"):
        wanted["UV_DEFAULT_INDEX"] = ""
    old_names = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
    return {
        name: value
        for name, value in wanted.items()
        if value and name not in variables and old_names.get(name, name) not in variables
    }


def _present(locations: Iterable[str]) -> list[str]:
    return [where for where in locations if where and _is_there(where)]


def _is_there(where: str) -> bool:
    path = where.removeprefix("file://") if where.startswith("file://") else where
    return "://" in path or os.path.exists(path)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return value.replace("\\n", " ").strip()
