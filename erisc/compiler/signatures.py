"""What actions and events take: the arguments of a call, checked against the parameters of its declaration."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.plan import Architecture, Argument
from erisc.compiler.plan import Mapping as Arguments
from erisc.compiler.program import Declared
from erisc.compiler.selectors import Place, hosts_argument
from erisc.compiler.source import did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNALS = (
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "XCPU", "XFSZ", "VTALRM", "PROF", "IO", "SYS",
)  # fmt: skip
"""Signals of POSIX that end a process by default (signal.h, IEEE Std 1003.1-2017)."""

_BY_NAME = ("service", "workload", "fault")
"""Types of parameters that a name is the value of."""


@record
class Call:
    """A call of something declared. first: how many parameters are taken care of elsewhere. what: `action`, `event`."""

    node: ast.Call
    declared: Declared
    architecture: Architecture | None
    first: int
    what: str


class Signature:
    """Checks calls in one file."""

    def __init__(self, context: Context, constants: Constants) -> None:
        self.context = context
        self.constants = constants
        self.findings = context.findings
        self.source = constants.source

    def bind(self, call: Call) -> Arguments | None:
        """All arguments by parameter, in the order of the declaration, with the defaults; None when refused."""
        parameters = call.declared.node.parameters[call.first :]
        given = self._given(call, parameters)
        if given is None:
            return None
        made: list[tuple[str, Argument]] = []
        for parameter in parameters:
            node = given.get(parameter.name.text)
            value = self._default(call, parameter) if node is None else self._value(call, parameter, node)
            if value is None:
                return None
            made.append((parameter.name.text, value))
        return Arguments(tuple(made))

    def _given(self, call: Call, parameters: Sequence[ast.Parameter]) -> dict[str, ast.Node] | None:
        """The nodes by parameter: first those by position, then those by name."""
        names = [parameter.name.text for parameter in parameters]
        found: dict[str, ast.Node] = {}
        for index, node in enumerate(call.node.arguments[call.first :]):
            word = node.name if isinstance(node, ast.Named) else None
            if word is None and index >= len(names):
                self._too_many(call, node, names)
                return None
            name = names[index] if word is None else word.text
            if name not in names:
                self._unknown(call, word, names)
                return None
            if name in found:
                self.findings.add("E0204", f"`{name}` is given twice", self.source.span(node))
                return None
            found[name] = node.value if isinstance(node, ast.Named) else node
        return found

    def _too_many(self, call: Call, node: ast.Node, names: list[str]) -> None:
        word = call.node.function.word.text
        takes = f"besides, it takes {', '.join(names)}" if names else "it takes no more"
        self.findings.add("E0309", f"`{word}` does not take this", self.source.span(node), help=takes)

    def _unknown(self, call: Call, word: ast.Word | None, names: list[str]) -> None:
        assert word is not None
        guess = nearest(word.text, names)
        span = self.source.span(word)
        summary = f"`{call.node.function.word.text}` has no argument `{word.text}`"
        help_ = did_you_mean(word.text, names) or "leave it out"
        self.findings.add("E0309", summary, span, help=help_, fix=(span, guess) if guess else None)

    def _default(self, call: Call, parameter: ast.Parameter) -> Argument | None:
        if parameter.default is None:
            name, word = parameter.name.text, call.node.function.word.text
            type_ = parameter.type.text if parameter.type else ""
            example = f"{word}(…, {name} = {_EXAMPLES[type_]})" if type_ in _EXAMPLES else f"name the {name}"
            help_ = f"e.g. {example}" if type_ in _EXAMPLES else example
            self.findings.add("E0309", f"`{word}` needs `{name}`", self.source.span(call.node), help=help_)
            return None
        if isinstance(parameter.default, ast.Name):
            return str(parameter.default.word.text)
        value = self.context.constants(call.declared.source).value(parameter.default)
        data: Argument | None = None if value is None else value.data
        return data

    def _value(self, call: Call, parameter: ast.Parameter, node: ast.Node) -> Argument | None:
        type_ = parameter.type.text if parameter.type else "string"
        what = f"`{parameter.name.text}`"
        if type_ == "hosts":
            return hosts_argument(Place(self.context, self.constants, call.architecture), node)
        if type_ in _BY_NAME:
            return self._named(call, type_, node, what)
        if type_ == "signal":
            return self._signal(node, what)
        if self.context.units.dimension(type_) is None:
            value = self.constants.due(node, type_, what=what)
            return None if value is None else str(value.data)
        high = 1.0 if type_ == "ratio" else 2.0**53
        number = self.constants.number(node, type_, what=what, low=0, high=high)
        if number == 0 and parameter.default is None:
            self.findings.add("E0306", f"{what} must be more than nothing", self.source.span(node))
            return None
        return number

    def _signal(self, node: ast.Node, what: str) -> str | None:
        text = self.constants.text(node, what=what)
        if text is None or text in SIGNALS:
            return text
        guess = nearest(text.upper().removeprefix("SIG"), SIGNALS)
        span = self.source.span(node)
        help_ = f"did you mean `{guess}`?" if guess else "e.g. TERM, HUP, SEGV"
        fix = (span, f'"{guess}"') if guess else None
        self.findings.add("E0306", f"there is no signal {text[:20]!r} that ends a process", span, help=help_, fix=fix)
        return None

    def _named(self, call: Call, type_: str, node: ast.Node, what: str) -> str | None:
        """The name of a service of the architecture, of a workload or of a fault."""
        if not isinstance(node, ast.Name):
            self.findings.add("E0301", f"{what} is the name of a {type_}", self.source.span(node))
            return None
        if type_ == "workload":
            return node.word.text if self.context.find("workload", node.word, self.source) else None
        if type_ == "fault":
            return self._fault(node.word)
        known = {service.name for service in call.architecture.services} if call.architecture else None
        return self._one_of(node.word, known, "service")

    def _fault(self, word: ast.Word) -> str | None:
        sets = self.context.program.names["faults"]
        known = {item.name.text: name for name, declared in sets.items() for item in declared.node.items}
        if word.text in known:
            self.context.program.used.add(known[word.text])
        return self._one_of(word, set(known), "fault")

    def _one_of(self, word: ast.Word, known: set[str] | None, kind: str) -> str | None:
        if known is None or word.text in known:
            return word.text
        if word.text not in self.context.program.lost:
            span, guess = self.source.span(word), nearest(word.text, known)
            help_, fix = did_you_mean(word.text, known), (span, guess) if guess else None
            self.findings.add("E0201", f"there is no {kind} `{word.text}`", span, help=help_, fix=fix)
        return None


_EXAMPLES = {"duration": "100 ms", "ratio": "5 %", "bitrate": "10 Mbit/s", "int": "5672", "string": '"eth0"'}
