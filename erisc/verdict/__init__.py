"""Recorded history and KPI program in, verdict out. Pure mathematics over a run directory: no cloud, no executor."""

from __future__ import annotations

from erisc.verdict.model import Verdict

__all__ = ["Verdict", "evaluate"]


def evaluate(bundle_dir: str, run_dir: str) -> Verdict:
    """Judge a run directory by a bundle's KPIs and SLOs; see `erisc.verdict.evaluation`."""
    from importlib import import_module

    verdict: Verdict = import_module("erisc.verdict.evaluation").evaluate(bundle_dir, run_dir)
    return verdict
