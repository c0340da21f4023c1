"""`erisc plan`: the timeline of load, faults and windows, to be read as the test plan."""

from __future__ import annotations

import io
import math
import sys
from typing import TYPE_CHECKING, TypeVar

from erisc.base.failure import WRONG_CALL, Failure
from erisc.cli.plan_chart import chart
from erisc.cli.plan_chart.look import look_of
from erisc.cli.plan_chart.summary import planned_time
from erisc.cli.plan_chart.words import spoken
from erisc.cli.plan_json import plan_text
from erisc.cli.settings import settings_of
from erisc.cli.show import located, show
from erisc.cli.specs import SpecRefused, add_spec_options
from erisc.compiler import compile_spec
from erisc.compiler.pipeline import Compilation, Request, SuiteCompilation, run_suite
from erisc.compiler.plan import Cell, Plan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="SPEC", help="the spec")
    parser.add_argument("--cell", metavar="N", help="which cell is drawn, by its number (default: the first)")
    parser.add_argument("--suite", metavar="NAME", help="every experiment of a suite, one after the other")
    parser.add_argument("--json", action="store_true", help="print the Plan as JSON (docs/schema/plan.schema.json)")
    add_spec_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile and draw; a refused spec draws nothing."""
    if arguments.suite is not None:
        return _suite(arguments)
    compilation = compile_spec(arguments.path, settings=settings_of(arguments), experiment=arguments.experiment)
    plan = _sound(arguments.path, compilation, compilation.plan)
    cell = chosen(plan, arguments.cell)
    if arguments.json:
        _print_json([(plan, None if arguments.cell is None else cell)])
    else:
        _draw([(plan, cell)])
    return 0


def _suite(arguments: argparse.Namespace) -> int:
    """The first cell of every run; as JSON, one document a run (JSON text sequences without separators)."""
    for option, value in (("--experiment", arguments.experiment), ("--cell", arguments.cell)):
        if value is not None:
            raise Failure(f"{option} and --suite do not go together", exit_code=WRONG_CALL)
    request = Request(arguments.path, settings_of(arguments), None, False, suite=arguments.suite)
    compilation = run_suite(request)
    suite = _sound(arguments.path, compilation, compilation.suite)
    if arguments.json:
        _print_json([(plan, None) for plan in compilation.plans])
        return 0
    total = sum(planned_time(plan)[0] for plan in compilation.plans)
    budget = "" if suite.budget is None else f", budget {spoken(suite.budget)}"
    known = "only the run can tell how long" if math.isinf(total) else f"{spoken(total)} of load in all"
    _print([f"suite {suite.name}: {len(suite.runs)} runs, {known}{budget}\n"])
    _draw([(plan, plan.cells[0]) for plan in compilation.plans], lead="\n")
    return 0


def _sound(path: str, compilation: Compilation | SuiteCompilation, found: T | None) -> T:
    """What was compiled. Raises SpecRefused when nothing was; the diagnostics go to stderr."""
    show(*located(path, compilation.diagnostics, compilation.sources))
    if found is None:
        raise SpecRefused(path, sum(diagnostic.is_error for diagnostic in compilation.diagnostics))
    return found


def _draw(wanted: Iterable[tuple[Plan, Cell]], lead: str = "") -> None:
    # What the terminal's encoding lacks is escaped rather than fatal.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    look = look_of(sys.stdout)
    for plan, cell in wanted:
        _print([lead])
        _print(f"{line}\n" for line in chart(plan, cell, look))


def _print_json(wanted: Iterable[tuple[Plan, Cell | None]]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    for plan, cell in wanted:
        _print(plan_text(plan, cell))


def chosen(plan: Plan, number: str | None) -> Cell:
    """The cell of a number, `7` or `0007`. Raises Failure when there is none."""
    count = len(plan.cells)
    if number is None:
        return plan.cells[0]
    if not number.isascii() or not number.isdigit() or len(number) > 12 or not 1 <= int(number) <= count:
        raise Failure(f"--cell {number}: the cells are 1 to {count}", exit_code=WRONG_CALL)
    return plan.cells[int(number) - 1]


def _print(parts: Iterable[str]) -> None:
    for part in parts:
        sys.stdout.write(part)
