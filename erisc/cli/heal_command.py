"""`erisc heal`: after any crash, end every open fault of a run and remove what it made."""

from __future__ import annotations

from erisc.executor.drivers import in_drivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_dir", metavar="DIR", help="the run directory")
    parser.add_argument("--json", action="store_true", help="print what was undone as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Replaces this process by the executor's."""
    return in_drivers("erisc.executor", ["heal", arguments.run_dir] + (["--json"] if arguments.json else []))
