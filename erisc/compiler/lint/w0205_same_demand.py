"""Two SLOs that demand the same."""

from __future__ import annotations

from erisc.compiler.codes import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erisc.compiler.lint.trial import Trial
    from erisc.compiler.plan import Slo

RULE = Code(
    code="W0205",
    title="the same demand twice",
    explanation=(
        "Two checked SLOs bound the same KPI on the same side by the same value with the same confidence: one of them "
        "was copied and not changed."
    ),
    mend="Change or remove one.",
    example="""\
slo again: success >= 50 %
experiment trial {
  use site, boot, storm
  check available, again
}
""",
    mended="""\
slo again: success >= 60 %
experiment trial {
  use site, boot, storm
  check available, again
}
""",
)


def check(trial: Trial) -> None:
    """Every later one."""
    first: dict[object, Slo] = {}
    for slo in trial.criteria.slos:
        other = first.setdefault((slo.kpi, slo.operator, slo.limit, slo.confidence, slo.runs), slo)
        if other is not slo:
            labels = [(other.span, "the first")]
            trial.findings.add("W0205", f"SLO `{slo.name}` demands what `{other.name}` does", slo.span, labels=labels)
