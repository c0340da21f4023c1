"""The verdict as one HTML page that needs nothing else: no network, no script. The same run gives the same bytes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from erisc.verdict import text
from erisc.verdict.fault_rows import FaultRow
from erisc.verdict.history import CellHistory, RunHistory
from erisc.verdict.model import CellVerdict, KpiResult, LabelResult, PointVerdict, SloResult, Verdict
from erisc.verdict.reports.chart import draw
from erisc.verdict.reports.distribution import distribution
from erisc.verdict.reports.gauge import gauge
from erisc.verdict.reports.markup import element, esc, name, table

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What the page may load (Content Security Policy, level 3): its own styles and nothing else."""

_HATCH = (
    '<svg class="defs" aria-hidden="true"><defs><pattern id="kept" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" class="hatch"/></pattern></defs></svg>'
)


def render(verdict: Verdict, history: RunHistory) -> bytes:
    """report.html."""
    parts = [_header(verdict, history), *_notes(verdict)]
    recorded = {cell.id: cell for cell in history.cells}
    cells = {cell.id: cell for cell in verdict.cells}
    for point in verdict.points:
        parts.append(_point(point, [cells[name_] for name_ in point.skipped]))
        parts += [_cell(cells[name_], recorded[name_], len(verdict.cells) > 1) for name_ in point.cells]
    parts += [_losses(verdict), _environment(history), _footer()]
    body = "\n".join(part for part in parts if part)
    return _page(f"{verdict.experiment}: {verdict.outcome}", body).encode("utf-8", "replace")


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{esc(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n{_HATCH}\n{body}\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    with open(os.path.join(os.path.dirname(__file__), "style.css"), encoding="utf-8") as file:
        return file.read()


def _header(verdict: Verdict, history: RunHistory) -> str:
    zone = _zone(history.about.get("zone"))
    facts = [f"run {name(verdict.run)}"]
    facts += [f"zone {name(zone)}"] if zone else []
    facts += [_when(history.started_wall)] if history.started_wall is not None else []
    slos = [slo for point in verdict.points for slo in point.slos]
    passed = sum(slo.outcome == "pass" for slo in slos)
    facts.append(f"{passed} of {len(slos)} SLOs passed")
    return f"<header><h1>{name(verdict.experiment)}</h1>{_badge(verdict.outcome)}<p>{' · '.join(facts)}</p></header>"


def _zone(zone: object) -> str:
    """A name, or kind and name of run.json's object."""
    if isinstance(zone, dict):
        return " ".join(str(zone[key]) for key in ("kind", "name") if zone.get(key))
    return zone if isinstance(zone, str) else ""


def _when(wall: float) -> str:
    try:
        return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(wall))} UTC"
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"


def _badge(outcome: str) -> str:
    return element("span", esc(outcome), class_=f"outcome {outcome}")


def _notes(verdict: Verdict) -> Iterator[str]:
    for note in verdict.notes:
        yield f'<p class="note">{esc(note)}</p>'


def _point(point: PointVerdict, skipped: Sequence[CellVerdict]) -> str:
    """What the repeats of a sweep point come to together; nothing when there is but one."""
    if len(point.cells) == 1 and not skipped:
        return ""
    title = f"<h2>{name(text.swept(point.point, len(point.cells), len(skipped)))} {_badge(point.outcome)}</h2>"
    left_out = "".join(f"<li>cell {esc(cell.id)}: {esc(cell.note)}</li>" for cell in skipped)
    listed = f"<details><summary>Cells that were skipped</summary><ul>{left_out}</ul></details>" if skipped else ""
    return f'<section class="together">{title}{_slos(point)}{_kpis(point)}{listed}</section>'


def _cell(cell: CellVerdict, recorded: CellHistory, several: bool) -> str:
    place = text.point(cell.point, cell.repeat)
    title = f"<h2>Cell {esc(cell.id)} · {name(place)} {_badge(cell.outcome)}</h2>" if several else ""
    chart = draw(recorded)
    figure = (
        f"<figure><figcaption>What happened</figcaption>{chart}</figure>" if chart else "<p>No load was recorded.</p>"
    )
    parts = [title, _slos(cell), _kpis(cell), figure, _faults(recorded)]
    return f"<section>{''.join(part for part in parts if part)}</section>"


