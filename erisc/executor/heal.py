"""`heal`: after any crash, end what a run left open: faults, processes, stacks, projects. Idempotent."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable

from erisc.base.failure import BROKEN_BED, PASS
from erisc.executor import events, rundir
from erisc.executor.faults.channel import Channels
from erisc.executor.progress import Console
from erisc.executor.state import sockets_folder
from erisc.executor.undo import Undo, UndoLog, open_entries
from erisc.executor.undoers import undoers


def heal_run(path: str, *, as_json: bool) -> int:
    """End every open undo of the run, the latest first; the exit code.

    Raises Failure when the directory is not a run's, or another executor works on it.
    """
    run_dir = rundir.RunDir(path)
    description = run_dir.read_description()
    run_dir.lock()
    try:
        past = events.read_events(run_dir.events)
        console = Console()
        left = _end_open(run_dir, past, description["id"], console.say) if open_entries(past) else []
    finally:
        run_dir.unlock()
    _tell(len(open_entries(past)), left, as_json, console)
    return BROKEN_BED if left else PASS


def _end_open(
    run_dir: rundir.RunDir, past: list[events.Event], run_id: str, say: Callable[[str], None]
) -> list[tuple[Undo, str]]:
    run_dir.release()
    log = events.EventLog(run_dir.events, must_write=False)
    channels = Channels(sockets_folder(run_id))
    undo = UndoLog(log, undoers(run_dir, run_id, channels), past)
    try:
        log.append("phase_started", phase="heal")
        left = undo.end(undo.open(), say)
        status = "failed" if left else "ok"
        log.append("phase_finished", phase="heal", status=status, error="; ".join(error for _, error in left))
        _close_run(log, past)
    finally:
        channels.close()
        shutil.rmtree(sockets_folder(run_id), ignore_errors=True)
        log.close()
    return left


def _close_run(log: events.EventLog, past: list[events.Event]) -> None:
    if not any(event["type"] == "run_finished" for event in past):
        log.append("run_finished", status="broken", error="the executor died; the run was healed afterwards")


def _tell(opened: int, left: list[tuple[Undo, str]], as_json: bool, console: Console) -> None:
    if as_json:
        rows = [{"about": entry.about, "kind": entry.kind, "error": error} for entry, error in left]
        json.dump({"ended": opened - len(left), "left": rows}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    elif not opened:
        print("nothing is open: the run left nothing behind")
    elif left:
        console.say(f"{len(left)} of {opened} could not be ended; mend what is named above, then heal again")
    else:
        print(f"healed: {opened} ended, nothing is open")
