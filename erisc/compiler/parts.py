"""What a formula of the Plan is made of."""

from __future__ import annotations

from erisc.compiler.plan import Aggregate, Binary, Formula, KpiRef, Recover, Selection, Unary, rows_of


def leaves(formula: Formula) -> list[Formula]:
    """The parts between which a formula's operators stand, from the left."""
    found: list[Formula] = []
    waiting = [formula]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Binary):
            waiting += [part.right, part.left]
        elif isinstance(part, Unary):
            waiting.append(part.operand)
        else:
            found.append(part)
    return found


def references(formula: Formula) -> list[KpiRef]:
    """KPIs that a formula names."""
    return [part for part in leaves(formula) if isinstance(part, KpiRef)]


def selections(formula: Formula) -> list[Selection]:
    """Rows that a formula reads."""
    found = []
    for part in leaves(formula):
        if isinstance(part, Aggregate):
            found.append(rows_of(part))
        elif isinstance(part, Recover):
            found.append(part.series)
    return found