def _slos(cell: CellVerdict | PointVerdict) -> str:
    heads = ("SLO", "rule", "severity", "outcome", "interval and limit", "reason")
    return table("Objectives", heads, (_slo(slo) for slo in cell.slos)) if cell.slos else ""


def _slo(slo: SloResult) -> tuple[str, ...]:
    picture = f'<span class="{slo.outcome}">{gauge(slo)}</span>'
    return name(slo.name), name(slo.rule), esc(slo.severity), _badge(slo.outcome), picture, esc(slo.reason)


def _kpis(cell: CellVerdict | PointVerdict) -> str:
    heads = ("KPI", "value", "95 % interval", "samples", "method")
    rows = (row for kpi in cell.kpis for row in _kpi(kpi))
    return table("Indicators", heads, rows, "short") if cell.kpis else ""


def _kpi(kpi: KpiResult) -> list[tuple[str, ...]]:
    """The KPI, and a row for every label."""
    labels = (_row(f'<span class="label">{name(text.labels(one.labels))}</span>', one, kpi, "") for one in kpi.by)
    return [_row(name(kpi.name), kpi, kpi, distribution(kpi)), *labels]


def _row(heading: str, found: KpiResult | LabelResult, kpi: KpiResult, picture: str) -> tuple[str, ...]:
    return (
        heading,
        esc(text.quantity(found.value, kpi.type, kpi.unit)),
        esc(text.interval(found.interval, kpi.type, kpi.unit)),
        str(found.n),
        picture + esc("; ".join(part for part in (found.method, found.note) if part)),
    )


def _faults(cell: CellHistory) -> str:
    heads = ("fault", "action", "planned", "called", "effective", "late", "heal called", "healed", "remarks")
    return table("Faults", heads, (_fault(row) for row in cell.faults), "short") if cell.faults else ""


def _fault(row: FaultRow) -> tuple[str, ...]:
    before, after = (row.planned_s, row.called_s, row.effective_s), (row.heal_called_s, row.healed_s)
    target = " ".join(filter(None, (row.action, row.service))) + (f" on {row.hosts}" if row.hosts else "")
    known = (row.called_s, row.withheld_s, row.triggered_s)
    never = "never reached" if all(at is None for at in known) and not row.error else ""
    unsure = f"when it took effect on {', '.join(row.unconfirmed)} is not known" if row.unconfirmed else ""
    remarks = "; ".join(part for part in (_trigger(row), _kept(row), never, unsure, row.error or "") if part)
    return (
        name(f"{row.fault} #{row.instance}"),
        name(target),
        *map(_at, before),
        esc(_late(row)),
        *map(_at, after),
        esc(remarks),
    )


def _at(at: float | None) -> str:
    return "-" if at is None else f"{at:.3f} s"


def _trigger(row: FaultRow) -> str:
    return f"triggered at {_at(row.triggered_s)} by {row.by or 'an event'}" if row.triggered_s is not None else ""


def _kept(row: FaultRow) -> str:
    if row.withheld_s is None:
        return ""
    return f"withheld: {row.reason}" if row.reason else "kept back: a control run"


def _late(row: FaultRow) -> str:
    """From the plan, or from the trigger of a reaction, to the effect: on the first host and on the last."""
    due = row.triggered_s if row.planned_s is None else row.planned_s
    if due is None or row.effective_s is None:
        return "-"
    first, last = (f"{(at - due) * 1000:.1f}" for at in (row.effective_s, row.last_effective_s or row.effective_s))
    return f"{first} ms" if first == last else f"{first} to {last} ms"


def _losses(verdict: Verdict) -> str:
    if not verdict.losses:
        return ""
    rows = ((name(loss.file), str(loss.line or "-"), esc(loss.what)) for loss in verdict.losses)
    return table("Records that could not be used", ("file", "line", "what"), rows)


def _environment(history: RunHistory) -> str:
    rows = [(name(key), esc(value)) for key, value in _flat("", history.about)]
    return table("Environment", ("what", "value"), rows, "facts") if rows else ""


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Nested objects as dotted names; lists on one line."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner)
    else:
        yield prefix, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _footer() -> str:
    return (
        "<footer>An interval of the objectives holds at each end with the objective's confidence; pass: all of it is "
        "within the limit, fail: none of it, inconclusive: the rest. Times are seconds from the start of load.</footer>"
    )
