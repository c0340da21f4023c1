"""Whether a load driver can be told what a workload tells it: scenario and arguments as the library declares them.

A driver whose declaration has no further parameters leaves its arguments to its target. Loaded where there are others.
"""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants, unquote
from erisc.compiler.context import Context, field_key
from erisc.compiler.program import Declared
from erisc.compiler.quantities import a
from erisc.compiler.source import did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_STATUSES = range(100, 600)


class LoadCall:
    """One `run` and the declaration of its driver."""

    def __init__(self, context: Context, constants: Constants, driver: Declared, run: ast.Run) -> None:
        self.context = context
        self.constants = constants
        self.source = constants.source
        self.word = run.call.function.word.text
        self.run = run
        self.driver = driver
        self.parameters = {one.name.text: one for one in driver.node.parameters[1:]}

    def fits(self, scenario: str) -> bool:
        """Whether all is as declared; says what is not."""
        return self._scenario(scenario) and (not self.parameters or self._arguments())

    def _scenario(self, scenario: str) -> bool:
        known = self._listed(self.driver.node.block, "scenarios")
        if not known or scenario in known:
            return True
        span, guess = self.source.span(self.run.call.arguments[0]), nearest(scenario, known)
        help_ = did_you_mean(scenario, known)
        fix = (span, f'"{guess}"') if guess else None
        summary = f"`{self.word}` has no scenario {scenario[:40]!r}"
        self.context.findings.add("E0436", summary, span, help=help_, fix=fix)
        return False

    def _arguments(self) -> bool:
        what = f"`{self.word}`"
        given = self.context.fields(self.run.block, self.source, self.parameters, what)
        whole = len(given) == (len(self.run.block.fields) if self.run.block else 0)
        fine = [self._value(name, field) for name, field in given.items()]
        missing = [name for name, one in self.parameters.items() if one.default is None and name not in given]
        for name in missing:
            span = self.source.span(self.run.call)
            self.context.findings.add("E0309", f"{what} needs `{name}`", span, help=f"give it: {{ {name} = … }}")
        return whole and all(fine) and not missing

    def _value(self, name: str, field: ast.Field) -> bool:
        type_ = self.parameters[name].type.text
        if type_ == "mapping":
            return self._mapping(name, field)
        if type_ == "statuses":
            nodes = field.value.items if isinstance(field.value, ast.ListOf) else (field.value,)
            return all(list(map(self._status, nodes)))
        if isinstance(field.value, ast.Block | ast.ListOf):
            return self._refused(field.value, f"`{name}` is {a(type_)}")
        value = self.constants.due(field.value, type_, what=f"`{name}`")
        return value is not None and self._chosen(name, field.value, value.data)

    def _mapping(self, name: str, field: ast.Field) -> bool:
        if isinstance(field.value, ast.Block):
            return True
        return self._refused(field.value, f"`{name}` is a mapping", help_=f"write {name} {{ key = value }}")

    def _status(self, node: ast.Node) -> bool:
        value = self.constants.due(node, "int", what="a status")
        if value is None or value.data in _STATUSES:
            return value is not None
        return self._refused(node, "a status of HTTP lies between 100 and 599", "E0306")

    def _chosen(self, name: str, node: ast.Node, value: object) -> bool:
        if isinstance(value, int | float) and value < 0:
            return self._refused(node, f"`{name}` cannot be negative", "E0306")
        groups = [field.value for field in self.driver.node.block.fields if field_key(field) == "choices"]
        known = self._listed(groups[0], name) if groups else []
        if not known or value in known:
            return True
        return self._refused(node, f"`{name}` is one of {', '.join(known)}", "E0306", did_you_mean(str(value), known))

    def _refused(self, node: ast.Node, summary: str, code: str = "E0301", help_: str = "") -> bool:
        self.context.findings.add(code, summary, self.source.span(node), help=help_)
        return False

    def _listed(self, block: ast.Block, name: str) -> Sequence[str]:
        """The strings that a field of the declaration lists, or that are its keys."""
        for field in block.fields:
            if field_key(field) == name and isinstance(field.value, ast.ListOf):
                return [unquote(item.word.text) for item in field.value.items if isinstance(item, ast.String)]
            if field_key(field) == name and isinstance(field.value, ast.Block):
                return [field_key(one) for one in field.value.fields]
        return []
