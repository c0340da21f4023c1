"""Whatever the text: diagnostics or a Plan. Here for a moment at random, and for a minute led by coverage."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erisc.compiler import lint_spec
from erisc.compiler.render import render
from tests.compiler.frame import FRAME
from tests.compiler.sentences import broken, spec

HARNESS = Path(__file__).parent / "harness.py"
SPEC = "/nowhere/spec.eris"
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32)

needs_atheris = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is for Linux")


def linted(data: bytes) -> None:
    """Linting the bytes ends in a Plan or in errors, all of whose spans lie inside the text."""
    result = lint_spec(SPEC, texts={SPEC: data})
    assert (result.plan is None) or not any(diagnostic.is_error for diagnostic in result.diagnostics)
    for diagnostic in result.diagnostics:
        for span in (diagnostic.span, *(label.span for label in diagnostic.labels)):
            if span.file in result.sources:
                lines = result.sources[span.file].split("\n")
                assert 1 <= span.line <= span.end_line <= len(lines)
                assert span.column <= len(lines[span.line - 1]) + 1
                assert span.end_column <= len(lines[span.end_line - 1]) + 1
    render(result.diagnostics, result.sources, color=False)


@QUIET
@given(SEEDS, st.integers(5, 200))
def test_sentences_of_the_grammar_are_linted(seed: int, size: int) -> None:
    linted(f"edition 2026\n{spec(Random(seed), size)}".encode())


@QUIET
@given(SEEDS)
def test_sound_specs_with_slips_are_linted(seed: int) -> None:
    linted(broken(FRAME, Random(seed)).encode())


@needs_atheris
@pytest.mark.slow
def test_the_harness_finds_nothing_in_a_minute(tmp_path: Path) -> None:
    command = [sys.executable, str(HARNESS), "--seconds", "60", "--corpus", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "Done " in done.stderr
