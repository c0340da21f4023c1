"""A sound spec, and the same with some of its statements replaced."""

from __future__ import annotations

from pathlib import Path

from erisc.base.home import package_root
from erisc.compiler import compile_spec, lint_spec
from erisc.compiler.pipeline import Compilation
from erisc.reference.sample import frame, patched

__all__ = ["FIXTURES", "FRAME", "FRAME_FILE", "check", "codes", "patched"]

FIXTURES = Path(__file__).parent / "fixtures"
FRAME = frame()
FRAME_FILE = Path(package_root()) / "reference" / "frame.eris"


def check(folder: Path, text: str | bytes, *, every: bool = True, **options: object) -> Compilation:
    """Compile a spec given as text."""
    path = folder / "spec.eris"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return lint_spec(str(path)) if every else compile_spec(str(path), **options)  # type: ignore[arg-type]


def codes(compilation: Compilation) -> list[str]:
    """The codes of the diagnostics, in order."""
    return [diagnostic.code for diagnostic in compilation.diagnostics]
