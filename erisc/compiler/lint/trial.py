"""What a rule about an experiment sees."""

from __future__ import annotations

from erisc.base.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.context import Context
    from erisc.compiler.plan import Criteria, Span
    from erisc.compiler.program import Declared
    from erisc.compiler.source import Findings
    from erisc.compiler.uses import Uses


@record
class Trial:
    """A sound experiment. declared: its statement; uses: what it names; criteria: what it checks."""

    context: Context
    declared: Declared
    uses: Uses
    criteria: Criteria

    @property
    def findings(self) -> Findings:
        """Where a rule says what it sees."""
        return self.context.findings

    @property
    def place(self) -> Span:
        """The experiment's name."""
        return self.declared.source.span(self.declared.node.name)
