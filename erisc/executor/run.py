"""`run`: walk the phases of every cell, whatever happens leave nothing behind, and judge what was recorded."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from typing import TypeVar

from erisc.base.failure import BROKEN_BED, INTERRUPTED, Failure
from erisc.base.record import record
from erisc.executor import rundir
from erisc.executor.bundle import Bundle, Cell, load_bundle
from erisc.executor.interrupts import Interrupted, interruptible
from erisc.executor.phases.collect import collect
from erisc.executor.phases.deploy import deploy
from erisc.executor.phases.discover import discover
from erisc.executor.phases.drive import drive
from erisc.executor.phases.heal import heal
from erisc.executor.phases.prepare import prepare
from erisc.executor.phases.settle import settle
from erisc.executor.phases.teardown import teardown
from erisc.executor.progress import Console
from erisc.executor.repeats import Repeats
from erisc.executor.state import Run, sockets_folder
from erisc.executor.zones import ZoneCall, parse_call

T = TypeVar("T")


@record
class Options:
    """run_dir: "" for `runs/<experiment>-<run id>`. stop_early: skip repeats that no SLO over runs needs. local_load:
    load comes from this host, also where the zone has generators.
    """

    bundle: str
    zone: str
    cloud: str
    inventory: str
    run_dir: str
    control: bool
    json: bool
    stop_early: bool = False
    local_load: bool = False


def run_bundle(options: Options) -> int:
    """Run a bundle; the exit code. Raises Failure when nothing has happened yet, and then leaves nothing."""
    bundle = load_bundle(options.bundle)
    call = parse_call(options.zone, options.cloud, options.inventory)
    run_id = rundir.new_run_id()
    place = options.run_dir or os.path.join("runs", f"{bundle.experiment}-{run_id}")
    with interruptible():
        try:
            run = _begin(run_id, place, bundle, call, options)
        except Interrupted:
            return INTERRUPTED
        status = _walk(run, options.stop_early)
    run.console.say(f"recorded in {run.run_dir.path}")
    if status == "interrupted":
        return INTERRUPTED
    return _judge(run, options.json)


def _begin(run_id: str, place: str, bundle: Bundle, call: ZoneCall, options: Options) -> Run:
    """All that comes before the first effect on the zone; when it fails, the run directory goes again."""
    kept = os.path.isdir(place)
    run_dir = rundir.create(place)
    run = None
    try:
        run = Run(run_id, run_dir, bundle, control=options.control, console=Console())
        run.log.append(
            "run_started",
            run=run_id,
            bundle_sha256=bundle.digest,
            zone=call.kind,
            control=options.control,
            stop_early=options.stop_early,
            pid=os.getpid(),
        )
        _phase(run, "prepare", "", lambda: prepare(run, call))
        _phase(run, "discover", "", lambda: discover(run, call, local_load=options.local_load))
    except BaseException:
        if run:
            run.channels.close()
        run_dir.unlock()
        rundir.discard(run_dir, keep_folder=kept)
        shutil.rmtree(sockets_folder(run_id), ignore_errors=True)
        raise
    return run


def _walk(run: Run, stop_early: bool) -> str:
    """Every cell, one after the other, until the bed breaks; the status the run ends with."""
    status = "complete"
    try:
        cells = run.bundle.cells
        for cell in Repeats(run.run_dir, run.log, run.console).needed(cells) if stop_early else cells:
            _cell(run, cell)
            if run.problems:
                break
    except Interrupted:
        status = "interrupted"
    except Exception as error:  # a bug of ours or of a plug-in: the cell is torn down by now; say it, do not trace it
        run.broke(f"{type(error).__name__}: {error}")
    if run.problems and status != "interrupted":
        status = "broken"
    _close(run, status)
    return status


def _cell(run: Run, cell: Cell) -> None:
    driven = False
    try:
        tenant = _phase(run, "deploy", cell.id, lambda: deploy(run, cell))
        _phase(run, "settle", cell.id, lambda: settle(run, cell))
        driven = True
        _phase(run, "drive", cell.id, lambda: drive(run, cell, tenant))
    except Failure as error:
        run.broke(": ".join([error.what, *error.detail.splitlines()]))
        if error.mend:
            run.console.say(f"  help: {error.mend}")
    finally:
        try:
            _finish(run, cell, driven)
        except Interrupted:
            _finish(run, cell, driven)  # undisturbed now: see erisc.executor.interrupts
            raise


def _finish(run: Run, cell: Cell, driven: bool) -> None:
    run.log.must_write = False
    run.run_dir.release()
    _phase(run, "heal", cell.id, lambda: heal(run, cell))
    if driven:
        _phase(run, "collect", cell.id, lambda: collect(run, cell))
    _phase(run, "teardown", cell.id, lambda: teardown(run, cell))
    run.log.must_write = True


def _phase(run: Run, name: str, cell: str, act: Callable[[], T]) -> T:
    run.log.append("phase_started", cell=cell, phase=name)
    run.console.say(f"{name}{' ' + cell if cell else ''}")
    before = len(run.problems)
    status, error = "failed", ""
    try:
        value = act()
        new = run.problems[before:]
        status, error = ("failed", "; ".join(new)) if new else ("ok", "")
        return value
    except Interrupted:
        status = "interrupted"
        raise
    except Exception as caught:
        error = str(caught)
        raise
    finally:
        run.log.append("phase_finished", cell=cell, phase=name, status=status, error=error)


def _close(run: Run, status: str) -> None:
    run.log.must_write = False
    run.run_dir.release()
    run.channels.close()
    shutil.rmtree(sockets_folder(run.id), ignore_errors=True)
    if run.log.unwritten:
        run.broke(f"{run.log.unwritten} events could not be written: the disk was full")
        status = "broken" if status == "complete" else status
    run.log.append("run_finished", status=status, error="; ".join(run.problems))
    if run.undo.open():
        run.console.say(f"something is left behind; `erisc heal {run.run_dir.path}` tries again")
    run.run_dir.unlock()


def _judge(run: Run, as_json: bool) -> int:
    from erisc.verdict import evaluate
    from erisc.verdict.terminal import render

    try:
        verdict = evaluate(run.run_dir.bundle, run.run_dir.path)
    except Failure as error:
        if not run.problems:
            raise
        run.console.say(f"no verdict: {error}")
        return BROKEN_BED
    sys.stdout.write(verdict.to_json() if as_json else render(verdict, sys.stdout.isatty()))
    return BROKEN_BED if run.problems else verdict.exit_code
