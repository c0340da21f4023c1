"""`erisc evaluate`: judge a recorded run, or files of other tools, by a spec. Needs no cloud."""

from __future__ import annotations

import os

from erisc.cli.specs import add_spec_options, bundle_of, program_of
from erisc.verdict.options import add_options, given

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="SPEC|BUNDLE", help="whose KPIs and SLOs judge")
    add_options(parser)
    add_spec_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replaces this process by the verdict's."""
    found = given(arguments)
    bundle = bundle_of(arguments) if arguments.run_dir else program_of(arguments)
    from erisc.executor.drivers import in_drivers

    words = ["evaluate", os.path.abspath(bundle)]
    words += ["--run", arguments.run_dir] if arguments.run_dir else []
    words += [f"--{name}={value}" for name, value in found]
    words += ["--output", arguments.output] if arguments.output else []
    return in_drivers("erisc.verdict", words + (["--json"] if arguments.json else []))
