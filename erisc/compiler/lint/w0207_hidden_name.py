"""Names that hide others."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from erisc.compiler.program import Program
    from erisc.compiler.source import Findings, Source

RULE = Code(
    code="W0207",
    title="a name that hides another",
    explanation=(
        "A workload, metric, KPI or parameter has the name of one of the library's tables, so that formulas mean it "
        "and no longer the table; or a part of a topology has the name of something else that could stand in the same "
        "place. A reader will take one for the other."
    ),
    mend="Rename it.",
    example="""\
workload api on site {
  run rally("Dummy.dummy")
  hold 2 req/s for load as steady
}
experiment trial {
  use site, boot, api, storm
  check available
}
""",
    mended="""\
workload calls on site {
  run rally("Dummy.dummy")
  hold 2 req/s for load as steady
}
experiment trial {
  use site, boot, calls, storm
  check available
}
""",
)

_IN_FORMULAS = ("workload", "mix", "metric", "kpi", "param")
_IN_ARGUMENTS = ("param", "image")


def check(program: Program, findings: Findings) -> None:
    """Tables first, then the parts of declarations."""
    for kind in _IN_FORMULAS:
        for name, declared in program.names[kind].items():
            if name in program.names["table"]:
                span = declared.source.span(declared.node.name)
                findings.add("W0207", f"{kind} `{name}` hides the table `{name}`", span, help="rename it")
    for word, source, what in _parts(program):
        kind, place = program.owners.get(word.text, ("", None))
        if place is not None and kind in _IN_ARGUMENTS:
            labels = [(place, "the other")]
            summary = f"{what} `{word.text}` hides the {kind} of that name"
            findings.add("W0207", summary, source.span(word), labels=labels, help="rename one of the two")


def _parts(program: Program) -> Iterator[tuple[ast.Word, Source, str]]:
    for declared in program.names["topology"].values():
        for item in declared.node.items:
            if not isinstance(item, ast.Place):
                yield item.name, declared.source, type(item).__name__.lower()
