"""From a suite in a spec to its folder: a bundle for every run."""

from __future__ import annotations

import os

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.home import cache_home
from erisc.cli.settings import settings_of
from erisc.cli.show import located, show
from erisc.cli.specs import SpecRefused, chosen
from erisc.compiler import compile_suite
from erisc.targets.bundle import bundle_digest, write
from erisc.targets.suite import INDEX, Planned, assemble_suite

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_suite(parser: argparse.ArgumentParser) -> None:
    """`--suite`, for commands that compile or run."""
    parser.add_argument("--suite", metavar="NAME", help="all runs of this suite, one bundle each")


def suite_files(arguments: argparse.Namespace) -> dict[str, bytes]:
    """Compile the suite in memory; diagnostics go to stderr. Raises SpecRefused when there are errors."""
    if arguments.experiment:
        raise Failure("--suite and --experiment exclude each other", mend="leave one out", exit_code=WRONG_CALL)
    compilation = compile_suite(arguments.path, arguments.suite, settings=settings_of(arguments))
    diagnostics, suite = compilation.diagnostics, compilation.suite
    files: dict[str, bytes] = {}
    if suite is not None:
        runs = [
            Planned(run.shown, tuple((name, value.data) for name, value in run.settings.items()), plan)
            for run, plan in zip(suite.runs, compilation.plans, strict=True)
        ]
        assembled, found = assemble_suite(suite.name, suite.budget, runs, compilation.sources, chosen(arguments))
        files, diagnostics = dict(assembled), diagnostics + found
    show(*located(arguments.path, diagnostics, compilation.sources))
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    if errors or not files:
        raise SpecRefused(arguments.path, errors)
    return files


def suite_digest(files: dict[str, bytes]) -> str:
    """What identifies a compiled suite."""
    return bundle_digest(files[INDEX])


def suite_of(arguments: argparse.Namespace) -> str:
    """The folder of the suite, compiled into the user's cache. Raises Failure when the path is compiled already."""
    if os.path.isdir(arguments.path):
        what = f"{arguments.path} is compiled: --suite was decided then"
        raise Failure(what, mend="give the spec, or leave --suite out", exit_code=WRONG_CALL)
    files = suite_files(arguments)
    folder = os.path.join(cache_home(), "bundles", suite_digest(files)[:24])
    write(files, folder)
    return folder
