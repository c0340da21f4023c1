"""KPIs and SLOs: declarations to Plan, in the order they depend on each other."""

from __future__ import annotations

from erisc.base.record import is_record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.formulas import Formulas
from erisc.compiler.plan import Formula, Kpi, KpiRef, Selection, Slo
from erisc.compiler.program import Declared
from erisc.compiler.quantities import a
from erisc.compiler.source import did_you_mean, nearest

TYPES = ("duration", "rate", "bitrate", "byte_rate", "size", "ratio", "count", "number")
SEVERITIES = ("critical", "major", "minor")
CONFIDENCE = 0.95
SEVERITY = "major"


def build_kpis(context: Context) -> dict[str, Kpi]:
    """All KPIs by name, those that others need first."""
    names = context.program.names["kpi"]
    types = {name: _type(context, declared) for name, declared in names.items()}
    known = {name: type_ for name, type_ in types.items() if type_}
    made: dict[str, Kpi] = {}
    for name, declared in names.items():
        kpi = _kpi(context, declared, known, types[name])
        if kpi is not None:
            made[name] = kpi
    return _ordered(context, made)


def _type(context: Context, declared: Declared) -> str:
    word = declared.node.type
    if word.text in TYPES:
        return str(word.text)
    guess = nearest(word.text, TYPES)
    fix = (declared.source.span(word), guess) if guess else None
    context.findings.add(
        "E0301",
        f"a KPI cannot be a `{word.text[:30]}`",
        declared.source.span(word),
        help=f"its type is one of {', '.join(TYPES)}",
        fix=fix,
    )
    return ""


def _kpi(context: Context, declared: Declared, types: dict[str, str], type_: str) -> Kpi | None:
    node, source = declared.node, declared.source
    if node.by is not None:
        context.findings.add("E0390", "`by` is not supported yet", source.span(node.by), help="leave it out for now")
    typed = Formulas(context, source, types).formula(node.formula)
    if typed is None or not type_:
        return None
    if not context.units.accepts(type_, typed.value):
        found = context.units.show(typed.value.type, typed.value.dimension)
        labels = [(source.span(node.formula), f"this is {a(found)}")]
        context.findings.add(
            "E0302",
            f"KPI `{node.name.text}` is declared {a(type_)}, its formula is {a(found)}",
            source.span(node.type),
            labels=labels,
        )
        return None
    return Kpi(
        node.name.text,
        type_,
        context.units.base(type_),
        typed.formula,
        (),
        source.quote(node.formula),
        source.span(node),
    )


def references(formula: Formula) -> list[KpiRef]:
    """KPIs that a formula names."""
    if isinstance(formula, KpiRef):
        return [formula]
    parts = [getattr(formula, name, None) for name in ("operand", "left", "right")]
    return [ref for part in parts if is_record(part) for ref in references(part)]  # type: ignore[arg-type]


def selections(formula: Formula) -> list[Selection]:
    """Rows that a formula reads."""
    own = [part for name in ("over", "series") if isinstance(part := getattr(formula, name, None), Selection)]
    parts = [getattr(formula, name, None) for name in ("operand", "left", "right")]
    return own + [s for part in parts if is_record(part) for s in selections(part)]  # type: ignore[arg-type]


def _ordered(context: Context, kpis: dict[str, Kpi]) -> dict[str, Kpi]:
    """In the order of dependence; KPIs that need each other are reported and left out."""
    done: dict[str, Kpi] = {}
    waiting = dict(kpis)
    needs = {name: [ref for ref in references(kpi.formula) if ref.name in kpis] for name, kpi in kpis.items()}
    while waiting:
        ready = [name for name in waiting if not any(ref.name in waiting for ref in needs[name])]
        if not ready:
            _circle(context, {name: next(ref for ref in needs[name] if ref.name in waiting) for name in waiting})
            break
        for name in ready:
            done[name] = waiting.pop(name)
    return done


