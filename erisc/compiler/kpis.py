"""One KPI: its declared type, its formula, and the labels it is split by."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.formulas import Formulas, Typed
from erisc.compiler.parts import references, selections
from erisc.compiler.plan import Aggregate, Formula, Kpi, KpiRef, Selection, rows_of
from erisc.compiler.program import Declared
from erisc.compiler.quantities import a
from erisc.compiler.rows import Rows
from erisc.compiler.source import Source, did_you_mean, nearest

HISTOGRAM = "histogram"
TYPES = (
    "duration", "rate", "bitrate", "byte_rate", "packet_rate", "io_rate", "size", "ratio", "count", "number", HISTOGRAM,
)  # fmt: skip


class Kpis:
    """Checks the KPIs of a program. types: of those whose declared type is one."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.findings = context.findings
        self.names = context.program.names["kpi"]
        self._formulas: dict[str, Formulas] = {}
        self.types = {
            name: declared.node.type.text for name, declared in self.names.items() if declared.node.type.text in TYPES
        }

    def kpi(self, declared: Declared) -> Kpi | None:
        """A KPI of the Plan; None when it was refused."""
        node, source = declared.node, declared.source
        if node.type.text not in TYPES:
            self._no_type(declared)
        typed = self._of(source).formula(node.formula)
        if typed is None or node.type.text not in TYPES or not self._of_its_type(declared, typed):
            return None
        by = _labels(declared)
        if not self._sound_labels(declared, typed.formula, by):
            return None
        unit = self._unit(declared, typed)
        span = source.span(node)
        return Kpi(node.name.text, node.type.text, unit, typed.formula, by, source.quote(node.formula), span)

    def _of(self, source: Source) -> Formulas:
        if source.name not in self._formulas:
            self._formulas[source.name] = Formulas(self.context, source, self.types)
        return self._formulas[source.name]

    def _no_type(self, declared: Declared) -> None:
        word = declared.node.type
        guess, span = nearest(word.text, TYPES), declared.source.span(word)
        fix = (span, guess) if guess else None
        help_ = f"its type is one of {', '.join(TYPES)}"
        self.findings.add("E0301", f"a KPI cannot be {a(word.text[:30])}", span, help=help_, fix=fix)

    def _of_its_type(self, declared: Declared, typed: Typed) -> bool:
        node, source, units = declared.node, declared.source, self.context.units
        if units.accepts(node.type.text, typed.value):
            if node.type.text != HISTOGRAM or isinstance(typed.formula, Aggregate):
                return True
            self.findings.add("E0309", "a histogram is taken of a column", source.span(node.formula))
            return False
        found = units.show(typed.value.type, typed.value.dimension)
        pure = typed.value.dimension == units.dimension(node.type.text)
        labels = [(source.span(node.formula), f"this is {a(found)}")]
        span = source.span(node.type)
        fix = (span, found) if found in TYPES else None
        summary = f"KPI `{node.name.text}` is declared {a(node.type.text)}, its formula is {a(found)}"
        help_ = f"declare it {a(found)}" if fix and (pure or isinstance(node.formula, ast.Call)) else ""
        code = "E0302" if typed.value.dimension is not None and not pure else "E0301"
        self.findings.add(code, summary, span, labels=labels, help=help_, fix=fix if help_ else None)
        return False

    def _unit(self, declared: Declared, typed: Typed) -> str:
        """The base unit; of a histogram that of its column."""
        type_ = declared.node.type.text
        if type_ == HISTOGRAM and isinstance(typed.formula, Aggregate):
            rows = rows_of(typed.formula)
            type_ = self._of(declared.source).aggregates.rows.columns(rows.table)[rows.column]
        return self.context.units.base(type_)

    # --- by ---

    def _sound_labels(self, declared: Declared, formula: Formula, by: tuple[str, ...]) -> bool:
        """Whether every part of a formula is split as the KPI says."""
        inner = [(ref, _labels(self.names[ref.name])) for ref in references(formula)]
        if not all(self._agree(declared, ref, by, labels) for ref, labels in inner):
            return False
        if not by:
            return True
        read = {one.table: one for one in reversed(selections(formula))}
        rows = self._of(declared.source).aggregates.rows
        if not self._each_once(declared) or not all(self._have_labels(declared, one, rows) for one in read.values()):
            return False
        if not read and not any(labels for _, labels in inner):
            span = declared.source.span(declared.node.by)
            self.findings.add("E0311", "there are no rows to split", span, help="leave out the `by`")
            return False
        return True

    def _each_once(self, declared: Declared) -> bool:
        seen: dict[str, ast.Word] = {}
        for word in declared.node.by.words if declared.node.by else ():
            if seen.setdefault(word.text, word) is not word:
                labels = [(declared.source.span(seen[word.text]), "the first")]
                span = declared.source.span(word)
                self.findings.add("E0204", f"`{word.text}` is given twice", span, labels=labels)
                return False
        return True

    def _agree(self, declared: Declared, ref: KpiRef, by: tuple[str, ...], inner: tuple[str, ...]) -> bool:
        if not inner or set(inner) == set(by):
            return True
        each, place = ", ".join(inner), self.names[ref.name]
        labels = [(place.source.span(place.node.by), "split here")]
        if declared.node.by is not None:
            labels.append((declared.source.span(declared.node.by), "and otherwise here"))
        summary = f"`{ref.name}` has a value for every {each}"
        self.findings.add("E0311", summary, ref.span, labels=labels, help=f"end the formula with `by ({each})`")
        return False

    def _have_labels(self, declared: Declared, selection: Selection, rows: Rows) -> bool:
        columns = rows.columns(selection.table)
        known = {name: None for name, kind in columns.items() if kind == "string"}
        for word in declared.node.by.words if declared.node.by else ():
            if word.text in known:
                continue
            span, name = declared.source.span(word), word.text[:60]
            guess = nearest(word.text, known)
            fix = (span, guess) if guess else None
            summary = f"`{selection.table}` has no label `{name}`"
            if word.text in columns:
                summary = f"`{name}` is {a(columns[word.text])}, and labels are strings"
            help_ = did_you_mean(word.text, known) or f"`{selection.table}` has no labels"
            self.findings.add("E0311", summary, span, labels=[(selection.span, "of these rows")], help=help_, fix=fix)
            return False
        return True


def _labels(declared: Declared) -> tuple[str, ...]:
    return tuple(word.text for word in declared.node.by.words) if declared.node.by else ()
