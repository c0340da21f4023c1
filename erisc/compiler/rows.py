"""Which rows a formula reads: tables, columns, filters, windows."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.plan import Filter, Selection, Span, Window
from erisc.compiler.source import Source, did_you_mean


class Rows:
    """Checks what the formulas of one file select."""

    def __init__(self, context: Context, source: Source) -> None:
        self.context = context
        self.source = source
        self.constants = context.constants(source)
        self.findings = context.findings
        self.names = context.program.names
        self.lost = context.program.lost
        self.stages, self.faults = windows(context)

    def selection(self, node: ast.Node, window: Window | None, span: Span) -> tuple[Selection, str] | None:
        """The rows or the column that an aggregate looks at, and the type of the column ("" for rows)."""
        filters: list[ast.Node] = []
        column: ast.Word | None = None
        while isinstance(node, ast.Pick | ast.Attribute):
            if isinstance(node, ast.Pick):
                filters = [*node.filters, *filters]
            elif column is None:
                column = node.name
            else:
                self.findings.add("E0209", f"a column has no `{column.text}`", self.source.span(column))
                return None
            node = node.of
        table = self._table(node)
        if table is None:
            return None
        name, workload = table
        columns = self.columns(name) | ({"rate": "rate"} if workload else {})
        if column is not None and column.text not in columns:
            help_ = did_you_mean(column.text, columns)
            if column.text == "rate":
                help_ = "series are of a workload: `boot.rate`"
            self.findings.add(
                "E0209",
                f"`{self.source.quote(node)}` has no column `{column.text}`",
                self.source.span(column),
                help=help_,
            )
            return None
        made = [self._filter(item, columns) for item in filters]
        if any(one is None for one in made):
            return None
        kept = tuple(one for one in made if one is not None)
        if column is not None and column.text == "rate" and kept:
            self.findings.add(
                "E0390",
                "filters on a series are not supported yet",
                span,
                help="`rate` counts the successful iterations",
            )
            return None
        text = column.text if column else ""
        return Selection(name, workload, text, kept, window, span), columns.get(text, "")

    def _table(self, node: ast.Node) -> tuple[str, str] | None:
        """Table and workload that a name means."""
        if isinstance(node, ast.Name):
            name = node.word.text
            if name in self.names["table"]:
                return name, ""
            if name in self.names["workload"]:
                self.context.program.used.add(name)
                return "iterations", name
            if name in self.lost:  # probably a workload: go on, to check the rest of the formula
                return "iterations", name
            known = {**self.names["table"], **self.names["workload"]}
            self.findings.add(
                "E0201",
                f"there is no table or workload `{name}`",
                self.source.span(node),
                help=did_you_mean(name, known),
            )
            return None
        self.findings.add(
            "E0309", "rows of a table are due here", self.source.span(node), help="e.g. `api[ok] during boot.steady`"
        )
        return None

    def columns(self, table: str) -> dict[str, str]:
        return {column.name.text: column.type.text for column in self.names["table"][table].node.columns}

    def _filter(self, node: ast.Node, columns: dict[str, str]) -> Filter | None:
        span = self.source.span(node)
        left = node.left if isinstance(node, ast.Comparison) else node
        if not isinstance(left, ast.Name):
            self.findings.add("E0309", "a filter names a column", span, help='e.g. [ok] or [op == "nova.boot_server"]')
            return None
        name = left.word.text
        if name not in columns or name == "rate":
            self.findings.add(
                "E0209", f"there is no column `{name}`", self.source.span(left), help=did_you_mean(name, columns)
            )
            return None
        if not isinstance(node, ast.Comparison):
            if columns[name] != "bool":
                self.findings.add("E0301", f"`{name}` is a {columns[name]}", span, help=f"compare it: `{name} == …`")
                return None
            return Filter(name, "==", True, span)
        value = self.constants.due(node.right, columns[name], what=f"`{name}`")
        if value is None:
            return None
        if columns[name] in ("string", "bool") and node.operator.text not in ("==", "!="):
            self.findings.add(
                "E0301", f"a {columns[name]} has no order", self.source.span(node.operator), help="use `==` or `!=`"
            )
            return None
        return Filter(name, node.operator.text, value.data, span)

    # --- windows ---

    def window(self, node: ast.During | ast.Before | ast.After | ast.Between) -> Window | None:
        span = self.source.span(node)
        if isinstance(node, ast.Between):
            self.findings.add("E0490", "`between` is not supported yet", span, help="use `during`, `before` or `after`")
            return None
        of = self._anchor(node.of)
        length = None if isinstance(node, ast.During) else node.length
        seconds = None
        if length is not None:
            seconds = self.constants.number(length, "duration", what="the length of a window", low=0)
            if seconds is None or seconds == 0:
                if seconds == 0:
                    self.findings.add("E0404", "this window has no length", self.source.span(length))
                return None
        return Window(type(node).__name__.lower(), of, "", seconds, span) if of else None

    def _anchor(self, path: ast.Path) -> str:
        """The stage or fault a window hangs on; "" when there is none."""
        words = [word.text for word in path.words]
        stages, faults = self.stages, self.faults
        if path.text in stages:
            self.context.program.used.add(words[0])
            return path.text
        if path.text in faults:
            self.context.program.used.add(faults[path.text])
            return path.text
        if self.lost & set(words):
            return path.text
        known = [*stages, *faults]
        own = [stage for stage in stages if stage.startswith(f"{words[0]}.")]
        help_ = (
            f"name one of its stages: {', '.join(f'`{s}`' for s in own)}"
            if own and len(words) == 1
            else did_you_mean(path.text, known)
        )
        self.findings.add(
            "E0407",
            f"there is no window `{path.text[:60]}`",
            self.source.span(path),
            help=help_,
            note="windows are stages (`boot.steady`) and faults",
        )
        return ""


def windows(context: Context) -> tuple[list[str], dict[str, str]]:
    """Stages by their full name (`boot.steady`), and faults with the set of faults each is in."""
    if context.windows is None:
        names = context.program.names
        stages = [
            f"{name}.{item.name.text}"
            for name, declared in names["workload"].items()
            for item in declared.node.items
            if not isinstance(item, ast.Run) and item.name is not None
        ]
        sets = names["faults"].items()
        faults = {item.name.text: name for name, declared in sets for item in declared.node.items}
        context.windows = stages, faults
    return context.windows
