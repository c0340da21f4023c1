"""`erisc report`: the HTML report of a recorded run."""

from __future__ import annotations

from erisc.executor.drivers import in_drivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_dir", metavar="DIR", help="the run directory")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write (default: DIR/report.html)")
    parser.add_argument("--json", action="store_true", help="print where it was written as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Replaces this process by the verdict's."""
    words = ["report", arguments.run_dir]
    if arguments.output:
        words += ["-o", arguments.output]
    return in_drivers("erisc.verdict", words + (["--json"] if arguments.json else []))
