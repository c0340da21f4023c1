"""`python -m erisc.executor run BUNDLE …` and `… heal RUN_DIR`: what a bundle's own `run` calls."""

from __future__ import annotations

import argparse
import sys

from erisc.base.ending import ending


def main(words: list[str]) -> int:
    """Run one of the two commands here; returns the exit code."""
    arguments = _parser().parse_args(words)
    work = _run if arguments.command == "run" else _heal
    return ending(lambda: work(arguments), as_json=arguments.json)


def _run(arguments: argparse.Namespace) -> int:
    from erisc.executor.run import Options, run_bundle
    from erisc.executor.suite import is_suite, run_suite

    options = Options(
        bundle=arguments.bundle,
        zone=arguments.zone,
        cloud=arguments.cloud,
        inventory=arguments.inventory,
        run_dir=arguments.run_dir,
        control=arguments.control,
        json=arguments.json,
        stop_early=arguments.stop_early,
        local_load=arguments.local_load,
    )
    return run_suite(options) if is_suite(arguments.bundle) else run_bundle(options)


def _heal(arguments: argparse.Namespace) -> int:
    from erisc.executor.heal import heal_run

    return heal_run(arguments.run_dir, as_json=arguments.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m erisc.executor", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a bundle or a suite of them on a zone and judge it", allow_abbrev=False)
    run.add_argument("bundle", metavar="BUNDLE")
    run.add_argument("--zone", default="lab", help="lab (the default), lab:NAME, or existing")
    run.add_argument("--cloud", default="", metavar="NAME", help="a cloud of clouds.yaml")
    run.add_argument("--inventory", default="", metavar="FILE", help="an Ansible inventory, static or executable")
    run.add_argument("--run-dir", default="", metavar="DIR", help="where the run is recorded (runs/NAME-TIME)")
    run.add_argument("--control", action="store_true", help="hold every fault back")
    run.add_argument(
        "--stop-early", action="store_true", help="skip the repeats that no SLO over several runs needs any more"
    )
    run.add_argument("--local-load", action="store_true", help="load from here, also where the zone has generators")
    run.add_argument("--json", action="store_true", help="print the verdict as JSON")
    heal = commands.add_parser("heal", help="end every open fault of a run and remove what it made", allow_abbrev=False)
    heal.add_argument("run_dir", metavar="RUN_DIR")
    heal.add_argument("--json", action="store_true", help="print what was ended, and what is left, as JSON")
    return parser


if __name__ == "__main__":
    from erisc.executor.drivers import in_drivers

    sys.exit(ending(lambda: in_drivers("erisc.executor", sys.argv[1:]), as_json="--json" in sys.argv))
