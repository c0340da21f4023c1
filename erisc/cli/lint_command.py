"""`erisc lint`: exit 0 clean, 1 findings, 2 errors."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from erisc.cli.show import colored, show
from erisc.compiler import lint_spec
from erisc.compiler.render import to_json

if TYPE_CHECKING:
    from erisc.compiler.pipeline import Compilation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", metavar="FILE", nargs="+", help="a spec")
    parser.add_argument("--json", action="store_true", help="print the diagnostics as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Lint every file; the worst result decides."""
    results = [(path, lint_spec(path)) for path in arguments.paths]
    if arguments.json:
        _print_json(results)
    else:
        for _, result in results:
            show(result.diagnostics, result.sources)
        _summary(results)
    found = [diagnostic for _, result in results for diagnostic in result.diagnostics]
    if any(diagnostic.is_error for diagnostic in found):
        return 2
    return 1 if found else 0


def _print_json(results: list[tuple[str, Compilation]]) -> None:
    import json

    document = [{"path": path, "diagnostics": to_json(result.diagnostics)} for path, result in results]
    print(json.dumps(document, indent=2, ensure_ascii=False))


def _summary(results: list[tuple[str, Compilation]]) -> None:
    for path, result in results:
        errors = sum(diagnostic.is_error for diagnostic in result.diagnostics)
        warnings = len(result.diagnostics) - errors
        state = f"{errors} error{_s(errors)}, {warnings} warning{_s(warnings)}" if result.diagnostics else "clean"
        bold, plain = ("\033[1m", "\033[0m") if colored(sys.stdout) else ("", "")
        print(f"{bold}{path}{plain}: {state}")


def _s(count: int) -> str:
    return "" if count == 1 else "s"