def _circle(context: Context, needs: dict[str, KpiRef]) -> None:
    path = [next(iter(needs))]
    while (following := needs[path[-1]].name) not in path:
        path.append(following)
    circle = path[path.index(following) :]
    first, *others = (needs[name] for name in circle)
    note = " -> ".join((*circle[:8], circle[0]))
    labels = [(ref.span, f"needs `{ref.name}`") for ref in others[:8]]
    context.findings.add("E0215", "these KPIs need each other", first.span, labels=labels, note=note)


def build_slos(context: Context, kpis: dict[str, Kpi]) -> dict[str, Slo]:
    """All SLOs by name."""
    made = {name: _slo(context, declared, kpis) for name, declared in context.program.names["slo"].items()}
    return {name: slo for name, slo in made.items() if slo is not None}


def _slo(context: Context, declared: Declared, kpis: dict[str, Kpi]) -> Slo | None:
    node, source = declared.node, declared.source
    clauses = _clauses(context, declared)
    if not isinstance(node.left, ast.Name):
        help_ = "declare the formula as a `kpi` and name it here"
        context.findings.add(
            "E0309", "the left side of an SLO is the name of a KPI", source.span(node.left), help=help_
        )
        return None
    name = node.left.word
    if name.text not in context.program.names["kpi"] and name.text not in context.program.lost:
        known = context.program.names["kpi"]
        guess = nearest(name.text, known)
        fix = (source.span(name), guess) if guess else None
        context.findings.add(
            "E0201", f"there is no KPI `{name.text}`", source.span(name), help=did_you_mean(name.text, known), fix=fix
        )
        return None
    context.program.used.add(name.text)
    if node.operator.text not in ("<", "<=", ">", ">="):
        help_ = "use `<`, `<=`, `>` or `>=`"
        context.findings.add("E0309", "measured values are never just equal", source.span(node.operator), help=help_)
        return None
    if name.text not in kpis:
        context.constants(source).value(node.right)
        return None
    kpi = kpis[name.text]
    limit = context.constants(source).due(node.right, kpi.type, what=f"the limit of `{name.text}`")
    if limit is None or clauses is None:
        return None
    severity, confidence = clauses
    display = source.quote(node.right)
    return Slo(
        node.name.text,
        name.text,
        node.operator.text,
        float(limit.data),
        display,
        severity,
        confidence,
        None,
        source.span(node),
    )


def _clauses(context: Context, declared: Declared) -> tuple[str, float] | None:
    node, source = declared.node, declared.source
    severity, confidence, sound = SEVERITY, CONFIDENCE, True
    seen: dict[str, ast.Severity | ast.Confidence | ast.Over] = {}
    clause: ast.Severity | ast.Confidence | ast.Over
    for clause in node.clauses:
        kind = type(clause).__name__.lower()
        if seen.setdefault(kind, clause) is not clause:
            context.findings.add(
                "E0204",
                f"`{kind}` is given twice",
                source.span(clause),
                labels=[(source.span(seen[kind]), "the first")],
            )
        elif isinstance(clause, ast.Over):
            context.findings.add(
                "E0690",
                "judging over several runs is not supported yet",
                source.span(clause),
                help="leave out the `over`: every repeat is judged on its own",
            )
        elif isinstance(clause, ast.Severity):
            severity = clause.level.text
            if severity not in SEVERITIES:
                context.findings.add(
                    "E0201",
                    f"there is no severity `{severity}`",
                    source.span(clause.level),
                    help=did_you_mean(severity, SEVERITIES),
                )
                sound = False
        else:
            level = context.constants(source).due(clause.level, "ratio", what="the confidence")
            if level is not None and not 0 < level.data < 1:
                context.findings.add(
                    "E0601",
                    "a confidence lies between 0 % and 100 %, both excluded",
                    source.span(clause.level),
                    help="95 % is usual",
                )
                level = None
            sound = sound and level is not None
            confidence = float(level.data) if level else confidence
    return (severity, confidence) if sound else None
