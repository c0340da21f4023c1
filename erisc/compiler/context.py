"""What every check needs: the program, the values of its parameters, and where to say what is wrong."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants, unquote
from erisc.compiler.library import offered_by_library
from erisc.compiler.plan import Span
from erisc.compiler.program import Declared, Program, article, is_library
from erisc.compiler.quantities import Units, Value
from erisc.compiler.source import Findings, Source, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


class Context:
    """values: every parameter with its value at this point of the sweep; None when it has none (reported).

    fixed: parameters that the call or a suite gives, which no sweep and no default changes. planned: instants of faults
    so far, which are bounded. windows: names a formula may look at, once they are known. blueprints: of faults, by the
    identity of their declaration, for whoever builds them at several points where they are the same.
    """

    def __init__(
        self,
        program: Program,
        units: Units,
        values: Mapping[str, Value | None],
        findings: Findings,
        fixed: frozenset[str] = frozenset(),
    ) -> None:
        self.program = program
        self.units = units
        self.values = values
        self.findings = findings
        self.fixed = fixed
        self.planned = 0
        self.blueprints: dict[int, Any] = {}
        self.windows: tuple[list[str], dict[str, str]] | None = None

    def constants(self, source: Source) -> Constants:
        """The evaluator of a file. The standard library sees no parameters."""
        own = {} if is_library(source) else self.values
        made = Constants(source, self.units, own, self.findings, self.program.lost)
        made.read = self.program.used
        return made

    def find(self, kind: str, word: ast.Word, source: Source) -> Declared | None:
        """The declaration a word means. Reports what is unknown, of another kind, or not imported."""
        found = self.program.get(kind, word.text)
        if found is not None or word.text in self.program.lost:
            return found
        span, name = source.span(word), word.text
        if name in self.program.owners:
            other, place = self.program.owners[name]
            self.program.used.add(name)
            summary = f"`{name}` is {article(other)}, not {article(kind)}"
            self.findings.add("E0205", summary, span, labels=[(place, "declared here")])
            return None
        if not self._not_imported(kind, word, source):
            known = self.program.names[kind]
            guess = nearest(name, known)
            fix = (span, guess) if guess else None
            self.findings.add("E0201", f"there is no {kind} `{name}`", span, help=did_you_mean(name, known), fix=fix)
        return None

    def _not_imported(self, kind: str, word: ast.Word, source: Source) -> bool:
        file = self.program.offered.get(word.text)
        if file is not None:
            help_ = f'name it in the braces of `import "{file}"`'
            self.findings.add("E0203", f"`{word.text}` is not imported", source.span(word), help=help_)
            return True
        module = offered_by_library(kind).get(word.text) if kind in ("action", "load", "architecture") else None
        if module is None:
            return False
        line = f"import {module}" + ("" if kind == "architecture" else f" {{ {word.text} }}")
        place = import_place(source)
        fix = (place, f"{line}\n")
        self.findings.add("E0203", f"`{word.text}` is not imported", source.span(word), help=f"add `{line}`", fix=fix)
        return True

    def fields(self, block: ast.Block | None, source: Source, known: Iterable[str], what: str) -> dict[str, ast.Field]:
        """The fields of a block by key. Reports unknown and repeated ones."""
        known = tuple(known)
        found: dict[str, ast.Field] = {}
        for field in block.fields if block else ():
            key = field_key(field)
            span = source.span(field.key)
            if known and key not in known:
                guess = nearest(key, known)
                fix = (span, guess) if guess else None
                self.findings.add("E0208", f"{what} has no `{key}`", span, help=did_you_mean(key, known), fix=fix)
            elif key in found:
                first = source.span(found[key].key)
                self.findings.add("E0204", f"`{key}` is given twice", span, labels=[(first, "the first")])
            else:
                found[key] = field
        return found


def field_key(field: ast.Field) -> str:
    """The key of a field: a name, or a string without its quotes."""
    text = field.key.text
    return unquote(text) if text.startswith('"') else text


def import_place(source: Source) -> Span:
    """Where an import goes: at the start of the line after `edition`."""
    at = source.text.find("edition")
    line = source.text.find("\n", at) + 1 if at >= 0 else 0
    return source.between(line, line)
