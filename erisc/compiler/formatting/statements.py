"""How statements and their clauses are written: one a line."""

from __future__ import annotations

from functools import partial

from erisc.compiler import ast
from erisc.compiler.formatting.expressions import EXPRESSIONS, write_expression
from erisc.compiler.formatting.layout import LINE, Doc, Indent
from erisc.compiler.formatting.writer import Part, Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def write_node(writer: Writer, node: Any) -> Doc:
    """Any node of the tree."""
    write = STATEMENTS.get(type(node))
    return write(writer, node) if write else write_expression(writer, node)


def _label(writer: Writer) -> Callable[[], Doc]:
    """A name and its colon."""
    return partial(writer.tight, 2)


def _body(writer: Writer, items: Sequence[Any]) -> Callable[[], Doc]:
    """Braces around items, one a line."""
    return lambda: writer.enclosed(items, writer.write, pad=LINE, comma="", broken=bool(items))


def _by(writer: Writer, names: ast.Names | None) -> tuple[Part, ...]:
    return (1, lambda: writer.enclosed(names.words, writer.write)) if names else ()


def _option(value: ast.Node | None, words: int = 1) -> tuple[Part, ...]:
    """Words and the value after them, when there is one."""
    return (words, value) if value else ()


def _words(count: int) -> Callable[[Writer, Any], Doc]:
    return lambda writer, node: writer.flow(count)


def _lines(writer: Writer, head: Callable[[], Doc], clauses: Sequence[Callable[[], Doc]]) -> Doc:
    """A head and clauses: on one line, or one a line."""

    def write() -> Doc:
        first = head()
        rest: list[Doc] = []
        for clause in clauses:
            rest += [LINE, clause()]
        return [first, Indent(rest)]

    return writer.group(write)


# --- the file --------------------------------------------------------------------------------------------------------


def _import(writer: Writer, node: ast.ImportStd | ast.ImportFile) -> Doc:
    names = node.names
    braces = (
        (lambda: writer.enclosed(names.words, writer.write, pad=LINE, broken=writer.breaks(names))) if names else None
    )
    return writer.flow(1, node.path, braces)


def _param(writer: Writer, node: ast.Param) -> Doc:
    return writer.flow(1, _label(writer), 2, node.default, *_option(node.range))


def _range(writer: Writer, node: ast.Range) -> Doc:
    return writer.flow(node.low, 1, node.high)


# --- architecture, topology ------------------------------------------------------------------------------------------


def _architecture(writer: Writer, node: ast.Architecture) -> Doc:
    return writer.flow(4 if node.base else 2, _body(writer, node.items))


def _topology(writer: Writer, node: ast.Topology) -> Doc:
    return writer.flow(4, _body(writer, node.items))


def _set(writer: Writer, node: ast.NodeSet | ast.Server) -> Doc:
    return writer.flow(2, *_option(node.count), node.block)


def _service(writer: Writer, node: ast.Service) -> Doc:
    return writer.flow(4, node.block)


def _link(writer: Writer, node: ast.Link | ast.Network | ast.Router) -> Doc:
    return writer.flow(2, node.block)


def _place(writer: Writer, node: ast.Place) -> Doc:
    return writer.flow(1, node.what, 1)


# --- workload --------------------------------------------------------------------------------------------------------


def _workload(writer: Writer, node: ast.Workload) -> Doc:
    return writer.flow(6 if node.beside else 4, *_option(node.after), _body(writer, node.items))


def _run(writer: Writer, node: ast.Run) -> Doc:
    return writer.flow(1, node.share, node.call, node.block, *_option(node.name))


def _ramp(writer: Writer, node: ast.Ramp) -> Doc:
    return writer.flow(1, node.low, 1, node.high, 1, node.length, *_option(node.name))


def _hold(writer: Writer, node: ast.Hold) -> Doc:
    return writer.flow(1, node.level, 1, node.length, *_option(node.name))


def _step(writer: Writer, node: ast.Step) -> Doc:
    return writer.flow(1, node.low, 1, node.high, 1, node.by, 1, node.every, *_option(node.name))


# --- faults ----------------------------------------------------------------------------------------------------------


def _faults(writer: Writer, node: ast.Faults) -> Doc:
    return writer.flow(4, _body(writer, node.rows))


def _allowance(writer: Writer, node: ast.Allowance) -> Doc:
    return writer.flow(2, node.most, 2)


def _fault(writer: Writer, node: ast.Fault) -> Doc:
    effects = node.effects.effects
    if len(effects) == 1:
        return writer.group(lambda: _effects(writer, node), hug=True)
    return writer.group(lambda: _effects(writer, node))


def _effects(writer: Writer, node: ast.Fault) -> Doc:
    """The trigger, then `do` and every `then`: on one line, or one a line."""
    head = writer.flow(1, _label(writer), node.trigger)
    rest: list[Doc] = []
    for effect in node.effects.effects:
        rest += [LINE, writer.flow(1, effect)]
    return [head, Indent(rest)]


def _every(writer: Writer, node: ast.Every) -> Doc:
    return writer.flow(1, node.period, *_option(node.jitter), *_option(node.begin), *_option(node.until))


def _random(writer: Writer, node: ast.Random) -> Doc:
    return writer.flow(1, node.process, *_option(node.begin), *_option(node.until))


