"""From a path on the command line to a bundle: compile a spec, or take a bundle as it is."""

from __future__ import annotations

import os

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.home import cache_home
from erisc.cli.settings import add_settings, settings_of
from erisc.cli.show import located, show
from erisc.compiler import compile_spec
from erisc.targets.bundle import assemble, bundle_digest, write
from erisc.targets.registry import exports, installed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from erisc.targets.protocol import Target


class SpecRefused(Failure):
    """The diagnostics have been printed; only the exit code is left to give."""

    def __init__(self, path: str, errors: int) -> None:
        super().__init__(
            f"{path} was refused: {errors} error{'s' if errors != 1 else ''}, nothing was written", exit_code=WRONG_CALL
        )


def add_spec_options(parser: argparse.ArgumentParser) -> None:
    """`--set` and `--experiment`, for commands that compile."""
    add_settings(parser)
    parser.add_argument("--experiment", metavar="NAME", help="which experiment, when the spec has several")


def program_of(arguments: argparse.Namespace) -> str:
    """The folder with the KPI program of `arguments.path`: of a bundle, or of a spec of which nothing else is asked.

    What no target could load, break or record may well be judged. Raises SpecRefused when there are errors.
    """
    if os.path.isdir(arguments.path):
        return bundle_of(arguments)
    compilation = compile_spec(arguments.path, settings=settings_of(arguments), experiment=arguments.experiment)
    diagnostics = compilation.diagnostics
    files: dict[str, bytes] = {}
    if compilation.plan is not None:
        from erisc.targets.kpi import TARGET

        emitted, found = TARGET.emit(compilation.plan)
        files, diagnostics = dict(emitted), diagnostics + found
    show(diagnostics, compilation.sources)
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    if errors or not files:
        raise SpecRefused(arguments.path, errors)
    folder = os.path.join(cache_home(), "programs", bundle_digest(b"".join(files.values()))[:24])
    if not os.path.isdir(folder):  # it appears whole, and its name is its content's
        write(files, folder)
    return folder


def chosen(arguments: argparse.Namespace) -> tuple[Target, ...]:
    """The targets that are installed, with the exports that the call names."""
    return (*installed(), *exports(getattr(arguments, "exports", None) or ()))


def bundle_files(arguments: argparse.Namespace) -> dict[str, bytes]:
    """Compile `arguments.path` in memory; diagnostics go to stderr. Raises SpecRefused when there are errors."""
    compilation = compile_spec(arguments.path, settings=settings_of(arguments), experiment=arguments.experiment)
    diagnostics = compilation.diagnostics
    files: dict[str, bytes] = {}
    if compilation.plan is not None:
        assembled, found = assemble(compilation.plan, compilation.sources, chosen(arguments))
        files, diagnostics = dict(assembled), diagnostics + found
    show(*located(arguments.path, diagnostics, compilation.sources))
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    if errors or not files:
        raise SpecRefused(arguments.path, errors)
    return files


def bundle_of(arguments: argparse.Namespace) -> str:
    """The folder of the bundle that `arguments.path` names: itself, or compiled from a spec into the user's cache.

    The cache is keyed by the bundle's digest, so the same spec gives the same folder.
    """
    if os.path.isdir(arguments.path):
        if arguments.settings or arguments.experiment:
            raise Failure(
                f"{arguments.path} is a bundle: --set and --experiment were decided when it was compiled",
                mend="give the spec instead, or compile another bundle",
                exit_code=WRONG_CALL,
            )
        return str(arguments.path)
    files = bundle_files(arguments)
    folder = os.path.join(cache_home(), "bundles", bundle_digest(files["manifest.json"])[:24])
    write(files, folder)
    return folder
