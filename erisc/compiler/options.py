"""Named arguments of functions, by the catalogue."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.context import Context
from erisc.compiler.functions import Function, Option, signature
from erisc.compiler.plan import Scalar
from erisc.compiler.source import Source, did_you_mean, nearest


class Options:
    """Reads the options of the calls of one file."""

    def __init__(self, context: Context, source: Source) -> None:
        self.source = source
        self.findings = context.findings
        self.constants = context.constants(source)

    def given(self, node: ast.Call, function: Function) -> tuple[tuple[str, Scalar], ...] | None:
        """Every option in the catalogue's order, defaults included; None when one was refused."""
        named, sound = self._named(node, function)
        values = {one.name: self._value(one, named.get(one.name), node, function) for one in function.options}
        if not sound or any(value is None for value in values.values()):
            return None
        return tuple((name, value) for name, value in values.items() if value is not None)

    def _named(self, node: ast.Call, function: Function) -> tuple[dict[str, ast.Named], bool]:
        known = [option.name for option in function.options]
        found: dict[str, ast.Named] = {}
        sound = True
        for argument in node.arguments:
            if not isinstance(argument, ast.Named):
                continue
            name, span = argument.name.text, self.source.span(argument.name)
            if name not in known:
                sound = False
                guess = nearest(name, known)
                fix = (span, guess) if guess else None
                help_ = did_you_mean(name, known) or f"write {signature(function)}"
                self.findings.add("E0208", f"`{function.name}` has no `{name[:60]}`", span, help=help_, fix=fix)
            elif name in found:
                sound = False
                labels = [(self.source.span(found[name].name), "the first")]
                self.findings.add("E0204", f"`{name}` is given twice", span, labels=labels)
            else:
                found[name] = argument
        return found, sound

    def _value(self, option: Option, given: ast.Named | None, node: ast.Call, function: Function) -> float | None:
        if given is None:
            if option.default is None:
                what = f"`{function.name}` needs `{option.name}`: {option.meaning}"
                self.findings.add("E0310", what, self.source.span(node), help=f"write {signature(function)}")
            return option.default
        what = f"`{option.name}`"
        value = self.constants.number(given.value, option.type, what=what, low=option.low, high=option.high)
        if value is not None and option.open and value in (option.low, option.high):
            side = "more than" if value == option.low else "less than"
            place = self.source.span(given.value)
            self.findings.add("E0306", f"{what} must be {side} {value:g}", place, note=option.meaning)
            return None
        return value
