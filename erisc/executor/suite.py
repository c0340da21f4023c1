"""A suite: its bundles are run one after the other within the budget, and the worst of them decides."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from erisc.base.ending import ending
from erisc.base.failure import BROKEN_BED, INCONCLUSIVE, INTERRUPTED, PASS, SLO_FAILED, WRONG_CALL, Failure
from erisc.base.record import record, replace

if TYPE_CHECKING:
    from erisc.executor.run import Options

FORMAT = 1
INDEX = "suite.json"
_WORST_FIRST = (INTERRUPTED, BROKEN_BED, WRONG_CALL, SLO_FAILED, INCONCLUSIVE, PASS)
_WORDS = {
    PASS: "pass",
    SLO_FAILED: "fail",
    WRONG_CALL: "refused",
    INCONCLUSIVE: "inconclusive",
    BROKEN_BED: "broken",
    INTERRUPTED: "interrupted",
}


@record
class Entry:
    """A run of the suite. folder: its bundle, within the suite's."""

    folder: str
    shown: str
    digest: str


@record
class Suite:
    """budget: s, None for no bound."""

    name: str
    budget: float | None
    entries: tuple[Entry, ...]


@record
class Done:
    """What became of a run. outcome: the word of its exit code, or `not run`. run_dir: "" when there is none."""

    shown: str
    outcome: str
    exit_code: int
    run_dir: str
    seconds: float


def is_suite(path: str) -> bool:
    """Whether a folder is a compiled suite."""
    return os.path.isfile(os.path.join(path, INDEX))


def load_suite(path: str) -> Suite:
    """Read the index of a suite. Raises Failure (exit code 2) when it is none. Bundles are verified when they run."""
    try:
        with open(os.path.join(path, INDEX), encoding="utf-8") as file:
            data = json.load(file)
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']}; this erisc reads format {FORMAT}")
        entries = tuple(Entry(row["folder"], row["run"], row["bundle_sha256"]) for row in data["runs"])
        budget = data["budget"]
        return Suite(data["suite"], None if budget is None else float(budget), entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"{os.path.join(path, INDEX)} cannot be read: {error}"
        mend = "compile it again with `erisc compile SPEC --suite NAME`"
        raise Failure(what, mend=mend, exit_code=WRONG_CALL) from error


def run_suite(options: Options) -> int:
    """Run every bundle of a suite; the exit code of the worst. What the budget leaves no time for is inconclusive.

    options: as for a bundle; `bundle` is the suite's folder, `run_dir` that of all run directories.
    """
    suite = load_suite(options.bundle)
    place = options.run_dir or os.path.join("runs", f"{suite.name}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}")
    started = time.monotonic()
    done: list[Done] = []
    for entry in suite.entries:
        over = suite.budget is not None and time.monotonic() - started >= suite.budget
        stopped = any(one.exit_code in (INTERRUPTED, BROKEN_BED) for one in done)
        if over or stopped:
            done.append(Done(entry.shown, "not run", INCONCLUSIVE, "", 0.0))
        else:
            done.append(_run(entry, replace(options, bundle=os.path.join(options.bundle, entry.folder)), place))
    worst = next(code for code in _WORST_FIRST if any(one.exit_code == code for one in done))
    _say(suite, done, worst, as_json=options.json)
    return worst


def _run(entry: Entry, options: Options, place: str) -> Done:
    """One bundle; what it prints goes to stderr when stdout is to be JSON."""
    from erisc.executor.run import run_bundle  # reading a suite needs none of its drivers

    run_dir = os.path.join(place, entry.folder)
    started = time.monotonic()
    os.makedirs(place, exist_ok=True)
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        print(f"== {entry.shown}", flush=True)
        code = ending(lambda: run_bundle(replace(options, run_dir=run_dir, json=False)), as_json=False)
    kept = run_dir if os.path.isdir(run_dir) else ""
    return Done(entry.shown, _WORDS.get(code, "broken"), code, kept, time.monotonic() - started)


def _say(suite: Suite, done: list[Done], worst: int, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_document(suite, done, worst), indent=2, ensure_ascii=False))
        return
    width = max(len(one.shown) for one in done)
    print(f"suite {suite.name}: {_WORDS[worst]}")
    for one in done:
        where = f"  {one.run_dir}" if one.run_dir else ""
        print(f"  {one.shown:<{width}}  {one.outcome:<12}  {one.seconds:6.0f} s{where}")


def _document(suite: Suite, done: list[Done], worst: int) -> dict[str, Any]:
    rows = [
        {
            "run": one.shown,
            "outcome": one.outcome,
            "exit_code": one.exit_code,
            "run_dir": one.run_dir or None,
            "seconds": round(one.seconds, 3),
        }
        for one in done
    ]
    return {"suite": suite.name, "budget": suite.budget, "outcome": _WORDS[worst], "exit_code": worst, "runs": rows}
