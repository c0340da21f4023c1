"""One slip, one report, where the slip is: whatever else is broken in the file."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erisc.compiler.pipeline import Compilation
from tests.compiler.frame import check, codes

HEAD = "edition 2026\nimport std.arch.single\nimport std.faults { kill, restart }\nimport std.load { rally }\n"

# A statement, and ways to break it. Each way is one slip: (what is replaced, by what).
STATEMENTS = (
    (
        "param load: duration = 60 s",
        [("60 s", "60 sec"), ("60 s", "60"), (": ", " "), ("60 s", "(60 s"), ("60 s", '"60 s')],
    ),
    ("param lull: duration = 9 s", [("9 s", "9 m"), ("9 s", "9 GiB"), ("= ", ""), ("9 s", "9 s)"), ("9 s", "?9 s")]),
    (
        "architecture site extends single {\n  node compute * 2\n  service designate on controller { port = 9001 }\n}",
        [
            ("* 2", "** 2"),
            ("single", "sngle"),
            ("on con", "onn con"),
            ("9001", "{"),
            ("* 2\n", "* 2 }\n"),
            ("9001 }\n}", "9001 }\n"),
        ],
    ),
    (
        'workload boot on site {\n  run rally("Dummy.dummy")\n  ramp 0 req/s -> 2 req/s over lull\n'
        "  hold 2 req/s for load as steady\n  hold 1 req/s for lull as calm\n}",
        [
            ("for load", "four load"),
            ('dummy")', 'dummy"'),
            ('dummy")', "dummy)"),
            ("->", ">"),
            ("2 req/s for", "2 req/s { for = 1 } for"),
            ("ramp", "rmap"),
            ("1 req/s for lull", "1 users for 9 s"),
            ("on site", "on sight"),
            ("calm\n}", "calm\n"),
        ],
    ),
    (
        'workload login on site {\n  run rally("Authenticate.keystone")\n  hold 2 users for load as steady\n}',
        [("users", "user s s"), ("rally", "raly"), ("for load", "for"), ("as steady", "as 5"), ("{\n  run", "\n  run")],
    ),
    (
        "faults storm on site {\n  fault crash: at 20 s do kill(rabbitmq on one(controller)) for 5 s\n"
        "  fault turn: at 50 s do restart(keystone on controller)\n}",
        [
            (" for 5 s", ""),
            ("do kill", "dokill"),
            ("rabbitmq", "rabitmq"),
            ("at 50 s", "at"),
            ("(keystone on controller)", "(keystone on controller"),
            ("at 20 s do", "at 20 s\n  do do"),
            ("kill(", "kil("),
        ],
    ),
    (
        "kpi success: ratio = count(boot[ok] during boot.steady) / count(boot during boot.steady)",
        [
            ("ratio", "duration"),
            ("[ok]", "[ok"),
            ("[ok]", "[okay]"),
            ("/ count", "count"),
            ("boot.steady)", "boot.stead)"),
            ("kpi", "kpi kpi"),
        ],
    ),
    (
        "kpi slow: duration = p50(login.duration during login.steady)",
        [
            ("p50(", "p50(("),
            ("p50", "p101"),
            ("duration =", "ratio ="),
            ("login.duration", "login.lasting"),
            ("=", "=="),
        ],
    ),
    (
        "slo available: success >= 50 % severity critical",
        [
            (">=", "=>"),
            ("success", "sucess"),
            ("50 %", "50 s"),
            ("critical", "dire"),
            ("slo", "slo slo"),
            ("critical", "critical confidence 0 %"),
        ],
    ),
    ("slo quick: slow < 2 s confidence 99 %", [("2 s", "2"), ("99 %", "101 %"), ("<", "<<"), ("slow", "slw")]),
    (
        "experiment trial {\n  use site, boot, login, storm\n  sweep lull in [9 s, 10 s]\n"
        "  repeat 2\n  check available, quick\n}",
        [
            ("check av", "chek av"),
            ("storm", "strom"),
            ("[9 s, 10 s]", "[9 s, 10 s"),
            ("repeat 2", "repeat"),
            ("lull in", "lul in"),
            ("quick", "quik"),
        ],
    ),
)
DEPENDENT = ((1, 3), (2, 5), (3, 6), (3, 8), (4, 7), (4, 9), (6, 8), (7, 9))
"""Pairs of statements of which the second cannot be judged when the first is broken."""


def planted(chosen: dict[int, int]) -> tuple[str, list[tuple[int, int]]]:
    """The spec with slip number `chosen[n]` in statement n, and the lines of the broken statements."""
    lines = HEAD.count("\n")
    text, places = HEAD, []
    for number, (statement, slips) in enumerate(STATEMENTS):
        if number in chosen:
            before, after = slips[chosen[number] % len(slips)]
            assert before in statement
            broken = statement.replace(before, after, 1).rstrip("\n")
            places.append((lines + 1, lines + 1 + broken.count("\n")))
        else:
            broken = statement
        text += f"{broken}\n"
        lines = text.count("\n")
    return text, places


def reports(result: Compilation) -> list[list[int]]:
    """The lines an error points at, error by error."""
    errors = [diagnostic for diagnostic in result.diagnostics if diagnostic.is_error]
    return [[d.span.line, *(label.span.line for label in d.labels)] for d in errors]


def holds(text: str, places: list[tuple[int, int]], folder: Path) -> None:
    result = check(folder, text)
    found = reports(result)
    assert len(found) == len(places), (text, [(d.code, d.summary, d.span) for d in result.diagnostics])
    for first, last in places:
        assert any(first <= line <= last for lines in found for line in lines), (text, found)


def test_nothing_is_wrong_with_the_spec_itself(tmp_path: Path) -> None:
    assert reports(check(tmp_path, planted({})[0])) == []


SLIPS = [(number, slip) for number, (_, slips) in enumerate(STATEMENTS) for slip in range(len(slips))]


@pytest.mark.parametrize(
    ("number", "slip"), SLIPS, ids=[f"{STATEMENTS[n][0].split(':')[0].split(' {')[0]}-{s}" for n, s in SLIPS]
)
def test_every_slip_alone_gives_one_report(number: int, slip: int, tmp_path: Path) -> None:
    text, places = planted({number: slip})
    holds(text, places, tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_as_many_reports_as_slips(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    random = Random(seed)
    numbers = set(random.sample(range(len(STATEMENTS)), random.randint(1, 7)))
    numbers -= {second for first, second in DEPENDENT if first in numbers}
    text, places = planted({number: random.randrange(60) for number in numbers})
    holds(text, places, tmp_path_factory.getbasetemp())


def test_five_errors_of_five_kinds(tmp_path: Path) -> None:
    """Syntax, names, units, timeline, statistics."""
    text, _ = planted({0: 0, 3: 0, 5: 0, 8: 1, 9: 1})
    result = check(tmp_path, text)
    places = [(d.code, d.span.line, d.span.column) for d in result.diagnostics if d.is_error]
    assert places == [("E0303", 5, 27), ("E0101", 14, 16), ("E0401", 22, 27), ("E0201", 27, 16), ("E0601", 28, 34)]


BLOCK = (
    "workload boot on site {\n"
    '  run rally("Dummy.dummy"\n'
    "  hold 2 req/s for 3 s as steady\n"
    "  ramp 2 req/s > 3 req/s over 4 s\n"
    "  hold 2 req/s for 3 s {\n"
    "    hold = 3\n"
    "  }\n"
    "  hold 2 req/s for 3 s\n"
    '  hold 2 req/s for "x\n'
    "  hold 2 req/s for 4 s as 3\n"
    "}\n"
    "experiment trial {\n"
    "  use site, boot\n"
    "  chek x\n"
    "  repeat 3\n"
    "  check\n"
    "}\n"
)


def test_items_of_one_body_are_reported_apart(tmp_path: Path) -> None:
    result = check(tmp_path, HEAD + "architecture site extends single {}\n" + BLOCK)
    lines = [diagnostic.span.line - 5 for diagnostic in result.diagnostics]
    assert (lines, set(codes(result))) == ([3, 4, 5, 9, 10, 14, 17], {"E0101", "E0103"})


def test_what_is_not_indented_as_an_item_is_none(tmp_path: Path) -> None:
    text = 'workload w on site {\n  run rally("x") { a = = 1\n    hold = 2\nhold = 3\n      ramp = 1\n  step = 2 }\n}\n'
    result = check(tmp_path, HEAD + "architecture site extends single {}\n" + text)
    assert codes(result).count("E0101") == 1
