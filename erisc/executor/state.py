"""What the phases of one run share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from erisc.executor.bundle import Bundle
from erisc.executor.events import EventLog
from erisc.executor.faults.channel import Channels
from erisc.executor.faults.guard import Guard
from erisc.executor.progress import Console
from erisc.executor.rundir import RunDir
from erisc.executor.undo import UndoLog
from erisc.executor.undoers import undoers
from erisc.executor.zones import Zone

if TYPE_CHECKING:
    from erisc.executor.generators.group import Site


class Run:
    """One run. problems: why the bed broke, in the order of happening; a run with one ends `broken`."""

    def __init__(self, run_id: str, run_dir: RunDir, bundle: Bundle, *, control: bool, console: Console) -> None:
        self.id = run_id
        self.run_dir = run_dir
        self.bundle = bundle
        self.control = control
        self.console = console
        self.problems: list[str] = []
        self.log = EventLog(run_dir.events)
        self.channels = Channels(sockets_folder(run_id))
        self.undo = UndoLog(self.log, undoers(run_dir, run_id, self.channels))
        self.zone: Zone
        self.guard: Guard
        self.cloud: Any = None
        """The admin's connection; None where the zone has no cloud."""
        self.generators: Site | None = None
        """Where load comes from; None where it is this host."""

    def broke(self, problem: str) -> None:
        """The bed broke in one place; the run goes on as far as it makes sense."""
        self.problems.append(problem)
        self.console.say(f"problem: {problem}")

    def mark(self, cell: str) -> str:
        """Marks the processes of one cell."""
        return f"{self.id}/{cell}"

    def cloud_arguments(self) -> dict[str, Any]:
        """How an undo finds the cloud again."""
        return {"cloud": self.zone.cloud, "clouds_files": list(self.zone.clouds_files)}


def sockets_folder(run_id: str) -> str:
    """Folder of ssh control sockets: short, for a socket's path has 108 bytes at most (unix(7))."""
    return os.path.join("/tmp", f"erisc-{os.getuid()}-{run_id[-9:]}")
