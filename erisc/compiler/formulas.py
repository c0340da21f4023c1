"""KPI formulas: the algebra over what is computed from recorded rows, with the type of every part."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.aggregates import Aggregates
from erisc.compiler.context import Context
from erisc.compiler.plan import Binary, Formula, KpiRef, Number, Unary
from erisc.compiler.quantities import LARGEST_POWER, Value, a
from erisc.compiler.source import Source, did_you_mean, nearest


@record
class Typed:
    """A formula and what it yields. constant: no table is read, and the value has its data."""

    formula: Formula
    value: Value
    constant: bool = False


class Formulas:
    """Checks the formulas of one file. kpis: name -> the type it is declared as, for references."""

    def __init__(self, context: Context, source: Source, kpis: dict[str, str]) -> None:
        self.context = context
        self.source = source
        self.kpis = kpis
        self.constants = context.constants(source)
        self.findings = context.findings
        self.aggregates = Aggregates(context, source)

    def formula(self, node: ast.Node) -> Typed | None:
        """A formula; None when it was refused."""
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Number | ast.Quantity | ast.String):
            return self._constant(node)
        if isinstance(node, ast.Binary):
            return self._binary(node)
        if isinstance(node, ast.Negate):
            return self._negate(node)
        if isinstance(node, ast.Call):
            found = self.aggregates.call(node)
            return Typed(*found) if found else None
        self._no_number(node)
        return None

    def _name(self, node: ast.Name) -> Typed | None:
        name = node.word.text
        if name in self.kpis:
            self.context.program.used.add(name)
            type_ = self.kpis[name]
            return Typed(KpiRef(name, self.source.span(node)), Value(None, type_, self.context.units.dimension(type_)))
        if name in self.context.program.lost or name in self.context.program.names["kpi"]:
            return None
        if self.aggregates.rows.is_rows(name):
            self._no_number(node)
            return None
        if name not in self.constants.values and name not in ("true", "false"):
            self._unknown(node)
            return None
        return self._constant(node)

    def _unknown(self, node: ast.Name) -> None:
        known = [*self.kpis, *self.constants.values]
        guess, span = nearest(node.word.text, known), self.source.span(node)
        fix = (span, guess) if guess else None
        help_ = did_you_mean(node.word.text, known)
        self.findings.add("E0201", f"there is no KPI or parameter `{node.word.text[:60]}`", span, help=help_, fix=fix)

    def _no_number(self, node: ast.Node) -> None:
        help_ = "count or average its rows: `count(api during boot.steady)`, `p99(api.duration during boot.steady)`"
        self.findings.add("E0309", "this is a set of rows, not a number", self.source.span(node), help=help_)

    def _constant(self, node: ast.Node) -> Typed | None:
        value = self.constants.value(node)
        if value is None:
            return None
        if value.dimension is None:
            self.findings.add("E0301", f"{a(value.type)} is no number", self.source.span(node))
            return None
        return Typed(Number(float(value.data), self.source.span(node)), value, True)

    def _negate(self, node: ast.Negate) -> Typed | None:
        inner = self.formula(node.operand)
        if inner is None or inner.constant:
            return self._constant(node) if inner else None
        if inner.value.dimension is None:
            self.findings.add("E0301", f"{a(inner.value.type)} has no negative", self.source.span(node))
            return None
        return Typed(Unary("-", inner.formula, self.source.span(node)), inner.value)

    def _binary(self, node: ast.Binary) -> Typed | None:
        left, right = self.formula(node.left), self.formula(node.right)
        if left is None or right is None:
            return None
        if left.constant and right.constant:
            return self._constant(node)
        if node.operator == "^" and not self._sound_power(node, right):
            return None
        value = self.constants.combine(node, left.value, right.value)
        if value is None:
            return None
        return Typed(Binary(node.operator, left.formula, right.formula, self.source.span(node)), value)

    def _sound_power(self, node: ast.Binary, right: Typed) -> bool:
        span = self.source.span(node.right)
        if not right.constant:
            self.findings.add("E0309", "an exponent is a constant", span, help="write a number, or a parameter")
            return False
        if abs(right.value.data) > LARGEST_POWER:
            self.findings.add("E0306", f"an exponent is at most {LARGEST_POWER}", span)
            return False
        return True
