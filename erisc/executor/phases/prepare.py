"""Prepare: the bundle is copied into the run directory, and what the run is gets written down."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version

from erisc import __version__
from erisc.base.failure import Failure
from erisc.executor.state import Run
from erisc.executor.zones import ZoneCall

_RECORDED = ("rally", "rally-openstack", "openstacksdk", "duckdb")


def prepare(run: Run, call: ZoneCall) -> None:
    """Copy the bundle and write run.json. Raises Failure when the disk does not take it."""
    try:
        shutil.copytree(run.bundle.path, run.run_dir.bundle, ignore=shutil.ignore_patterns("__pycache__"))
        run.run_dir.write_description(_description(run, call))
    except (OSError, shutil.Error) as error:
        raise Failure(f"the bundle cannot be copied into the run directory: {error}") from error


def _description(run: Run, call: ZoneCall) -> dict[str, object]:
    return {
        "format": 1,
        "id": run.id,
        "experiment": run.bundle.experiment,
        "bundle_sha256": run.bundle.digest,
        "control": run.control,
        "zone": {
            "kind": call.kind,
            "name": call.name,
            "cloud": call.cloud,
            "inventory": os.path.abspath(call.inventory) if call.inventory else "",
        },
        "host": {"name": platform.node(), "kernel": platform.release(), "cpus": os.cpu_count()},
        "versions": {"erisc": __version__, "python": platform.python_version()} | _versions(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _RECORDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
