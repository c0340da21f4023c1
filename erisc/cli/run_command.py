"""`erisc run`: compile if need be, then hand over to the executor in the drivers' environment."""

from __future__ import annotations

import os

from erisc.cli.specs import add_spec_options, bundle_of
from erisc.cli.suites import add_suite, suite_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="SPEC|BUNDLE", help="a spec, or the folder of a bundle or suite")
    parser.add_argument("--zone", default="lab", help="lab (the default), lab:NAME, or existing")
    parser.add_argument("--cloud", metavar="NAME", help="a cloud of clouds.yaml, with --zone existing")
    parser.add_argument("--inventory", metavar="FILE", help="an Ansible inventory, with --zone existing")
    parser.add_argument("--run-dir", metavar="DIR", help="where the run is recorded (default: a new one in runs/)")
    parser.add_argument(
        "--control", action="store_true", help="hold every fault back: what does the cloud do untouched?"
    )
    parser.add_argument(
        "--stop-early", action="store_true", help="skip the repeats that no SLO over several runs needs any more"
    )
    parser.add_argument(
        "--local-load", action="store_true", help="load from here, also where the zone has a group `generators`"
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    add_spec_options(parser)
    add_suite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replaces this process by the executor's."""
    bundle = suite_of(arguments) if arguments.suite else bundle_of(arguments)
    from erisc.executor.drivers import in_drivers

    words = ["run", os.path.abspath(bundle), "--zone", arguments.zone]
    for option in ("cloud", "inventory", "run-dir"):
        value = getattr(arguments, option.replace("-", "_"))
        words += [f"--{option}", value] if value else []
    flags = ("control", "stop-early", "local-load", "json")
    words += [f"--{option}" for option in flags if getattr(arguments, option.replace("-", "_"))]
    return in_drivers("erisc.executor", words)
