"""What a target is: a pure function from the Plan to the files of one external tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from erisc.base.record import record
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Plan, Span

GROUP = "erisc.targets"
"""The entry-point group by which targets are found, built-in ones included."""

EXPORTS = "erisc.exports"
"""The same for exports: targets that are emitted on request, for whoever runs the faults without erisc."""

Files = Mapping[str, bytes]
"""Content by path relative to the bundle, with `/`."""


@record
class Mark:
    """`span` of the spec is where the value at `pointer` of a generated file comes from.

    pointer: JSON Pointer (RFC 6901) into the generated document, also for YAML.
    """

    pointer: str
    span: Span


@runtime_checkable
class Target(Protocol):
    """A tool erisc compiles to. An entry point of group `erisc.targets` names an object of this shape.

    One that emits files for load drivers of other names than its own has them in an attribute `drivers`.
    """

    @property
    def name(self) -> str:
        """The target's name in `manifest.json`, the same as its entry point's."""

    @property
    def capabilities(self) -> Mapping[str, str]:
        """By Plan class name: `supported`, `lowered to …` or `refused: …`. Classes not named are not its business."""

    def emit(self, plan: Plan) -> tuple[Files, tuple[Diagnostic, ...]]:
        """The tool's files. What the tool cannot express is an E5 diagnostic with its span, never an exception."""

    def source_map(self, plan: Plan) -> Mapping[str, tuple[Mark, ...]]:
        """By path of a generated file: where its parts come from."""
