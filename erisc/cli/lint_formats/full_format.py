"""For people: every finding with its source lines, and a line for every file."""

from __future__ import annotations

from erisc.cli.lint_formats import Linted


def render(files: list[Linted], *, color: bool) -> str:
    """Blocks as the compiler draws them, then `FILE: clean` or the counts."""
    blocks = [_blocks(file, color) for file in files if file.diagnostics]
    return "".join(f"{block}\n" for block in blocks) + "".join(_summary(file, color) for file in files)


def _blocks(file: Linted, color: bool) -> str:
    from erisc.compiler.render import render as draw

    return draw(file.diagnostics, file.sources, color=color)


def _summary(file: Linted, color: bool) -> str:
    errors = sum(diagnostic.is_error for diagnostic in file.diagnostics)
    warnings = len(file.diagnostics) - errors
    state = f"{errors} error{_s(errors)}, {warnings} warning{_s(warnings)}" if file.diagnostics else "clean"
    bold, plain = ("\033[1m", "\033[0m") if color else ("", "")
    return f"{bold}{file.path}{plain}: {state}\n"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
