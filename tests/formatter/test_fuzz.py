"""Whatever is written: formatting keeps tree and comments, is done once and for all, and never fails."""

from __future__ import annotations

import re
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from erisc.compiler.formatting import UnformattableError, format_source
from erisc.compiler.formatting.proof import same_tree
from erisc.compiler.reading import normal
from erisc.compiler.syntax import parser
from tests.compiler.sentences import broken, spec, words

QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32)
_OUTSIDE_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"|(//[^\n]*)')


def remarks(text: str) -> list[str]:
    """The comments of a text, found without the parser."""
    return [match[1].rstrip() for match in _OUTSIDE_STRINGS.finditer(normal(text)) if match[1]]


def sound(text: str) -> None:
    """Formatting the text does all that it promises."""
    statements, problems = parser().parse(normal(text))
    try:
        formatted = format_source(text, "x.eris")
    except UnformattableError as error:
        assert problems
        lines = error.text.split("\n")
        for diagnostic in error.diagnostics:
            span = diagnostic.span
            assert 1 <= span.line <= span.end_line <= len(lines)
            assert span.column <= len(lines[span.line - 1]) + 1
            assert span.end_column <= len(lines[span.end_line - 1]) + 1
        return
    assert not problems
    again, none = parser().parse(formatted)
    assert none == []
    assert same_tree(statements, again)
    assert remarks(formatted) == remarks(text)
    assert format_source(formatted, "x.eris") == formatted
    assert not any(line != line.rstrip() for line in formatted.split("\n"))
    assert "\n\n\n" not in formatted


@QUIET
@given(SEEDS, st.integers(5, 400))
def test_specs_made_from_the_grammar(seed: int, size: int) -> None:
    text = spec(Random(seed), size)
    assume(not parser().parse(normal(text))[1])
    sound(text)


@QUIET
@given(SEEDS, st.integers(5, 300))
def test_broken_specs(seed: int, size: int) -> None:
    random = Random(seed)
    sound(broken(spec(random, size), random))


@QUIET
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    sound(text)


def test_most_sentences_of_the_grammar_are_specs() -> None:
    """The generator is worth its name: keywords in the place of names spoil few of its specs."""
    from tests.compiler.sentences import spaced

    texts = [spaced(words(Random(seed), 60), Random(seed)) for seed in range(200)]
    assert sum(not parser().parse(normal(text))[1] for text in texts) > 120
