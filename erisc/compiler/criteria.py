"""What is computed and demanded: all KPIs, in the order they depend on each other, and all SLOs."""

from __future__ import annotations

from erisc.compiler.context import Context
from erisc.compiler.kpis import Kpis
from erisc.compiler.parts import references
from erisc.compiler.plan import Kpi, KpiRef, Slo
from erisc.compiler.slos import build_slo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def build_kpis(context: Context, only: Iterable[str] | None = None) -> dict[str, Kpi]:
    """KPIs by name, those that others need first; all of them, or only some. The types of all are known to each."""
    names = context.program.names["kpi"]
    kpis = Kpis(context)
    wanted = names if only is None else [name for name in only if name in names]
    made = {name: kpi for name in wanted if (kpi := kpis.kpi(names[name])) is not None}
    return _ordered(context, made)


def build_slos(context: Context, kpis: dict[str, Kpi], only: Iterable[str] | None = None) -> dict[str, Slo]:
    """SLOs by name; all of them, or only some."""
    names = context.program.names["slo"]
    wanted = names if only is None else [name for name in only if name in names]
    made = {name: build_slo(context, names[name], kpis) for name in wanted}
    return {name: slo for name, slo in made.items() if slo is not None}


def _ordered(context: Context, kpis: dict[str, Kpi]) -> dict[str, Kpi]:
    """In the order of dependence; KPIs that need each other are reported and left out."""
    needs = {name: [ref for ref in references(kpi.formula) if ref.name in kpis] for name, kpi in kpis.items()}
    open_ = {name: len({ref.name for ref in refs}) for name, refs in needs.items()}
    needed_by: dict[str, list[str]] = {name: [] for name in kpis}
    for name, refs in needs.items():
        for other in {ref.name: None for ref in refs}:
            needed_by[other].append(name)
    place = {name: index for index, name in enumerate(kpis)}
    done: dict[str, Kpi] = {}
    ready = [name for name, count in open_.items() if not count]
    while ready:
        done |= {name: kpis[name] for name in ready}
        followers = [other for name in ready for other in needed_by[name]]
        for other in followers:
            open_[other] -= 1
        ready = sorted({other for other in followers if not open_[other]}, key=place.__getitem__)
    if len(done) < len(kpis):
        left = {name: next(ref for ref in needs[name] if ref.name not in done) for name in kpis if name not in done}
        _circle(context, left)
    return done


def _circle(context: Context, needs: dict[str, KpiRef]) -> None:
    following = next(iter(needs))
    places: dict[str, int] = {}
    while following not in places:
        places[following] = len(places)
        following = needs[following].name
    circle = list(places)[places[following] :]
    first, *others = (needs[name] for name in circle)
    note = " -> ".join((*circle[:8], circle[0]))
    labels = [(ref.span, f"needs `{ref.name}`") for ref in others[:8]]
    context.findings.add("E0215", "these KPIs need each other", first.span, labels=labels, note=note)
