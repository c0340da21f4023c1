"""A Plan becomes a bundle: every target's files, the Plan, schemas, sources and the manifest (docs/formats.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from erisc import __version__
from erisc.base import json_text
from erisc.base.failure import BROKEN_BED, WRONG_CALL, Failure
from erisc.base.home import data_file
from erisc.base.plugins import entry_points
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.digest import sha256
from erisc.compiler.plan import Plan
from erisc.compiler.plan_json import plan_to_json
from erisc.targets.names import shown
from erisc.targets.protocol import Files, Mark, Target
from erisc.targets.registry import installed
from erisc.targets.requirements import REQUIREMENTS
from erisc.targets.write_bundle import write

__all__ = ["FORMAT", "MANIFEST", "assemble", "bundle_digest", "write"]

FORMAT = 1
MANIFEST = "manifest.json"
SOURCES = "erisc.sources"
"""The entry-point group of what records metrics."""
STANDARD_LIBRARY = "std:"
MAX_CELLS = 5000

_RUN = b"""#!/bin/sh
# Runs this bundle: ./run --help. The interpreter is $PYTHON, else python3; requirements.txt says what it needs.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 4
python=${PYTHON:-python3}
if ! "$python" -c 'import erisc' 2>/dev/null; then
  echo "run: error: $python has no erisc; install it there, or set PYTHON to another interpreter" >&2
  exit 4
fi
exec "$python" -m erisc.executor run "$here" "$@"
"""


def assemble(
    plan: Plan, sources: Mapping[str, str], targets: tuple[Target, ...] | None = None
) -> tuple[Files, tuple[Diagnostic, ...]]:
    """The bundle's files by path, or no file and what a target cannot express.

    sources: text by name as spans name it (`quickstart.eris`, `std:faults`). targets: all that are installed.
    Raises Failure when the installation is incomplete or a source's name climbs out of the spec's folder.
    """
    if len(plan.cells) > MAX_CELLS:
        summary = f"{len(plan.cells)} cells are more than the {MAX_CELLS} that a bundle holds"
        help_text = "sweep or repeat less, or fix a swept parameter with --set"
        return {}, (Diagnostic("E0533", summary, plan.span, help=help_text),)
    chosen = installed() if targets is None else targets
    try:
        written = json_text.dump(plan_to_json(plan))
    except ValueError as error:
        return {}, (Diagnostic("E0532", f"the plan holds a value that JSON cannot carry: {error}", plan.span),)
    own = {"plan.json": written, "requirements.txt": REQUIREMENTS.encode(), "run": _RUN}
    own |= _schemas() | {_spec_path(name): text.encode() for name, text in sources.items()}
    files, found = _emit(plan, chosen, own)
    if any(diagnostic.is_error for diagnostic in found):
        return {}, found
    files[MANIFEST] = json_text.dump(_manifest(plan, sources, files, chosen))
    return dict(sorted(files.items())), found


def bundle_digest(manifest: bytes) -> str:
    """What identifies a bundle: sha256 of its manifest, which holds the digest of everything else."""
    return sha256(manifest).hexdigest()


def _emit(plan: Plan, targets: tuple[Target, ...], own: Files) -> tuple[dict[str, bytes], tuple[Diagnostic, ...]]:
    files = dict(own)
    found = _check_drivers(plan, targets) + _check_sources(plan) + _check_search(plan)
    for target in targets:
        emitted, diagnostics = target.emit(plan)
        found += diagnostics
        for path in sorted(emitted):
            if path in files or path == MANIFEST:
                summary = f"the target {target.name} writes {path}, which is written already"
                found += (Diagnostic("E0531", summary, plan.span, help="remove one of the two packages"),)
        files |= emitted
    return files, tuple(dict.fromkeys(found))


def _check_drivers(plan: Plan, targets: tuple[Target, ...]) -> tuple[Diagnostic, ...]:
    able = [target for target in targets if "Workload" in target.capabilities]
    drivers = {driver for target in able for driver in getattr(target, "drivers", (target.name,))}
    lost = {workload: None for cell in plan.cells for workload in cell.workloads if workload.driver not in drivers}
    return tuple(
        Diagnostic(
            "E0502",
            f"no installed target emits files for the load driver {shown(workload.driver)}",
            workload.span,
            help=f"installed load drivers: {', '.join(sorted(drivers))}",
        )
        for workload in lost
    )


def _check_sources(plan: Plan) -> tuple[Diagnostic, ...]:
    known = entry_points(SOURCES) if plan.metrics else {}  # to look for them costs milliseconds
    return tuple(
        Diagnostic(
            "E0551",
            f"nothing installed records metrics from {shown(metric.source)}",
            metric.span,
            help=f"metric {shown(metric.name)} is used or checked: leave it out, or install a driver",
        )
        for metric in plan.metrics
        if metric.source not in known
    )


def _check_search(plan: Plan) -> tuple[Diagnostic, ...]:
    if plan.search is None:
        return ()
    summary = f"the executor cannot search {shown(plan.search.variable)} for the limit {shown(plan.search.name)} yet"
    help_text = f"sweep {shown(plan.search.variable)} in the experiment {shown(plan.experiment)} instead"
    return (Diagnostic("E0552", summary, plan.search.span, help=help_text),)


def _manifest(plan: Plan, sources: Mapping[str, str], files: Files, targets: tuple[Target, ...]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "erisc": __version__,
        "spec": plan.spec,
        "spec_sha256": sha256(sources[plan.spec].encode()).hexdigest(),
        "experiment": plan.experiment,
        "seed": plan.seed,
        "cells": [cell.id for cell in plan.cells],
        "targets": [target.name for target in targets],
        "files": {path: sha256(files[path]).hexdigest() for path in sorted(files)},
        "source_map": _source_map(plan, targets),
    }


def _source_map(plan: Plan, targets: tuple[Target, ...]) -> dict[str, Any]:
    marks = [item for target in targets for item in target.source_map(plan).items()]
    return {path: [_mark(mark) for mark in marks] for path, marks in sorted(marks)}


def _mark(mark: Mark) -> dict[str, Any]:
    return {"pointer": mark.pointer, "file": mark.span.file, "line": mark.span.line, "column": mark.span.column}


def _spec_path(name: str) -> str:
    """`spec/quickstart.eris`, `spec/std/faults.eris`."""
    path = name
    if name.startswith(STANDARD_LIBRARY):
        path = f"std/{name.removeprefix(STANDARD_LIBRARY).replace('.', '/')}.eris"
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")) or "\0" in path:
        raise Failure(
            f"the source {shown(name)} cannot be put into the bundle: it lies outside the spec's folder",
            mend="move it below the folder of the spec",
            exit_code=WRONG_CALL,
        )
    return f"spec/{path}"


def _schemas() -> dict[str, bytes]:
    folder = data_file("docs", "schema")
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".schema.json"))
        return {f"schema/{name}": _read(os.path.join(folder, name)) for name in names}
    except OSError as error:
        raise Failure(
            f"this installation of erisc is incomplete: {error.filename}: {error.strerror}",
            mend="install erisc again",
            exit_code=BROKEN_BED,
        ) from error


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
