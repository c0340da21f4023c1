"""The value of a KPI: its terms estimated, its expression worked out."""

from __future__ import annotations

from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.methods import Site, estimate
from erisc.verdict.program import Kpi, Program
from erisc.verdict.statistics.estimate import Estimate, combine, constant, negate


class Formulas:
    """The KPIs of a program on one cell. Terms are estimated once for every error that is asked of them."""

    def __init__(self, program: Program, site: Site) -> None:
        self._kpis = {kpi.name: kpi for kpi in program.kpis}
        self._site = site
        self._known: dict[tuple[str, str, float], Estimate] = {}

    def kpi(self, name: str, alpha: float) -> Estimate:
        """The KPI with error `alpha` at each end.

        Every one of its k terms gets alpha / k (Bonferroni): all their intervals hold at once with the error alpha, and
        interval arithmetic keeps that for the result. It is conservative. Raises Failure for a program that is wrong.
        """
        kpi = self._kpi(name)
        parts = _count_terms(kpi, self._kpis, ())
        return self._value(kpi, kpi.expression, alpha / max(1, parts))

    def _kpi(self, name: str) -> Kpi:
        if name not in self._kpis:
            raise _wrong(f"there is no KPI {name!r}")
        return self._kpis[name]

    def _value(self, kpi: Kpi, node: Any, alpha: float) -> Estimate:
        if isinstance(node, (int, float)):
            return constant(float(node))
        if "term" in node:
            return self._term(kpi, node["term"], alpha)
        if "kpi" in node:
            other = self._kpi(node["kpi"])
            return self._value(other, other.expression, alpha)
        if "right" not in node:
            return negate(self._value(kpi, node["left"], alpha))
        return combine(node["op"], self._value(kpi, node["left"], alpha), self._value(kpi, node["right"], alpha))

    def _term(self, kpi: Kpi, name: str, alpha: float) -> Estimate:
        key = (kpi.name, name, alpha)
        if key not in self._known:
            term = next(term for term in kpi.terms if term.id == name)
            self._known[key] = estimate(term, self._site, alpha)
        return self._known[key]


def _count_terms(kpi: Kpi, kpis: dict[str, Kpi], within: tuple[str, ...]) -> int:
    """How many different terms the KPI rests on; also finds what the expression must not have."""
    return len(_terms(kpi, kpi.expression, kpis, (*within, kpi.name)))


def _terms(kpi: Kpi, node: Any, kpis: dict[str, Kpi], within: tuple[str, ...]) -> set[tuple[str, str]]:
    if isinstance(node, (int, float)) and not isinstance(node, bool):
        return set()
    if not isinstance(node, dict):
        raise _wrong(f"the expression of {kpi.name} is not understood: {node!r}")
    if "term" in node:
        if all(term.id != node["term"] for term in kpi.terms):
            raise _wrong(f"{kpi.name} has no term {node['term']!r}")
        return {(kpi.name, node["term"])}
    if "kpi" in node:
        if node["kpi"] not in kpis or node["kpi"] in within:
            raise _wrong(f"{kpi.name} cannot use the KPI {node['kpi']!r}")
        other = kpis[node["kpi"]]
        return _terms(other, other.expression, kpis, (*within, other.name))
    if node.get("op") not in ("+", "-", "*", "/") or "left" not in node:
        raise _wrong(f"the expression of {kpi.name} is not understood: {node!r}")
    sides = [node["left"], node["right"]] if "right" in node else [node["left"]]
    return set().union(*(_terms(kpi, side, kpis, within) for side in sides))


def _wrong(what: str) -> Failure:
    return Failure(f"the KPI program is wrong: {what}", mend="compile the spec again", exit_code=WRONG_CALL)
