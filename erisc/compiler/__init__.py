"""Spec text to Plan. Pure: reads spec files and the standard library, nothing else.

`compile_spec` makes the Plan of one experiment, `compile_suite` those of a suite, `lint_spec` checks all of a spec;
`erisc.compiler.render` shows what they found.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from erisc.compiler.pipeline import Compilation, SuiteCompilation

_NONE: Mapping[str, str] = {}
_TEXTS: Mapping[str, bytes] = {}


def compile_spec(path: str, *, settings: Mapping[str, str] = _NONE, experiment: str | None = None) -> Compilation:
    """Compile one experiment of a spec (the only one unless named). settings: `--set` by parameter, as text."""
    from erisc.compiler.pipeline import Request, run

    return run(Request(path, settings, experiment, False))


def compile_suite(path: str, name: str, *, settings: Mapping[str, str] = _NONE) -> SuiteCompilation:
    """Compile every run of a suite. settings: `--set` for all of them; what a run gives itself goes before."""
    from erisc.compiler.pipeline import Request, run_suite

    return run_suite(Request(path, settings, None, False, suite=name))


def lint_spec(path: str, *, settings: Mapping[str, str] = _NONE, texts: Mapping[str, bytes] = _TEXTS) -> Compilation:
    """Check everything in a spec, all its experiments included. plan: that of the only experiment, else None.

    texts: by absolute path, what to read in place of a file (an editor's unsaved text, standard input).
    """
    from erisc.compiler.pipeline import Request, run

    return run(Request(path, settings, None, True, texts))
