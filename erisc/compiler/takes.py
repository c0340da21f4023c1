"""Whether what a function is given is what it takes; and what to say when it is not."""

from __future__ import annotations

from erisc.compiler import ast, functions
from erisc.compiler.context import Context
from erisc.compiler.functions import Function
from erisc.compiler.plan import Window
from erisc.compiler.quantities import a
from erisc.compiler.rows import SERIES, Chosen, Rows
from erisc.compiler.source import Source


class Takes:
    """Compares the arguments of one file's formulas with the catalogue."""

    def __init__(self, context: Context, source: Source, rows: Rows) -> None:
        self.units = context.units
        self.source = source
        self.findings = context.findings
        self.rows = rows

    def window(self, function: Function, window: Window | None, place: ast.Node) -> bool:
        """Whether a function may look at a window; says so when not."""
        fault = window is not None and self.rows.windows.is_fault(window.of)
        if not function.windows or (window and window.kind in function.windows and (fault or not function.fault)):
            return True
        what = f"the time {' or '.join(function.windows)} a fault" if function.fault else "a window"
        summary = f"`{function.name}` looks at {what}"
        shown = "FAULT" if function.fault else "boot.steady"
        help_ = f"add `{function.windows[0]} {shown}{' for 60 s' if function.windows == ('after',) else ''}`"
        self.findings.add("E0407", summary, self.source.span(place), help=help_)
        return False

    def fits(self, function: Function, chosen: Chosen, node: ast.Call) -> bool:
        """Whether the rows or the column are of a kind that the function takes; says so when not."""
        if set(_kinds(chosen, self.units.dimension(chosen.type) is not None)) & set(function.takes):
            return True
        self._refuse(function, chosen, node)
        return False

    def _refuse(self, function: Function, chosen: Chosen, node: ast.Call) -> None:
        span, column, name = self.source.span(node), chosen.selection.column, function.name
        rows = {functions.ROWS, functions.HITS, functions.ITERATIONS} & set(function.takes)
        code = "E0309"
        if column and rows:
            verb = "counts rows" if name == "count" else "looks at rows"
            summary, help_ = f"`{name}` {verb}, not a column", f"leave out `.{column}`"
        elif functions.HITS in rows:
            summary, help_ = f"`{name}` needs a filter to ask for", f"e.g. `{name}({chosen.shown}[ok] …)`"
        elif rows:
            summary, help_ = f"`{name}` looks at the iterations of a workload", "name the workload, e.g. `boot`"
        elif functions.SERIES in function.takes and functions.NUMBERS not in function.takes:
            summary = f"`{name}` looks at a series over time"
            help_ = "e.g. `boot.rate`, the successful iterations per second of workload `boot`"
        elif not column:
            summary, help_ = f"`{name}` needs a column of the rows", self._columns(function, chosen)
        elif column == SERIES and chosen.selection.workload:
            summary = f"a series is averaged over a window, it has no `{name}`"
            help_ = f"roll over it: `{name}(mean({chosen.shown}.rate over 10 s) during …)`" if function.folds else ""
        elif functions.LATENCY in function.takes:
            summary = f"`{name}` looks at how long attempts took"
            help_ = "e.g. `boot.duration` of a workload, or `api.duration`"
        else:
            code, summary = "E0301", f"`{name}` needs numbers, `{column}` is {a(chosen.type)}"
            help_ = self._columns(function, chosen)
        self.findings.add(code, summary, span, help=help_)

    def _columns(self, function: Function, chosen: Chosen) -> str:
        """The columns that would do."""
        columns = self.rows.columns(chosen.selection.table)
        fitting = [name for name, kind in columns.items() if self.would_do(function, name, kind)]
        return "which column? " + ", ".join(f"`{chosen.shown}.{name}`" for name in fitting[:8]) if fitting else ""

    def would_do(self, function: Function, name: str, type_: str) -> bool:
        """Whether a column is of a kind that a function takes."""
        if functions.LATENCY in function.takes:
            return name == "duration"
        if functions.NUMBERS in function.takes:
            return self.units.dimension(type_) is not None and name != "iteration"
        return name == SERIES if functions.SERIES in function.takes else True


def _kinds(chosen: Chosen, number: bool) -> list[str]:
    """All kinds of the catalogue that a selection is."""
    selection = chosen.selection
    if not selection.column:
        workload = [functions.ITERATIONS] if selection.workload else []
        return [functions.ROWS, *([functions.HITS] if selection.filters else []), *workload]
    if selection.workload and selection.column == SERIES:
        return [functions.SERIES]
    latency = selection.column == "duration" and selection.table in ("iterations", "api", "probes")
    if chosen.type == "bool":
        return [functions.TRUTHS]
    return [*([functions.NUMBERS] if number else []), *([functions.LATENCY] if latency else [])]
