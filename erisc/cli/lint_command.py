"""`erisc lint`: exit 0 clean, 1 findings, 2 errors."""

from __future__ import annotations

import os
import sys

from erisc.base.failure import WRONG_CALL, Failure
from erisc.cli.lint_formats import FORMATS, Linted, render
from erisc.cli.settings import add_settings, settings_of
from erisc.cli.show import colored, located
from erisc.compiler import lint_spec
from erisc.compiler.diagnostics import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

STDIN = "<stdin>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "paths", metavar="FILE", nargs="+", help="a spec, a folder (every .eris below it), or `-` for standard input"
    )
    parser.add_argument("--format", choices=FORMATS, default="full", help="what to print (default: full)")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="short for --format json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lint every file; the worst finding decides."""
    settings = settings_of(arguments)
    files: list[Linted] = []
    said: set[object] = set()
    for path in _specs(arguments.paths):
        file = _lint(path, settings)
        fresh = tuple(found for found in file.diagnostics if _key(found) not in said)
        said.update(_key(found) for found in fresh)
        files.append(Linted(file.path, fresh, file.sources))
    sys.stdout.write(render(arguments.format, files, color=colored(sys.stdout)))
    if any(diagnostic.is_error for file in files for diagnostic in file.diagnostics):
        return 2
    return 1 if said else 0


def _key(found: Diagnostic) -> object:
    """The same for a finding however the call comes to its file."""
    span = found.span
    return os.path.normpath(span.file), span.line, span.column, found.code, found.summary


def _lint(path: str, settings: dict[str, str]) -> Linted:
    """A file that several specs import is named alike in each, so that what is wrong with it is told apart."""
    if path == "-":
        result = lint_spec(STDIN, settings=settings, texts={os.path.abspath(STDIN): sys.stdin.buffer.read()})
        path = STDIN
    else:
        result = lint_spec(path, settings=settings)
    if not result.diagnostics:
        return Linted(path, (), {})
    return Linted(path, *located(path, result.diagnostics, result.sources))


def _specs(paths: list[str]) -> list[str]:
    """Files as they are named; folders as the specs below them, hidden ones left out. Raises Failure for none."""
    found: dict[str, None] = {}
    for path in paths:
        if not os.path.isdir(path):
            found[path] = None
            continue
        below = _below(path)
        if not below:
            mend = "name a spec, or a folder that holds some"
            raise Failure(f"there is no .eris file below {path}", mend=mend, exit_code=WRONG_CALL)
        found.update(dict.fromkeys(below))
    return list(found)


def _below(folder: str) -> list[str]:
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(where, name) for name in sorted(names) if name.endswith(".eris")]
    return found
