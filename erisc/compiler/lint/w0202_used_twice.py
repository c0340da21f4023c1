"""The same name twice in `use`."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial

RULE = Code(
    code="W0202",
    title="used twice",
    explanation="The same name stands in `use` more than once; it is used once.",
    mend="Remove one.",
    example="""\
experiment trial {
  use site, boot, storm, boot
  check available
}
""",
    mended="""\
experiment trial {
  use site, boot, storm
  check available
}
""",
)


def check(trial: Trial) -> None:
    """Every later mention."""
    source = trial.declared.source
    first: dict[str, ast.Word] = {}
    for item in trial.declared.node.items:
        for word in item.names.words if isinstance(item, ast.Use) else ():
            if first.setdefault(word.text, word) is not word:
                labels = [(source.span(first[word.text]), "the first")]
                trial.findings.add("W0202", f"`{word.text}` is used twice", source.span(word), labels=labels)
