"""What is measured and demanded: the windows of the KPIs on the axis, and the SLOs with their samples."""

from __future__ import annotations

import math

from erisc.cli.plan_chart.axis import Axis
from erisc.cli.plan_chart.load import draw_bar
from erisc.cli.plan_chart.look import Look
from erisc.cli.plan_chart.words import plain, share, window_in_words, wrapped
from erisc.compiler.lint.planned import rows, stretches
from erisc.compiler.lint.w0601_too_few_samples import needs
from erisc.compiler.parts import selections
from erisc.compiler.plan import Cell, Criteria, Kpi, Slo, Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def window_rows(criteria: Criteria, cell: Cell, axis: Axis, look: Look) -> Iterator[str]:
    """One row a window that a KPI looks at, in the order of the KPIs."""
    for text, window in {window_in_words(window): window for window in windows_of(criteria)}.items():
        found = stretches(window, cell)
        row = [" "] * axis.columns
        for begin, end in found or ():
            draw_bar(row, axis.stretch(begin, end), "", look)
        drawn = "".join(row).rstrip()
        if not drawn:
            drawn = "only the run can tell when" if found is None else "never open while there is load"
        yield look.cut(text, axis.margin - 1).ljust(axis.margin) + look.paint("window", look.cut(drawn, axis.columns))


def windows_of(criteria: Criteria) -> Iterator[Window]:
    """Every window that a KPI looks at, in order, also again."""
    for kpi in criteria.kpis:
        for selection in selections(kpi.formula):
            if selection.window is not None:
                yield selection.window


def slo_rows(criteria: Criteria, cell: Cell, repeats: int, look: Look) -> Iterator[str]:
    """A table of the SLOs: rule, severity, confidence, samples; below each the formula of its KPI."""
    kpis = {kpi.name: kpi for kpi in criteria.kpis}
    table = [_row(slo, kpis[slo.kpi], cell, repeats) for slo in criteria.slos]
    widths = [max((len(row[column]) for row in table), default=0) for column in range(4)]
    for slo, row in zip(criteria.slos, table, strict=True):
        fixed = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False))
        fits = 4 + len(fixed) + len(row[4]) <= look.width
        yield look.cut(f"  {fixed}  {row[4] if fits else ''}".rstrip(), look.width)
        by = f" by ({', '.join(kpis[slo.kpi].by)})" if kpis[slo.kpi].by else ""
        below = [f"{slo.kpi} = {plain(kpis[slo.kpi].source)}{by}"] + ([] if fits else [row[4]])
        for line in (line for text in below for line in wrapped(text, look.width - 4)):
            yield look.paint("dim", f"    {line}")


def _row(slo: Slo, kpi: Kpi, cell: Cell, repeats: int) -> tuple[str, str, str, str, str]:
    over = f"{share(slo.confidence)}" + (f" over {slo.runs} runs" if slo.runs else "")
    return slo.name, f"{slo.kpi} {slo.operator} {slo.display}", slo.severity, over, _samples(slo, kpi, cell, repeats)


def _samples(slo: Slo, kpi: Kpi, cell: Cell, repeats: int) -> str:
    """`90000 samples planned, 299 needed`, as far as both are known."""
    selection, needed = needs(kpi.formula, slo)
    if selection is None or not needed:
        return ""
    planned = rows(selection, cell)
    if math.isinf(needed):
        return "no number of samples is enough"
    if planned is None:
        return f"{needed:.0f} samples needed"
    planned *= repeats if slo.runs else 1
    return f"{planned:.0f} samples planned, {needed:.0f} needed" + (": too few" if planned < needed else "")
