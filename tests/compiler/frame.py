"""A sound spec, and the same with some of its statements replaced."""

from __future__ import annotations

import re
from pathlib import Path

from erisc.compiler import compile_spec, lint_spec
from erisc.compiler.pipeline import Compilation

FIXTURES = Path(__file__).parent / "fixtures"
FRAME = (FIXTURES / "frame.eris").read_text()

_STATEMENT = re.compile(r"^(?=\w)", re.MULTILINE)


def key(statement: str) -> str:
    """What a statement replaces: the one of the same keyword and name; edition and seed have no name."""
    words = re.findall(r"[\w.]+", statement)
    return words[0] if words[0] in ("edition", "seed") else " ".join(words[:2])


def patched(fragment: str) -> str:
    """The frame with the statements of the fragment in place of those of the same name, others at its end."""
    given = [part for part in _STATEMENT.split(fragment) if part.strip()]
    fresh = {key(part) for part in given}
    kept = [part for part in _STATEMENT.split(FRAME) if part.strip() and key(part) not in fresh]
    first = [part for part in given if key(part) == "edition" and given[0] == part]
    return "".join(
        part if part.endswith("\n") else f"{part}\n" for part in [*first, *kept, *(p for p in given if p not in first)]
    )


def check(folder: Path, text: str | bytes, *, every: bool = True, **options: object) -> Compilation:
    """Compile a spec given as text."""
    path = folder / "spec.eris"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return lint_spec(str(path)) if every else compile_spec(str(path), **options)  # type: ignore[arg-type]


def codes(compilation: Compilation) -> list[str]:
    """The codes of the diagnostics, in order."""
    return [diagnostic.code for diagnostic in compilation.diagnostics]
