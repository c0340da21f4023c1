"""What the language's reference says is refused is refused by a code of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.frame import check, codes, patched

REFUSED = {
    'import "mine.eris"': "E0190",
    'image tools { base = "debian-12" }': "E0190",
    'metric depth: count from prometheus("up") by (queue) every 5 s': "E0190",
    "limit most: largest n in 1 .. 9 of make(n) where success >= 9 %": "E0190",
    "suite all { budget = 30 min run trial, trial(load = 1 s) }": "E0190",
    "architecture site extends single { network lan { delay = 2 ms } }": "E0190",
    "topology t on site { router spine { connects = [a] } }": "E0190",
    "topology t on site { place pair(a, b) single_room }": "E0190",
    "param n: int = 2\narchitecture site extends single { node compute * n }\n"
    "experiment trial {\n  use site, boot\n  sweep n in [2, 3]\n  check available\n}": "E0190",
    "param n: ratio = 2 %\nslo available: success > n\n"
    "experiment trial {\n  use site, boot\n  sweep n in [2 %, 3 %]\n  check available\n}": "E0390",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_supported_yet_is_said_and_not_ignored(text: str, tmp_path: Path) -> None:
    result = check(tmp_path, patched(text))
    assert result.plan is None
    assert codes(result).count(REFUSED[text]) == 1
    assert any("not supported" in d.summary for d in result.diagnostics)
    assert not [code for code in codes(result) if code.startswith("E01") and code != "E0190"]
