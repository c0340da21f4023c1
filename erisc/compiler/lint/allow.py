"""`// erisc: allow W0201`: an author's word that a finding is meant. Warnings only; an error cannot be allowed.

At the end of a line it speaks of that line; on a line of its own, of the next line that is neither blank nor comment.
Several codes are separated by commas; what follows them is the author's reason.
"""

from __future__ import annotations

import re

from erisc.base.record import record
from erisc.compiler.codes import Code, catalogue
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.source import Findings, Source, did_you_mean, nearest, order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RULES = (
    Code(
        code="W0290",
        title="an `allow` that says nothing",
        explanation=(
            "`// erisc: allow CODE, … reason` silences warnings, by code, on its own line or, alone on a line, on the "
            "next one. This comment names no code, a code that does not exist, or an error, which nothing silences."
        ),
        mend="Name the codes of warnings; `erisc explain` lists them.",
        example="// erisc: allow W2001\nparam spare: int = 3",
        mended="// erisc: allow W0201\nparam spare: int = 3",
    ),
    Code(
        code="W0291",
        title="an `allow` without a cause",
        explanation="The warning that the comment allows does not come here, or does not come any more.",
        mend="Remove the code from the comment.",
        example="seed 2 // erisc: allow W0201",
        mended="seed 2",
    ),
)

_PARTS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*')
_DIRECTIVE = re.compile(r"//[ \t]*erisc:[ \t]*(\w*)[ \t]*(.*)")
_CODES = re.compile(r"\w+(?:[ \t]*,[ \t]*\w+)*")
_CODE = re.compile(r"\w+")


@record
class _Allowed:
    """One code of one comment. line: the line it speaks of. place: where the code stands."""

    file: str
    line: int
    code: str
    place: tuple[int, int]


def silence(found: list[Diagnostic], sources: Mapping[str, str], complete: str) -> tuple[Diagnostic, ...]:
    """Without the warnings that the sources' comments allow, with what is wrong about the comments themselves.

    complete: the file of which all rules had their say, so that an idle comment in it is one.
    """
    findings = Findings()
    allowed: list[_Allowed] = []
    for name, text in sources.items():
        if not name.startswith("std:"):
            allowed += _allowed(Source(name, text), findings)
    heard: set[tuple[str, int, str]] = set()
    left = []
    words = {(one.file, one.line, one.code) for one in allowed}
    for diagnostic in found:
        key = diagnostic.span.file, diagnostic.span.line, diagnostic.code
        if key in words:
            heard.add(key)
        else:
            left.append(diagnostic)
    for one in allowed:
        if one.file == complete and (one.file, one.line, one.code) not in heard:
            span = Source(one.file, sources[one.file]).between(*one.place)
            findings.add("W0291", f"there is no {one.code} to allow here", span, help="remove it")
    return tuple(sorted((*left, *findings.sorted()), key=order))


def _allowed(source: Source, findings: Findings) -> Iterator[_Allowed]:
    known: dict[str, Code] = {}
    for match in _PARTS.finditer(source.text):
        directive = _DIRECTIVE.fullmatch(match[0]) if match[0].startswith("//") else None
        if directive is None:
            continue
        known = known or catalogue()
        begin = match.start() + directive.start(2)
        listed = _CODES.match(directive[2])
        codes = [
            (one[0], begin + one.start(), begin + one.end()) for one in _CODE.finditer(listed[0] if listed else "")
        ]
        if directive[1] != "allow" or not codes:
            span = source.between(match.start(), match.end())
            findings.add("W0290", "this comment allows nothing", span, help="write `// erisc: allow CODE`")
            continue
        line = _line(source, match.start())
        for code, start, end in codes:
            if code in known and code.startswith("W"):
                yield _Allowed(source.name, line, code, (start, end))
            else:
                _unknown(source, code, start, end, known, findings)


def _unknown(source: Source, code: str, start: int, end: int, known: Mapping[str, Code], findings: Findings) -> None:
    span = source.between(start, end)
    if code in known:
        findings.add("W0290", f"{code} is an error, it cannot be allowed", span, help="mend it")
        return
    warnings = [name for name in known if name.startswith("W")]
    guess = nearest(code, warnings)
    fix = (span, guess) if guess else None
    findings.add("W0290", f"there is no warning `{code[:30]}`", span, help=did_you_mean(code, warnings), fix=fix)


def _line(source: Source, start: int) -> int:
    """The line that a comment at `start` speaks of."""
    number = source.between(start, start).line
    lines = source.text.split("\n")
    if source.text[source.text.rfind("\n", 0, start) + 1 : start].strip():
        return number
    following = (i for i, line in enumerate(lines[number:], number + 1) if line.strip() and not _is_comment(line))
    return next(following, number)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("//")
