"""`erisc evaluate`: judge a recorded run, again or by another spec. Needs no cloud."""

from __future__ import annotations

import argparse
import os

from erisc.cli.specs import add_spec_options, bundle_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="SPEC|BUNDLE", help="whose KPIs and SLOs judge")
    parser.add_argument("--run", metavar="DIR", required=True, dest="run_dir", help="the run directory")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    add_spec_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replaces this process by the verdict's."""
    bundle = bundle_of(arguments)
    from erisc.executor.drivers import in_drivers

    words = ["evaluate", os.path.abspath(bundle), "--run", arguments.run_dir]
    return in_drivers("erisc.verdict", words + (["--json"] if arguments.json else []))
