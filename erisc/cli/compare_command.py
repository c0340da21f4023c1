"""`erisc compare`: two runs, or the history of a KPI. Needs no cloud."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from erisc.verdict.compare_options import add_arguments as declare

    declare(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replaces this process by the verdict's."""
    from erisc.executor.drivers import in_drivers
    from erisc.verdict.compare_options import limits_of

    limits_of(arguments)
    words = ["compare", *map(os.path.abspath, arguments.runs)]
    words += ["--min-effect", arguments.min_effect, "--min-points", arguments.min_points]
    words += ["--history", "--kpi", arguments.kpi] if arguments.history else []
    return in_drivers("erisc.verdict", words + (["--json"] if arguments.json else []))
