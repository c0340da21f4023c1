"""A suite becomes a folder: a bundle for every run, in order, and `suite.json` (docs/formats.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erisc import __version__
from erisc.base import json_text
from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.digest import sha256
from erisc.compiler.plan import Plan, Scalar
from erisc.targets.bundle import MANIFEST, assemble, bundle_digest
from erisc.targets.protocol import Files, Target

FORMAT = 1
INDEX = "suite.json"


@record
class Planned:
    """A run of a suite. shown: as the author wrote it, `broker_crash(computes = 10)`; settings: in base units."""

    shown: str
    settings: tuple[tuple[str, Scalar], ...]
    plan: Plan


def assemble_suite(
    name: str,
    budget: float | None,
    runs: Sequence[Planned],
    sources: Mapping[str, str],
    targets: tuple[Target, ...] | None = None,
) -> tuple[Files, tuple[Diagnostic, ...]]:
    """The files of all bundles and the index, by path; or no file and what a target cannot express.

    budget: s for all runs, None for no bound. sources, targets, and what is raised: as `assemble` has it.
    """
    files: dict[str, bytes] = {}
    found: dict[Diagnostic, None] = {}
    rows = []
    for number, run in enumerate(runs, 1):
        folder = f"{number:02d}-{run.plan.experiment}"
        bundle, diagnostics = assemble(run.plan, sources, targets)
        found |= dict.fromkeys(diagnostics)
        files |= {f"{folder}/{path}": content for path, content in bundle.items()}
        rows.append(_row(folder, run, bundle.get(MANIFEST, b"")))
    if any(diagnostic.is_error for diagnostic in found):
        return {}, tuple(found)
    index = {"format": FORMAT, "erisc": __version__, "spec": runs[0].plan.spec, "suite": name, "budget": budget}
    digests = {path: sha256(files[path]).hexdigest() for path in sorted(files)}
    files[INDEX] = json_text.dump({**index, "runs": rows, "files": digests})
    return dict(sorted(files.items())), tuple(found)


def _row(folder: str, run: Planned, manifest: bytes) -> dict[str, Any]:
    return {
        "folder": folder,
        "run": run.shown,
        "experiment": run.plan.experiment,
        "settings": dict(run.settings),
        "bundle_sha256": bundle_digest(manifest),
    }