def _when(writer: Writer, node: ast.When) -> Doc:
    return writer.flow(1, node.condition, *_option(node.right), *_option(node.after), *_option(node.most, 2))


def _effect(writer: Writer, node: ast.Effect) -> Doc:
    return writer.flow(node.call, *_option(node.length))


def _together(writer: Writer, node: ast.Together) -> Doc:
    return writer.flow(1, _body(writer, node.effects))


# --- KPIs, SLOs, experiments -----------------------------------------------------------------------------------------


def _kpi(writer: Writer, node: ast.Kpi) -> Doc:
    return writer.flow(1, _label(writer), 2, node.formula, *_by(writer, node.by))


def _slo(writer: Writer, node: ast.Slo) -> Doc:
    clauses = [partial(writer.write, clause) for clause in node.clauses]
    return _lines(writer, partial(writer.flow, 1, _label(writer), node.left, 1, node.right), clauses)


def _clause(writer: Writer, node: Any) -> Doc:
    """A word and what it says: the only field of the node."""
    (field,) = type(node).__record_fields__[2:]
    return writer.flow(1, getattr(node, field))


def _named_items(writer: Writer, node: ast.Experiment | ast.Suite) -> Doc:
    return writer.flow(2, _body(writer, node.items))


def _names(writer: Writer, node: ast.Use | ast.Check) -> Doc:
    return writer.flow(1, lambda: writer.group(lambda: writer.names(node.names)))


def _sweep_list(writer: Writer, node: ast.SweepList) -> Doc:
    return writer.flow(3, node.values)


def _sweep_range(writer: Writer, node: ast.SweepRange) -> Doc:
    return writer.flow(3, node.low, 1, node.high, 1, node.step)


# --- the rest of the language ----------------------------------------------------------------------------------------


def _image(writer: Writer, node: ast.Image) -> Doc:
    return writer.flow(2, node.block)


def _metric(writer: Writer, node: ast.Metric) -> Doc:
    return writer.flow(1, _label(writer), 2, node.source, *_by(writer, node.by), *_option(node.every))


def _limit(writer: Writer, node: ast.Limit) -> Doc:
    head = partial(writer.flow, 1, _label(writer), 3, node.range, 1, node.load)
    return _lines(writer, head, [partial(writer.flow, 1, condition) for condition in node.conditions])


def _budget(writer: Writer, node: ast.Budget) -> Doc:
    return writer.flow(2, node.time)


def _suite_run(writer: Writer, node: ast.SuiteRun) -> Doc:
    def write() -> Doc:
        head = writer.flow(1, node.runs[0])
        rest: list[Doc] = []
        for run in node.runs[1:]:
            rest += [",", LINE, writer.write(run)]
        return [head, Indent(rest)]

    return writer.group(write)


def _table(writer: Writer, node: ast.Table) -> Doc:
    return writer.flow(2, _body(writer, node.columns))


def _column(writer: Writer, node: ast.Column) -> Doc:
    return writer.flow(_label(writer), 1)


def _declared(writer: Writer, node: ast.Action | ast.Load | ast.Event | ast.MetricSource) -> Doc:
    return writer.flow(1, lambda: [writer.take(), writer.enclosed(node.parameters, writer.write)], node.block)


def _parameter(writer: Writer, node: ast.Parameter) -> Doc:
    if node.type is None:
        return writer.take()
    return writer.flow(_label(writer), 1, *_option(node.default))


STATEMENTS: dict[type, Callable[[Writer, Any], Doc]] = {
    ast.Edition: _words(2),
    ast.ImportStd: _import,
    ast.ImportFile: _import,
    ast.Param: _param,
    ast.Range: _range,
    ast.Seed: _words(2),
    ast.Architecture: _architecture,
    ast.NodeSet: _set,
    ast.Service: _service,
    ast.Link: _link,
    ast.Topology: _topology,
    ast.Network: _link,
    ast.Router: _link,
    ast.Server: _set,
    ast.Place: _place,
    ast.Workload: _workload,
    ast.Run: _run,
    ast.Arrivals: _words(2),
    ast.Think: _clause,
    ast.Ramp: _ramp,
    ast.Hold: _hold,
    ast.Step: _step,
    ast.Faults: _faults,
    ast.Allowance: _allowance,
    ast.Fault: _fault,
    ast.At: _clause,
    ast.AtIteration: _words(5),
    ast.Every: _every,
    ast.Random: _random,
    ast.When: _when,
    ast.Effect: _effect,
    ast.Together: _together,
    ast.Kpi: _kpi,
    ast.Slo: _slo,
    ast.Severity: _clause,
    ast.Confidence: _clause,
    ast.Over: _clause,
    ast.Experiment: _named_items,
    ast.Use: _names,
    ast.SweepList: _sweep_list,
    ast.SweepRange: _sweep_range,
    ast.Repeat: _clause,
    ast.Check: _names,
    ast.Image: _image,
    ast.Metric: _metric,
    ast.Limit: _limit,
    ast.Condition: EXPRESSIONS[ast.Comparison],
    ast.Suite: _named_items,
    ast.Budget: _budget,
    ast.SuiteRun: _suite_run,
    ast.Table: _table,
    ast.Column: _column,
    ast.Action: _declared,
    ast.Load: _declared,
    ast.Event: _declared,
    ast.MetricSource: _declared,
    ast.Parameter: _parameter,
}
