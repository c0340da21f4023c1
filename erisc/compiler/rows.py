"""Which rows a formula reads: tables, workloads and metrics, their columns, filters."""

from __future__ import annotations

from _collections_abc import Callable, Iterable  # not what imports all of `collections`

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.mixes import parts_of
from erisc.compiler.plan import Filter, Selection, Span, Window
from erisc.compiler.quantities import a
from erisc.compiler.source import Source, did_you_mean, nearest
from erisc.compiler.windows import Windows

SERIES = "rate"
"""A workload has a series beside its columns: successful iterations per second."""
VALUE = "value"
"""The column of a metric that its bare name means."""

Fits = Callable[[str, str], bool]
"""Whether a column, by name and type, is what a function takes."""


@record
class Chosen:
    """A selection. type: of its column, "" for rows. metric: the name alone means the column `value`.

    last: how many of the filters stand in the last brackets. shown: the rows as the author wrote them.
    """

    selection: Selection
    type: str
    metric: bool
    last: int
    shown: str


class Rows:
    """Checks what the formulas of one file select."""

    def __init__(self, context: Context, source: Source) -> None:
        self.context = context
        self.source = source
        self.constants = context.constants(source)
        self.findings = context.findings
        self.names = context.program.names
        self.lost = context.program.lost
        self.windows = Windows(context, source, self.constants)
        self._columns: dict[str, dict[str, str]] = {}
        self._of_workload = {**self.columns("iterations"), SERIES: "rate"}

    def is_rows(self, name: str) -> bool:
        """Whether a name stands for rows."""
        known = ("table", "workload", "metric", "mix")
        return any(name in self.names.get(kind, ()) for kind in known) or name in self.lost

    def selection(self, node: ast.Node, window: Window | None, span: Span, fits: Fits) -> Chosen | None:
        """The rows or the column that a function looks at. fits: whether a column would do, for guesses."""
        base, column, brackets = _taken_apart(node)
        if column is not None and isinstance(base, ast.Attribute):
            self.findings.add("E0209", f"a column has no `{column.text}`", self.source.span(column))
            return None
        found = self._table(base, column)
        if found is None:
            return None
        table, workload = found
        columns = self._of_workload if workload else self.columns(table)
        if column is not None and column.text not in columns:
            self._no_column(base, column, columns, fits)
            return None
        filters = [[self._filter(item, columns, table) for item in bracket.filters] for bracket in brackets]
        kept = tuple(one for made in filters for one in made if one is not None)
        if len(kept) < sum(len(made) for made in filters):
            return None
        text = column.text if column else ""
        if text == SERIES and workload and not self._sound_series(kept):
            return None
        last = len(filters[-1]) if filters else 0
        metric = table in self.names.get("metric", {})
        selection = Selection(table, workload, text, kept, window, span)
        return Chosen(selection, columns.get(text, ""), metric, last, self.source.quote(base))

    def columns(self, table: str) -> dict[str, str]:
        """The columns of a table or metric, with their types."""
        if table not in self._columns:
            self._columns[table] = self._declared(table)
        return self._columns[table]

    def _declared(self, table: str) -> dict[str, str]:
        metrics = self.names.get("metric", {})
        if table in metrics:
            node = metrics[table].node
            labels = {word.text: "string" for word in (node.by.words if node.by else ())}
            return {**labels, VALUE: node.type.text}
        return {column.name.text: column.type.text for column in self.names["table"][table].node.columns}

    def _table(self, node: ast.Node, column: ast.Word | None) -> tuple[str, str] | None:
        """Table and workload that a name means."""
        if not isinstance(node, ast.Name):
            help_ = "e.g. `api[ok] during boot.steady`"
            self.findings.add("E0309", "rows of a table are due here", self.source.span(node), help=help_)
            return None
        name = node.word.text
        if name in self.names["workload"] or name in self.names.get("metric", {}):
            self.context.program.used.add(name)
        if name in self.names["table"] or name in self.names.get("metric", {}):
            return name, ""
        if name in self.names["workload"] or name in self.lost:  # what is lost is probably a workload: go on
            return "iterations", name
        if name in self.names["mix"]:
            self._of_parts(node)
        else:
            self._no_rows(node, column)
        return None

    def _of_parts(self, node: ast.Name) -> None:
        """Rows are of one part of a mix."""
        name = node.word.text
        parts = " or ".join(f"`{part}`" for part in parts_of(self.context.program, name)) or "one of its parts"
        note = "its parts share its windows; iterations are of one of them, each with a scenario of its own"
        self.context.program.used.add(name)
        self.findings.add("E0435", f"`{name}` is a mix", self.source.span(node), note=note, help=f"name {parts}")

    def _no_rows(self, node: ast.Name, column: ast.Word | None) -> None:
        """Guess among what has the column."""
        name, span = node.word.text, self.source.span(node)
        known = [one for kind in ("table", "workload", "metric") for one in self.names.get(kind, ())]
        fitting = [one for one in known if column is None or column.text in self._columns_of(one)]
        guess = nearest(name, fitting) or nearest(name, known)
        help_ = f"did you mean `{guess}`?" if guess else did_you_mean(name, fitting or known)
        fix = (span, guess) if guess else None
        summary = f"there is no table, workload or metric `{name}`"
        self.findings.add("E0201", summary, span, help=help_, fix=fix)

    def _columns_of(self, name: str) -> Iterable[str]:
        return self._of_workload if name in self.names["workload"] else self.columns(name)

    def _no_column(self, base: ast.Node, column: ast.Word, columns: dict[str, str], fits: Fits) -> None:
        """Guess among the columns that would do."""
        fitting = [name for name, type_ in columns.items() if fits(name, type_)]
        known = fitting if nearest(column.text, fitting) or not nearest(column.text, columns) else list(columns)
        help_, span = did_you_mean(column.text, known or columns), self.source.span(column)
        guess = nearest(column.text, known)
        fix = (span, guess) if guess else None
        if column.text == SERIES:
            help_, fix = "series are of a workload: `boot.rate`; of other rows write `rate(…)`", None
        summary = f"`{self.source.quote(base)[:60]}` has no column `{column.text[:60]}`"
        self.findings.add("E0209", summary, span, help=help_, fix=fix)

    # --- filters ---

    def _filter(self, node: ast.Node, columns: dict[str, str], table: str) -> Filter | None:
        span = self.source.span(node)
        left = node.left if isinstance(node, ast.Comparison) else node
        if not isinstance(left, ast.Name):
            self.findings.add("E0309", "a filter names a column", span, help='e.g. [ok] or [op == "nova.boot_server"]')
            return None
        name, place = left.word.text, self.source.span(left)
        if name not in columns or (columns is self._of_workload and name == SERIES):
            known = self.columns(table)
            bare = [key for key, kind in known.items() if isinstance(node, ast.Comparison) or kind == "bool"]
            guess = nearest(name, bare)
            fix = (place, guess) if guess else None
            help_ = did_you_mean(name, bare)
            self.findings.add("E0209", f"`{table}` has no column `{name[:60]}`", place, help=help_, fix=fix)
            return None
        if isinstance(node, ast.Comparison):
            return self._comparison(node, name, columns[name])
        if columns[name] != "bool":
            summary = f"`{name}` is {a(columns[name])}, by itself it is no filter"
            self.findings.add("E0301", summary, span, help=f"compare it: `{name} == …`")
            return None
        return Filter(name, "==", True, span)

    def _comparison(self, node: ast.Comparison, name: str, type_: str) -> Filter | None:
        labels = [(self.source.span(node.left), f"{a(type_)}")]
        value = self.constants.due(node.right, type_, what=f"`{name}`", labels=labels)
        if value is None:
            return None
        operator = node.operator.text
        if type_ in ("string", "bool") and operator not in ("==", "!="):
            place = self.source.span(node.operator)
            self.findings.add("E0301", f"{a(type_)} has no order", place, help="use `==` or `!=`", labels=labels)
            return None
        return Filter(name, operator, value.data, self.source.span(node))

    def _sound_series(self, filters: tuple[Filter, ...]) -> bool:
        """A series counts what succeeded; to ask for that again, or for the contrary, is a slip."""
        for one in filters:
            if one.column == "ok":
                note = "a series counts the iterations that succeeded"
                help_ = "leave the filter out, or take `rate(…)` of the rows"
                self.findings.add("E0309", "this filter does not go with a series", one.span, note=note, help=help_)
                return False
        return True


def _taken_apart(node: ast.Node) -> tuple[ast.Node, ast.Word | None, list[ast.Pick]]:
    """Base, column and brackets, from the left. A base with a column of its own is left as it is."""
    brackets: list[ast.Pick] = []
    column: ast.Word | None = None
    while isinstance(node, ast.Pick) or (isinstance(node, ast.Attribute) and column is None):
        if isinstance(node, ast.Pick):
            brackets.append(node)
        else:
            column = node.name
        node = node.of
    return node, column, brackets[::-1]
