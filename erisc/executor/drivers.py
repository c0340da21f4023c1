"""The environment in which runs work: this one when it has the drivers, else erisc's own `drivers` environment."""

from __future__ import annotations

import os
import sys
from importlib import invalidate_caches
from importlib.util import find_spec

NEEDED = ("rally", "rally_openstack", "openstack", "duckdb", "yaml")
_MARK = "ERISC_IN_DRIVERS"


def in_drivers(module: str, words: list[str]) -> int:
    """Run `python -m module words…` where rally, openstack and duckdb are: in this process when they are here, else
    this process is replaced by one in the managed environment. Returns the exit code.

    Raises Failure when the environment cannot be made.
    """
    if not _missing() or os.environ.get(_MARK):
        return _here(module, words)
    from erisc.base import environments
    from erisc.base.progress import Lines

    with Lines() as lines:
        python = environments.ensure("drivers", report=lines)
    variables = {**environments.run_variables(), "PYTHONPATH": environments.import_path(), _MARK: "1"}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(python, [python, "-m", module, *words], variables)
    raise AssertionError("execve returned")


def _missing() -> list[str]:
    invalidate_caches()
    return [name for name in NEEDED if find_spec(name) is None]


def _here(module: str, words: list[str]) -> int:
    from importlib import import_module

    code: int = import_module(f"{module}.__main__").main(words)
    return code
