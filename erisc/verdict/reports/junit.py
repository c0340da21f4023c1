"""The verdict as JUnit XML: a test suite a sweep point, a test case an SLO.

The form is that of the Jenkins xunit plug-in's junit-10.xsd, which CI systems agree on.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from erisc.verdict import text
from erisc.verdict.history import RunHistory
from erisc.verdict.model import BROKEN, FAIL, INCONCLUSIVE, CellVerdict, PointVerdict, SloResult, Verdict

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 does not allow."""


def render(verdict: Verdict, history: RunHistory) -> bytes:
    """junit.xml: `failure` for a failed SLO, `skipped` for an inconclusive one, `error` for all when the bed broke."""
    cells = {cell.id: cell for cell in verdict.cells}
    suites = [_suite(verdict, point, cells[point.cells[0]]) for point in verdict.points]
    counts = _counts(verdict, [slo for point in verdict.points for slo in point.slos])
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites name={_quoted(verdict.experiment)} {counts}>",
        *suites,
        "</testsuites>",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _suite(verdict: Verdict, point: PointVerdict, first: CellVerdict) -> str:
    runs = len(point.cells)
    skipped = len(point.skipped)
    alone = runs == 1 and not skipped
    place = text.point(point.point, first.repeat) if alone else text.swept(point.point, runs, skipped)
    name = f"{verdict.experiment} {first.id} ({place})"
    cases = [_case(verdict, point, slo) for slo in point.slos]
    return "\n".join([f"  <testsuite name={_quoted(name)} {_counts(verdict, point.slos)}>", *cases, "  </testsuite>"])


def _counts(verdict: Verdict, slos: tuple[SloResult, ...] | list[SloResult]) -> str:
    broken = verdict.outcome == BROKEN
    failed = sum(slo.outcome == FAIL for slo in slos) * (not broken)
    skipped = sum(slo.outcome == INCONCLUSIVE for slo in slos) * (not broken)
    errors = len(slos) * broken
    return f'tests="{len(slos)}" failures="{failed}" errors="{errors}" skipped="{skipped}"'


def _case(verdict: Verdict, point: PointVerdict, slo: SloResult) -> str:
    kind = f"{verdict.experiment}.{point.cells[0]}"
    head = f"    <testcase classname={_quoted(kind)} name={_quoted(f'{slo.name}: {slo.rule}')}"
    where = f"{slo.span.file}:{slo.span.line}:{slo.span.column}"
    said = f"{where}: {slo.severity}: {slo.reason}"
    if verdict.outcome == BROKEN:
        return f"{head}>\n      {_element('error', '; '.join(verdict.notes), said)}\n    </testcase>"
    if slo.outcome == FAIL:
        return f"{head}>\n      {_element('failure', slo.reason, said)}\n    </testcase>"
    if slo.outcome == INCONCLUSIVE:
        return f"{head}>\n      {_element('skipped', slo.reason, said)}\n    </testcase>"
    return f"{head}/>"


def _element(name: str, message: str, said: str) -> str:
    kind = "" if name == "skipped" else ' type="slo"'
    return f"<{name} message={_quoted(message)}{kind}>{escape(_xml(said))}</{name}>"


def _quoted(word: str) -> str:
    return quoteattr(_xml(word))


def _xml(word: str) -> str:
    return _NOT_XML.sub("�", word)
