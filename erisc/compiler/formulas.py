"""KPI formulas: from expressions over recorded tables to typed formulas of the Plan."""

from __future__ import annotations

import re

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.plan import (
    Aggregate,
    Binary,
    Formula,
    KpiRef,
    Number,
    Recover,
    Selection,
    Unary,
    Window,
)
from erisc.compiler.quantities import PURE, Value, a
from erisc.compiler.rows import Rows
from erisc.compiler.source import Source, did_you_mean

_PERCENTILE = re.compile(r"p(?!0+(?:_0+)?$)\d{1,2}(?:_\d{1,4})?")
_FOLDS = ("mean", "min", "max", "sum")
FUNCTIONS = ("count", *_FOLDS, "p50", "p90", "p95", "p99", "p99_9", "recover")


@record
class Typed:
    """A formula and what it yields (data of the value is not used). constant: no table is read."""

    formula: Formula
    value: Value
    constant: bool = False


class Formulas(Rows):
    """Checks the formulas of one file. kpis: name -> its declared type, for references."""

    def __init__(self, context: Context, source: Source, kpis: dict[str, str]) -> None:
        super().__init__(context, source)
        self.kpis = kpis

    def formula(self, node: ast.Node) -> Typed | None:
        """A formula; None when it was refused."""
        span = self.source.span(node)
        if isinstance(node, ast.Name) and node.word.text in self.kpis:
            self.context.program.used.add(node.word.text)
            type_ = self.kpis[node.word.text]
            return Typed(KpiRef(node.word.text, span), self._typed(type_))
        if isinstance(node, ast.Number | ast.Quantity | ast.String) or (
            isinstance(node, ast.Name) and not self._is_table(node.word.text)
        ):
            return self._constant(node)
        if isinstance(node, ast.Binary):
            return self._binary(node)
        if isinstance(node, ast.Negate):
            inner = self.formula(node.operand)
            return Typed(Unary("-", inner.formula, span), inner.value) if inner else None
        if isinstance(node, ast.Call):
            return self._call(node)
        help_ = "count or average its rows: `count(api during boot.steady)`, `p99(api.duration during boot.steady)`"
        self.findings.add("E0309", "this is a set of rows, not a number", span, help=help_)
        return None

    def _typed(self, type_: str) -> Value:
        return Value(None, type_, self.context.units.dimension(type_))

    def _is_table(self, name: str) -> bool:
        return name in self.names["table"] or name in self.names["workload"] or name in self.lost

    def _constant(self, node: ast.Node) -> Typed | None:
        value = self.constants.value(node)
        if value is None:
            return None
        if value.dimension is None:
            self.findings.add("E0301", f"{a(value.type)} is no number", self.source.span(node))
            return None
        return Typed(Number(float(value.data), self.source.span(node)), value, True)

    def _binary(self, node: ast.Binary) -> Typed | None:
        left, right = self.formula(node.left), self.formula(node.right)
        if left is None or right is None:
            return None
        span = self.source.span(node)
        if left.constant and right.constant:
            return self._constant(node)
        if node.operator == "^":
            self.findings.add("E0390", "powers of measured values are not supported", span)
            return None
        value = self.constants.combine(node, left.value, right.value)
        return Typed(Binary(node.operator, left.formula, right.formula, span), value) if value else None

    # --- functions ---

    def _call(self, node: ast.Call) -> Typed | None:
        name = node.function.word
        if name.text == "recover":
            help_ = f"say which: `max({self.source.quote(node)[:60]})`"
            self.findings.add(
                "E0309", "`recover` gives one time for every instance of a fault", self.source.span(node), help=help_
            )
            return None
        if name.text != "count" and name.text not in _FOLDS and not _PERCENTILE.fullmatch(name.text):
            self.findings.add(
                "E0201",
                f"there is no function `{name.text}`",
                self.source.span(name),
                help=did_you_mean(name.text, FUNCTIONS),
            )
            return None
        if len(node.arguments) != 1 or isinstance(node.arguments[0], ast.Named | ast.Placed):
            self.findings.add("E0309", f"`{name.text}` takes one set of rows", self.source.span(node))
            return None
        argument = node.arguments[0]
        inner = argument.of if isinstance(argument, ast.Windowed) else argument
        window = self.window(argument.window) if isinstance(argument, ast.Windowed) else None
        if isinstance(argument, ast.Windowed) and window is None:
            return None
        if isinstance(inner, ast.Call) and inner.function.word.text == "recover":
            return self._recover(node, inner, window)
        selected = self.selection(inner, window, self.source.span(argument))
        return self._aggregate(node, *selected) if selected else None

    def _aggregate(self, node: ast.Call, selection: Selection, type_: str) -> Typed | None:
        function, span = node.function.word.text, self.source.span(node)
        if function == "count":
            if selection.column:
                help_ = f"leave out `.{selection.column}`"
                self.findings.add("E0309", "`count` counts rows, not a column", span, help=help_)
                return None
            return Typed(Aggregate("count", selection, (), span), Value(None, "count", PURE))
        if not selection.column:
            columns = self.columns(selection.table)
            numeric = [name for name, kind in columns.items() if self.context.units.dimension(kind) is not None]
            help_ = (
                f"which column? e.g. `{self.source.quote(node.arguments[0]).split()[0]}.{numeric[-1]}`"
                if numeric
                else ""
            )
            self.findings.add("E0309", f"`{function}` needs a column of the rows", span, help=help_)
            return None
        if self.context.units.dimension(type_) is None:
            self.findings.add("E0301", f"`{selection.column}` is {a(type_)}, no number", span)
            return None
        if function != "mean" and selection.column == "rate":
            help_ = "use `mean`, or `recover`, or `count` the iterations"
            self.findings.add("E0309", f"a series is averaged over a window, it has no `{function}`", span, help=help_)
            return None
        return Typed(
            Aggregate(function, selection, (), span),
            self._typed("number" if type_ == "int" and function != "sum" else type_),
        )

    def _recover(self, node: ast.Call, inner: ast.Call, window: Window | None) -> Typed | None:
        span = self.source.span(node)
        series = [argument for argument in inner.arguments if not isinstance(argument, ast.Named)]
        options = {argument.name.text: argument for argument in inner.arguments if isinstance(argument, ast.Named)}
        if len(series) != 1 or set(options) != {"within"}:
            help_ = "write max(recover(boot.rate, within = 10 %) after FAULT for 60 s)"
            self.findings.add("E0309", "`recover` takes a series and `within`", self.source.span(inner), help=help_)
            return None
        if node.function.word.text not in ("max", "mean", "min"):
            self.findings.add("E0309", "combine recoveries by `max`, `mean` or `min`", self.source.span(node.function))
            return None
        within = self.constants.number(options["within"].value, "ratio", what="`within`", low=0, high=1)
        if window is None or window.kind != "after" or window.of not in self.faults | dict.fromkeys(self.lost, ""):
            help_ = "add `after FAULT for 60 s`"
            self.findings.add(
                "E0407", "`recover` looks at the time after a fault", self.source.span(node.arguments[0]), help=help_
            )
            return None
        selected = self.selection(series[0], window, self.source.span(series[0]))
        if selected is None or within is None:
            return None
        if selected[0].column != "rate":
            help_ = "e.g. `boot.rate`, the successful iterations per second of workload `boot`"
            self.findings.add("E0309", "`recover` looks at a series over time", self.source.span(series[0]), help=help_)
            return None
        return Typed(Recover(selected[0], within, node.function.word.text, span), self._typed("duration"))
