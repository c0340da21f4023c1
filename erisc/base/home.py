"""Where erisc keeps things: its own data files, and the user's environments, labs and caches.

`ERISC_HOME` moves everything (environments, labs, caches) under one directory; without it the XDG base directories
are used (XDG Base Directory Specification 0.8). Paths are strings: `lint` must not pay for the import of pathlib.
"""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def package_root() -> str:
    """The directory of the `erisc` package itself."""
    return _PACKAGE


def data_file(*parts: str) -> str:
    """A file or folder of the data that ships with erisc: grammar, stdlib, images, examples, constraints.

    A checkout's own folders win over the copies inside an installed wheel. The path may not exist.
    """
    checkout = os.path.dirname(_PACKAGE)
    if os.path.isfile(os.path.join(checkout, "grammar", "erisc.lark")):
        return os.path.join(checkout, *parts)
    return os.path.join(_PACKAGE, "_data", *parts)


def data_home() -> str:
    """Environments and labs: `$ERISC_HOME`, else `$XDG_DATA_HOME/erisc`, else `~/.local/share/erisc`."""
    return _base("XDG_DATA_HOME", os.path.join(".local", "share"), "")


def cache_home() -> str:
    """What can be made again: `$ERISC_HOME/cache`, else `$XDG_CACHE_HOME/erisc`, else `~/.cache/erisc`."""
    return _base("XDG_CACHE_HOME", ".cache", "cache")


def labs_home() -> str:
    """One folder an emulated zone, by name."""
    return os.path.join(data_home(), "labs")


def environments_home() -> str:
    """One folder a Python environment that erisc made, by name and digest of its constraints."""
    return os.path.join(data_home(), "envs")


def _base(variable: str, fallback: str, inside: str) -> str:
    own = os.environ.get("ERISC_HOME")
    if own:
        return os.path.join(os.path.abspath(os.path.expanduser(own)), inside).rstrip("/")
    xdg = os.environ.get(variable, "")
    root = xdg if os.path.isabs(xdg) else os.path.join(os.path.expanduser("~"), fallback)
    return os.path.join(root, "erisc")
