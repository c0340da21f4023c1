"""A sound spec, and the same with some of its statements replaced: what the examples of codes are tried on."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from erisc.base.home import package_root
from erisc.base.record import replace
from erisc.compiler.diagnostics import Diagnostic, Fix, Label
from erisc.compiler.pipeline import Compilation, Request, run
from erisc.compiler.plan import Span

NAME = "spec.eris"

_STATEMENT = re.compile(r"^(?=\w)", re.MULTILINE)


def frame() -> str:
    """The sound spec."""
    with open(os.path.join(package_root(), "reference", "frame.eris"), encoding="utf-8") as file:
        return file.read()


def patched(fragment: str) -> str:
    """The frame with the statements of the fragment in place of those of the same name, others at its end."""
    given = [part for part in _STATEMENT.split(fragment) if part.strip()]
    fresh = {_key(part) for part in given if not part.startswith("//")}
    kept = [part for part in _STATEMENT.split(frame()) if part.strip() and _key(part) not in fresh]
    first = [part for part in given if _key(part) == "edition" and given[0] == part]
    parts = [*first, *kept, *(part for part in given if part not in first)]
    return "".join(part if part.endswith("\n") else f"{part}\n" for part in parts)


def _key(statement: str) -> str:
    """What a statement replaces: the one of the same keyword and name; edition and seed have no name."""
    words = re.findall(r"[\w.]+", statement)
    return words[0] if words[0] in ("edition", "seed") else " ".join(words[:2])


def tried(fragment: str, settings: Mapping[str, str], *, every: bool) -> Compilation:
    """What comes of a patched frame. every: all experiments, without a choice."""
    texts = {os.path.abspath(NAME): patched(fragment).encode()}
    return run(Request(NAME, settings, None, every, texts))


def as_written(found: Diagnostic, fragment: str) -> Diagnostic:
    """With lines that count from the fragment's own first line, without labels in the frame, which is not shown."""
    by = first_line(patched(fragment), fragment)
    labels = tuple(Label(_moved(label.span, by), label.text) for label in found.labels)
    return replace(
        found,
        span=_moved(found.span, by),
        labels=tuple(label for label in labels if label.span.line >= 1),
        fix=Fix(_moved(found.fix.span, by), found.fix.replacement) if found.fix else None,
    )


def first_line(text: str, fragment: str) -> int:
    """How many lines of the frame stand above the fragment. It comes last, unless it begins with an edition."""
    own = fragment.strip()
    return text[: text.rindex(own)].count("\n") - fragment[: fragment.index(own)].count("\n") if own in text else 0


def _moved(span: Span, by: int) -> Span:
    return replace(span, line=span.line - by, end_line=span.end_line - by) if span.file == NAME else span
