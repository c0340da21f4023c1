"""The value of a KPI: its terms estimated, its expression worked out, their errors propagated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from erisc.verdict.frames import Labels
from erisc.verdict.methods import OVER_RUNS, estimate
from erisc.verdict.pooling import mean_of_runs
from erisc.verdict.program import Criteria, Kpi, Term
from erisc.verdict.propagation import METHOD, Share, propagated, scale_of
from erisc.verdict.rows import Site
from erisc.verdict.statistics.estimate import Estimate, combine, constant, joined, negate

Key = tuple[str, str]
"""A KPI's name and a term's id."""


class Formulas:
    """The KPIs of a criteria on the repeats of a sweep point. A term is estimated once for every error asked of it."""

    def __init__(self, criteria: Criteria, sites: Sequence[Site]) -> None:
        self.criteria = criteria
        self.sites = tuple(sites)
        self._kpis = {kpi.name: kpi for kpi in criteria.kpis}
        self._places = {kpi.name: place for place, kpi in enumerate(criteria.kpis)}
        self._known: dict[tuple[object, ...], Estimate] = {}

    def labelled(self, labels: Labels) -> Formulas:
        """The same for the rows with these labels."""
        return Formulas(self.criteria, [site.labelled(labels) for site in self.sites])

    def labels(self, kpi: Kpi) -> tuple[Labels, ...]:
        """Every combination of `by` labels that the rows of the KPI have, sorted."""
        scans = {self._term(key).scan for key in self._keys(kpi)}
        found = {one for site in self.sites for scan in scans for one in site.frame(scan).labels(kpi.by)}
        return tuple(sorted(found))

    def kpi(self, name: str, alpha: float) -> Estimate:
        """The KPI with error `alpha` at each end, over the repeats; of a single one it is worked out once."""
        if len(self.sites) == 1:
            return self.sites[0].once(("kpi", name, alpha), lambda: self._kpi(name, alpha))
        return self._kpi(name, alpha)

    def _kpi(self, name: str, alpha: float) -> Estimate:
        kpi = self._kpis[name]
        keys = self._keys(kpi)
        if len(self.sites) == 1 or len(keys) <= 1 or any(self._term(key).method in OVER_RUNS for key in keys):
            return self._of(kpi, keys, self.sites, alpha)
        return mean_of_runs([self._of(kpi, keys, (site,), alpha) for site in self.sites], alpha)

    def _of(self, kpi: Kpi, keys: Sequence[Key], sites: tuple[Site, ...], alpha: float) -> Estimate:
        """One term by its own interval; several by error propagation, or, where they do not allow it, by intervals."""
        if len(keys) > 1 and len(sites) == 1:
            found = self._propagated(kpi, keys, sites[0], alpha)
            if found is not None:
                return found
        return self._arithmetic(kpi, sites, alpha / max(1, len(keys)))

    def _keys(self, kpi: Kpi) -> list[Key]:
        """The terms that a KPI rests on, also by way of others; each once."""
        return list(dict.fromkeys((one.name, leaf["term"]) for one in self._needed(kpi) for leaf in _terms(one)))

    def _needed(self, kpi: Kpi) -> list[Kpi]:
        """The KPIs that one is made of, each after those that it names; itself last."""
        found, wanted = [kpi], {kpi.name}
        for one in found:
            named = [part.by["kpi"] for part in one.gradient if "kpi" in part.by and part.by["kpi"] not in wanted]
            found += [self._kpis[name] for name in dict.fromkeys(named)]
            wanted |= set(named)
        return sorted(found, key=lambda one: self._places[one.name])

    def _term(self, key: Key) -> Term:
        return next(term for term in self._kpis[key[0]].terms if term.id == key[1])

    def _estimate(self, key: Key, sites: tuple[Site, ...], alpha: float) -> Estimate:
        """Terms that are alike, in whatever KPI, are estimated once."""
        term = self._term(key)
        place = (_alike(term), tuple(map(id, sites)), alpha)
        if place not in self._known:
            self._known[place] = estimate(term, sites, alpha)
        return self._known[place]

    def _arithmetic(self, kpi: Kpi, sites: tuple[Site, ...], alpha: float) -> Estimate:
        """Interval arithmetic: conservative, whatever the dependence. `alpha` is that of a term (Bonferroni)."""
        known: dict[str, Estimate] = {}
        for one in self._needed(kpi):
            leaves = {leaf["term"]: self._estimate((one.name, leaf["term"]), sites, alpha) for leaf in _terms(one)}
            known[one.name] = _interval(one.expression, leaves, known)
        return known[kpi.name]

    def _propagated(self, kpi: Kpi, keys: Sequence[Key], site: Site, alpha: float) -> Estimate | None:
        found = {key: self._estimate(key, (site,), alpha) for key in keys}
        if any(one.value is None or not one.seen for one in found.values()):
            return None
        rough = self._arithmetic(kpi, (site,), alpha)
        if rough.value is None or not math.isfinite(rough.high - rough.low):
            return None
        slopes = self._slopes(kpi, found)
        if slopes is None:
            return None
        shares = [Share(self._term(key), found[key], slope) for key, slope in slopes.items()]
        bounds = propagated(rough.value, _merged(shares), scale_of(self._whole(kpi)), site, alpha)
        if bounds is None:
            return None
        note = joined("; ", *(one.note for one in found.values()))
        return Estimate(rough.value, *bounds, rough.n, f"{METHOD}: {rough.method}", note)

    def _whole(self, kpi: Kpi) -> Any:
        """The expression with the KPIs that it names put in their place, where that is all it is."""
        node = kpi.expression
        while isinstance(node, dict) and "kpi" in node:
            node = self._kpis[node["kpi"]].expression
        return node

    def _slopes(self, kpi: Kpi, found: dict[Key, Estimate]) -> dict[Key, float] | None:
        """The KPI's derivative by every term, at their values: the compiled partial derivatives, chained over KPIs."""
        values: dict[str, float] = {}
        slopes: dict[str, dict[Key, float]] = {}
        for one in self._needed(kpi):
            leaves = {leaf["term"]: found[one.name, leaf["term"]].value or 0.0 for leaf in _terms(one)}
            own: dict[Key, float] = {}
            try:
                values[one.name] = _number(one.expression, leaves, values)
                for part in one.gradient:
                    slope = _number(part.slope, leaves, values)
                    inner = slopes[part.by["kpi"]] if "kpi" in part.by else {(one.name, part.by["term"]): 1.0}
                    for key, factor in inner.items():
                        own[key] = own.get(key, 0.0) + slope * factor
            except (ArithmeticError, ValueError):
                return None
            slopes[one.name] = own
        return slopes[kpi.name] if all(map(math.isfinite, slopes[kpi.name].values())) else None


