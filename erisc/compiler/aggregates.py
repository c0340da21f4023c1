"""Calls in formulas: functions of the catalogue over rows, over columns, and over every stretch of a window."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast, functions
from erisc.compiler.context import Context
from erisc.compiler.functions import Function
from erisc.compiler.options import Options
from erisc.compiler.plan import Aggregate, Formula, Recover, Rolling, Scalar, Selection, Window
from erisc.compiler.quantities import PURE, Value
from erisc.compiler.rows import VALUE, Chosen, Rows
from erisc.compiler.source import Source, did_you_mean, nearest
from erisc.compiler.takes import Takes
from erisc.compiler.windows import WindowNode

Made = tuple[Formula, Value]
COMBINE = ("max", "mean", "min")
"""How the recoveries of a fault's instances become one value."""


@record
class _Argument:
    """What a function is given: the expression, its window, and the width of the stretches of a rolling one."""

    of: ast.Node
    window: WindowNode | None
    width: ast.Node | None
    whole: ast.Node


class Aggregates:
    """Checks the calls in the formulas of one file."""

    def __init__(self, context: Context, source: Source) -> None:
        self.context = context
        self.source = source
        self.findings = context.findings
        self.rows = Rows(context, source)
        self.windows = self.rows.windows
        self.options = Options(context, source)
        self.takes = Takes(context, source, self.rows)

    def call(self, node: ast.Call) -> Made | None:
        """A call that stands as a number; None when it was refused."""
        function = self._function(node)
        if function is None:
            return None
        if function.name == "recover":
            help_ = f"say which: `max({self.source.quote(node)[:60]})`"
            summary = "`recover` gives one time for every instance of a fault"
            self.findings.add("E0309", summary, self.source.span(node), help=help_)
            return None
        argument, options = self._argument(node, function), self.options.given(node, function)
        if argument is None:
            return None
        window = self.windows.window(argument.window) if argument.window else None
        if isinstance(argument.of, ast.Call):
            made = self._of_call(node, function, argument, argument.of, window, options or ())
        elif argument.width is not None:
            self._unfolded(node, argument)
            return None
        else:
            made = self._aggregate(node, function, argument, window, options or ())
        return made if options is not None and (window is not None or argument.window is None) else None

    def _function(self, node: ast.Call) -> Function | None:
        name = node.function.word
        found = functions.find(name.text)
        if found is None and name.text not in self.context.program.lost:
            span, known = self.source.span(name), functions.names()
            guess = nearest(name.text, known)
            fix = (span, guess) if guess else None
            help_ = did_you_mean(name.text, known)
            self.findings.add("E0201", f"there is no function `{name.text[:60]}`", span, help=help_, fix=fix)
        return found

    def _argument(self, node: ast.Call, function: Function) -> _Argument | None:
        """The one argument without a name, taken apart."""
        given = [argument for argument in node.arguments if not isinstance(argument, ast.Named)]
        if len(given) != 1 or isinstance(given[0], ast.Placed):
            what = f"`{function.name}` takes one set of rows"
            self.findings.add("E0309", what, self.source.span(node), help=f"write {functions.signature(function)}")
            return None
        return _taken_apart(given[0])

    def _aggregate(
        self,
        node: ast.Call,
        function: Function,
        argument: _Argument,
        window: Window | None,
        options: tuple[tuple[str, Scalar], ...],
    ) -> Made | None:
        """A function of rows or of a column."""
        chosen = self._chosen(function, argument.of, window, argument.whole)
        if chosen is None or not self._looks(function, argument, window):
            return None
        if chosen.metric and not chosen.selection.column and functions.NUMBERS in function.takes:
            chosen = _of_metric(chosen, self.rows.columns(chosen.selection.table)[VALUE])
        if not self.takes.fits(function, chosen, node):
            return None
        if function.takes == (functions.HITS,):
            options = (("hits", chosen.last), *options)
        value = self._yields(function, chosen.type)
        return Aggregate(function.name, chosen.selection, options, self.source.span(node)), value

    def _chosen(self, function: Function, node: ast.Node, window: Window | None, whole: ast.Node) -> Chosen | None:
        def fits(name: str, type_: str) -> bool:
            return self.takes.would_do(function, name, type_)

        return self.rows.selection(node, window, self.source.span(whole), fits)

    def _looks(self, function: Function, argument: _Argument, window: Window | None) -> bool:
        """Whether a function may look at a window. Of one that was refused nothing more is said."""
        refused = argument.window is not None and window is None
        return refused or self.takes.window(function, window, argument.whole)

    def _yields(self, function: Function, of: str) -> Value:
        """What a function makes of a column of a type."""
        units = self.context.units
        type_ = of if function.result in (functions.SAME, functions.SPREAD) else function.result
        if type_ == "bool":
            type_ = "ratio"
        if function.result == functions.SPREAD and units.dimension(type_) == PURE and type_ != "ratio":
            type_ = "number"
        return Value(None, type_, units.dimension(type_))

    # --- calls in calls ---

    def _of_call(
        self,
        node: ast.Call,
        function: Function,
        argument: _Argument,
        inner: ast.Call,
        window: Window | None,
        options: tuple[tuple[str, Scalar], ...],
    ) -> Made | None:
        """A function of recoveries, or of what another one gives for every stretch of a window."""
        if inner.function.word.text == "recover":
            return self._recover(node, argument, inner, window)
        made = self._rolling(inner, window, argument)
        if made is None:
            return None
        rolling, value = made
        span = self.source.span(node)
        if not function.folds or value.dimension is None:
            summary = f"`{function.name}` cannot be taken of a rolling value"
            folds = [one.name for one in functions.FUNCTIONS if one.folds]
            self.findings.add("E0309", summary, self.source.span(node.function), help=did_you_mean("", folds))
            return None
        return Aggregate(function.name, rolling, options, span), self._yields(function, value.type)

    def _rolling(self, node: ast.Call, window: Window | None, outer: _Argument) -> tuple[Rolling, Value] | None:
        """`p95(boot.duration over 10 s)` with the window of the call around it, or its own."""
        function = self._function(node)
        argument = self._argument(node, function) if function else None
        options = self.options.given(node, function) if function else None
        if function is None or argument is None or options is None:
            return None
        if argument.width is None or outer.width is not None:
            self._not_rolling(node, function, outer, argument)
            return None
        width = self.rows.constants.number(argument.width, "duration", what="the width of the stretches", low=0)
        own = self.windows.window(argument.window) if argument.window else None
        if width is None or (argument.window is not None and own is None) or not self._one_window(outer, argument):
            return None
        if width == 0:
            self.findings.add("E0404", "these stretches have no length", self.source.span(argument.width))
            return None
        if not function.rolls or isinstance(argument.of, ast.Call):
            summary = f"`{function.name}` does not roll"
            rolls = [one.name for one in functions.FUNCTIONS if one.rolls]
            self.findings.add("E0309", summary, self.source.span(node.function), help=did_you_mean("", rolls))
            return None
        made = self._aggregate(node, function, argument, own or window, options)
        if made is None or not isinstance(made[0], Aggregate):
            return None
        return Rolling(made[0], width, self.source.span(node)), made[1]

    def _one_window(self, outer: _Argument, inner: _Argument) -> bool:
        if outer.window is None or inner.window is None:
            return True
        labels = [(self.source.span(inner.window), "the first")]
        self.findings.add("E0204", "the window is given twice", self.source.span(outer.window), labels=labels)
        return False

    def _not_rolling(self, node: ast.Call, function: Function, outer: _Argument, inner: _Argument) -> None:
        given = self.source.quote(inner.whole)[:60]
        help_ = f"give it stretches to look at: `{function.name}({given} over 10 s)`"
        summary = f"`{function.name}` gives one value here, there is nothing to fold"
        if outer.width is not None:
            summary, help_ = "a rolling value cannot roll again", "leave out the outer `over`"
        self.findings.add("E0309", summary, self.source.span(node), help=help_)

    def _unfolded(self, node: ast.Call, argument: _Argument) -> None:
        summary = f"`{node.function.word.text}` gives a value for every stretch here"
        during = "" if argument.window else " during …"
        help_ = f"say which: `max({self.source.quote(node)[:60]}{during})`"
        self.findings.add("E0309", summary, self.source.span(argument.whole), help=help_)

    # --- recovery ---

    def _recover(self, node: ast.Call, argument: _Argument, inner: ast.Call, window: Window | None) -> Made | None:
        function = functions.find("recover")
        assert function is not None
        options = self.options.given(inner, function)
        given = self._argument(inner, function)
        if options is None or given is None:
            return None
        if node.function.word.text not in COMBINE or len(node.arguments) > 1 or argument.width or given.width:
            place = self.source.span(node.function)
            self.findings.add("E0309", "combine recoveries by `max`, `mean` or `min`", place)
            return None
        where = argument
        if given.window is not None:
            if not self._one_window(argument, given):
                return None
            where, window = given, self.windows.window(given.window)
        chosen = self._chosen(function, given.of, window, given.of)
        if not self._looks(function, where, window) or chosen is None or not self.takes.fits(function, chosen, inner):
            return None
        if where.window is not None and window is None:
            return None
        within = float(dict(options)["within"])
        made = Recover(chosen.selection, within, node.function.word.text, self.source.span(node))
        return made, Value(None, "duration", self.context.units.dimension("duration"))


def _taken_apart(node: ast.Node) -> _Argument:
    width = node.width if isinstance(node, ast.Rolling) else None
    inner = node.of if isinstance(node, ast.Rolling) else node
    window = inner.window if isinstance(inner, ast.Windowed) else None
    return _Argument(inner.of if isinstance(inner, ast.Windowed) else inner, window, width, node)


def _of_metric(chosen: Chosen, type_: str) -> Chosen:
    old = chosen.selection
    selection = Selection(old.table, old.workload, VALUE, old.filters, old.window, old.span)
    return Chosen(selection, type_, True, chosen.last, chosen.shown)
