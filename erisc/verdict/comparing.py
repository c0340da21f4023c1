"""`python -m erisc.verdict compare`: two runs, or the history of one KPI."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from erisc.base.failure import INCONCLUSIVE, PASS, SLO_FAILED, WRONG_CALL, Failure
from erisc.verdict import change_points
from erisc.verdict.compare_options import Limits, limits_of
from erisc.verdict.comparison import Side, compare
from erisc.verdict.comparison_report import render, to_data


def runs(a: str, b: str, limits: Limits, as_json: bool) -> int:
    """Compare two run directories and print the comparison; returns the exit code."""
    found = compare(side(a), side(b), limits)
    if as_json:
        print(json.dumps(to_data(found), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(render(found, sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    return found.exit_code


def side(folder: str) -> Side:
    """A run judged by its own bundle, or else the verdict that `folder` holds; writes nothing. Raises Failure."""
    from erisc.verdict.evaluation import evaluate_history
    from erisc.verdict.history import EVENTS, RunHistory, read_run
    from erisc.verdict.program_file import load_program
    from erisc.verdict.recorded import read_verdict

    bundle = os.path.join(folder, "bundle")
    if not (os.path.isdir(bundle) and os.path.isfile(os.path.join(folder, EVENTS))):
        verdict = read_verdict(folder)
        return Side(verdict, RunHistory(verdict.run, "", "", False, None, {}, (), ()))
    program = load_program(bundle)
    history = read_run(folder, bundle, program)
    return Side(evaluate_history(program, history), history)


def history(folders: Sequence[str], kpi: str, limits: Limits, as_json: bool) -> int:
    """Find where a KPI changed over runs, oldest first, and print it; returns the exit code.

    0: no change, 1: the last change is for the worse, 3: too few runs.
    """
    series = [_recorded(folder, kpi) for folder in folders]
    values = [value for _, value, _ in series if value is not None]
    skipped = [folder for folder, value, _ in series if value is None]
    used = [folder for folder, value, _ in series if value is not None]
    found = change_points.find(values, limits.effect)
    lower = next((lower for _, _, lower in series if lower is not None), None)
    data = _history_data(kpi, used, values, skipped, found, lower)
    print(json.dumps(data, indent=2, ensure_ascii=False) if as_json else _history_text(data))
    return {"worse": SLO_FAILED, "inconclusive": INCONCLUSIVE}.get(str(data["outcome"]), PASS)


def _recorded(folder: str, kpi: str) -> tuple[str, float | None, bool | None]:
    """The KPI in a run's verdict.json (its first sweep point), and whether less of it is better."""
    path = os.path.join(folder, "verdict.json")
    try:
        with open(path, encoding="utf-8") as file:
            point = json.load(file)["points"][0]
        found = point["kpis"].get(kpi)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Failure(
            f"{path} cannot be read: {error}",
            mend=f"judge the run again: erisc evaluate {folder}/bundle --run {folder}",
            exit_code=WRONG_CALL,
        ) from error
    if found is None:
        names = ", ".join(sorted(point["kpis"])) or "none"
        raise Failure(f"{path} has no KPI {kpi!r}", mend=f"it has: {names}", exit_code=WRONG_CALL)
    rules = [slo["rule"] for slo in point["slos"] if slo["kpi"] == kpi]
    lower = ("<" in rules[0]) if rules else (True if found["type"] == "duration" else None)
    return folder, found["value"], lower


def _history_data(
    kpi: str,
    used: Sequence[str],
    values: Sequence[float],
    skipped: Sequence[str],
    found: Sequence[change_points.ChangePoint] | None,
    lower: bool | None,
) -> dict[str, Any]:
    changes = [
        {"run": used[each.index], "index": each.index, "before": each.before, "after": each.after, "p": each.p}
        for each in found or ()
    ]
    outcome, note = "no change", ""
    if found is None:
        outcome = "inconclusive"
        note = f"{len(values)} runs have a value, {change_points.FEWEST} are needed to tell a change from chance"
    elif found:
        rose = found[-1].after > found[-1].before
        outcome = "changed" if lower is None else ("worse" if rose == lower else "better")
    return {
        "kpi": kpi, "outcome": outcome, "note": note, "runs": list(used), "values": list(values),
        "without_value": list(skipped), "changes": changes,
    }  # fmt: skip


def _history_text(data: dict[str, Any]) -> str:
    lines = [
        f"  {change['run']}: {change['before']:.6g} before, {change['after']:.6g} from here on (p = {change['p']:.2g})"
        for change in data["changes"]
    ]
    lines += [f"note: {folder} has no value" for folder in data["without_value"]]
    said = data["note"] or f"{len(data['values'])} runs, {len(data['changes'])} changes"
    return "\n".join([*lines, f"{data['outcome']}: {data['kpi']}: {said}"])


def compared(words: Any) -> int:
    """Do what the words of the command line say; returns the exit code. Raises Failure."""
    limits = limits_of(words)
    if words.history:
        if not words.kpi:
            raise Failure("--history needs the KPI whose history is meant", mend="--kpi NAME", exit_code=WRONG_CALL)
        return history(words.runs, words.kpi, limits, words.json)
    if len(words.runs) != 2:
        raise Failure(
            f"two runs are compared, not {len(words.runs)}",
            mend="erisc compare A B, or erisc compare --history --kpi NAME DIR…",
            exit_code=WRONG_CALL,
        )
    return runs(words.runs[0], words.runs[1], limits, words.json)
