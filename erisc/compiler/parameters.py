"""Parameters: their defaults, what the call sets, and what they may be."""

from __future__ import annotations

from erisc.compiler.context import Context
from erisc.compiler.plan import Span
from erisc.compiler.program import Declared, Program
from erisc.compiler.quantities import PURE, Units, Value, a, split_quantity
from erisc.compiler.source import Findings, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH = 10_000
"""Characters of a value on the command line."""


NONE: Mapping[str, Value] = {}


def bind(
    program: Program,
    units: Units,
    settings: Mapping[str, str],
    findings: Findings,
    overrides: Mapping[str, Value] = NONE,
) -> dict[str, Value | None]:
    """The value of every parameter: what a suite or limit overrides, else the setting, else the default.

    None when it is wrong. A default sees the values of the parameters above it.
    """
    values: dict[str, Value | None] = {}
    context = Context(program, units, values, findings)
    for name, declared in program.names["param"].items():
        value = _bind(context, name, declared, None if name in overrides else settings.get(name))
        values[name] = _as(declared.node.type.text, overrides[name], units) if name in overrides else value
    for name in settings:
        if name not in program.names["param"] and name not in program.lost:
            _unknown(program, name, findings)
    return values


def default_value(context: Context, name: str) -> Value | None:
    """The default of a parameter at a point of a sweep; None when it is wrong there."""
    return _bind(context, name, context.program.names["param"][name], None)


def _unknown(program: Program, name: str, findings: Findings) -> None:
    known = program.names["param"]
    params = [declared.source.span(declared.node.name) for declared in known.values()]
    span = params[0] if params else Span(program.root.name, 1, 1, 1, 1)
    help_ = did_you_mean(name, known) or "the spec declares none"
    findings.add("E0207", f"there is no parameter `{name[:60]}` to set", span, help=help_)


def _bind(context: Context, name: str, declared: Declared, setting: str | None) -> Value | None:
    node, source = declared.node, declared.source
    if node.type.text not in context.units.types:
        guess = nearest(node.type.text, context.units.types)
        fix = (source.span(node.type), guess) if guess else None
        help_ = did_you_mean(node.type.text, context.units.types)
        context.findings.add(
            "E0301", f"there is no type `{node.type.text}`", source.span(node.type), help=help_, fix=fix
        )
        return None
    # The same evaluator as everywhere, so a default may use the parameters above it.
    default = context.constants(source).due(node.default, node.type.text, what=f"`{name}`")
    if default is not None and not fits(context, declared, default, source.span(node.default)):
        return None
    if setting is None or default is None:
        return default if default is None else _as(node.type.text, default, context.units)
    value = _setting(context, declared, setting)
    if value is None or not fits(context, declared, value, source.span(node)):
        return None
    return _as(node.type.text, value, context.units)


def _as(type_: str, value: Value, units: Units) -> Value:
    return Value(value.data, type_, units.dimension(type_))


def fits(context: Context, declared: Declared, value: Value, span: Span) -> bool:
    """Whether a value is within the range of a parameter; says so at `span` when not."""
    node, source = declared.node, declared.source
    if node.range is None:
        return True
    constants = context.constants(source)
    low, high = (constants.due(end, node.type.text, what="the range") for end in (node.range.low, node.range.high))
    if low is None or high is None:
        return False
    if low.dimension is None:
        context.findings.add("E0301", f"a {node.type.text} has no range", source.span(node.range))
        return False
    if low.data <= value.data <= high.data:
        return True
    labels = [(source.span(node.range), "the range")]
    context.findings.add(
        "E0306", f"`{node.name.text}` is out of its range", span, labels=labels, note=f"it is {value.data}"
    )
    return False


def _setting(context: Context, declared: Declared, text: str) -> Value | None:
    """A value of the command line, read as the type of the parameter."""
    node, source, units = declared.node, declared.source, context.units
    type_, span = node.type.text, source.span(node)
    text = text.strip()
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    if type_ == "string":
        return Value(text, "string")
    if type_ == "bool" and text in ("true", "false"):
        return Value(text == "true", "bool")
    value = _parse_number(text, units) if len(text) <= 60 else None
    if value is not None and units.accepts(type_, value):
        return value
    help_ = f"write e.g. --set '{node.name.text}={_example(type_, units)}'"
    if value is None and text:
        digits, unit = split_quantity(text.removeprefix("-"))
        unknown = f": there is no unit `{unit[:20]}`" if digits and unit and unit not in units.units else ""
        context.findings.add("E0307", f"{shown!r} is no {type_}{unknown}", span, help=help_)
    elif value is not None and value.dimension == PURE and units.dimension(type_):
        context.findings.add("E0305", f"`{node.name.text}` is {a(type_)}: {shown!r} needs a unit", span, help=help_)
    else:
        found = units.show(value.type, value.dimension) if value else "value"
        context.findings.add(
            "E0302" if value else "E0307",
            f"`{node.name.text}` is {a(type_)}, {shown!r} is {a(found)}"
            if value
            else f"`{node.name.text}` is set to nothing",
            span,
            help=help_,
        )
    return None


def _parse_number(text: str, units: Units) -> Value | None:
    negative = text.startswith("-")
    digits, unit = split_quantity(text.removeprefix("-").strip())
    if not digits or not digits.isascii():
        return None
    if unit and unit not in units.units:
        return None
    if unit:
        value = units.quantity(digits, unit)
    else:
        value = Value(float(digits), "number", PURE) if "." in digits else Value(int(digits), "int", PURE)
    if abs(value.data) > 2**53:
        return None
    return Value(-value.data, value.type, value.dimension) if negative else value


def _example(type_: str, units: Units) -> str:
    if type_ == "bool":
        return "true"
    unit = next((one for one in units.of_type(type_) if units.units[one]["type"] == type_), "")
    return f"10 {unit}".strip()