def _merged(shares: Sequence[Share]) -> list[Share]:
    """Terms that are alike, of several KPIs, are one: their slopes add up."""
    merged: dict[object, Share] = {}
    for share in shares:
        key = _alike(share.term)
        before = merged[key].slope if key in merged else 0.0
        merged[key] = Share(share.term, share.found, share.slope + before)
    return list(merged.values())


def _alike(term: Term) -> object:
    """What a term is, whatever it is called."""
    return tuple(getattr(term, name) for name in Term.__record_fields__ if name != "id")  # type: ignore[attr-defined]


def _terms(kpi: Kpi) -> list[Any]:
    """The leaves of a KPI that are terms."""
    return [part.by for part in kpi.gradient if "term" in part.by]


def _interval(node: Any, terms: dict[str, Estimate], kpis: dict[str, Estimate]) -> Estimate:
    if not isinstance(node, dict):
        return constant(float(node))
    if "term" in node:
        return terms[node["term"]]
    if "kpi" in node:
        return kpis[node["kpi"]]
    left = _interval(node["left"], terms, kpis)
    return combine(node["op"], left, _interval(node["right"], terms, kpis)) if "right" in node else negate(left)


def _number(node: Any, terms: dict[str, float], kpis: dict[str, float]) -> float:
    """Raises ArithmeticError or ValueError where it is not defined."""
    if not isinstance(node, dict):
        return float(node)
    if "term" in node:
        return terms[node["term"]]
    if "kpi" in node:
        return kpis[node["kpi"]]
    left = _number(node["left"], terms, kpis)
    if "right" not in node:
        return -left
    right = _number(node["right"], terms, kpis)
    if node["op"] == "^":
        return math.pow(left, right)
    return {"+": left + right, "-": left - right, "*": left * right}[node["op"]] if node["op"] != "/" else left / right
