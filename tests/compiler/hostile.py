"""Texts made to break a compiler: each a fragment for the frame, most of them tiny to say and huge to mean."""

from __future__ import annotations

DEEP = 10_000
MANY = 1_900  # statements; the limit is 2000
KILL = "kill(rabbitmq on one(controller)) for 1 s"
_RUN = 'run rally("Dummy.dummy")'


def _workload(inside: str) -> str:
    return f"workload boot on site {{\n  {_RUN}\n{inside}\n}}"


def _storm(fault: str) -> str:
    return f"faults storm on site {{\n  fault crash: {fault}\n}}"


def _trial(clauses: str) -> str:
    return f"experiment trial {{\n  use site, boot, storm\n  {clauses}\n  check available\n}}"


NESTED = {
    "parentheses": "kpi x: number = " + "(" * DEEP + "1" + ")" * DEEP,
    "lists": "image a { b = " + "[" * DEEP + "]" * DEEP + " }",
    "calls": "kpi x: number = " + "f(" * DEEP + ")" * DEEP,
    "blocks": "image a " + "{ a " * DEEP + "}" * DEEP,
    "together": _storm("at 1 s do " + "together { " * DEEP + KILL + " }" * DEEP),
    "then": _storm(f"at 1 s do {KILL}" + f" then {KILL}" * DEEP),
    "minus": "kpi x: number = " + "- " * DEEP + "1",
    "sum": "kpi x: number = " + "1 + " * DEEP + "1",
    "power": "kpi x: number = " + "2 ^ " * DEEP + "2",
    "attributes": "kpi x: number = a" + ".b" * DEEP,
    "filters": "kpi x: number = a" + "[b]" * DEEP,
    "arguments": "kpi x: number = " + "f(a = 1 + " * 60 + "1" + " + 1" * 60 + ")" * 60,
    "extends": "architecture a0 extends single {}\n"
    + "\n".join(f"architecture a{n} extends a{n - 1} {{}}" for n in range(1, DEEP)),
    "extends_chain": "architecture a0 extends single {}\n"
    + "\n".join(f"architecture a{n} extends a{n - 1} {{}}" for n in range(1, MANY)),
    "extends_circle": "architecture a extends b {}\narchitecture b extends a {}",
    "kpi_circle": "kpi a: number = b\nkpi b: number = c + 1\nkpi c: number = a * 2",
    "param_doubles": "param k0: number = 1\n"
    + "\n".join(f"param k{n}: number = k{n - 1} * k{n - 1} + k{n - 1}" for n in range(1, MANY))
    + "\nkpi k0: number = 1",
    "kpi_names": "\n".join(f"kpi k{n}: count = kz{n}" for n in range(MANY)),
    "kpi_labels": "kpi x: count = count(boot) by (" + ", ".join(f"l{n}" for n in range(40_000)) + ")",
    "kpi_filters": "kpi x: count = count(boot[" + ", ".join(f"c{n}" for n in range(30_000)) + "])",
    "kpi_options": "kpi x: ratio = apdex(boot.duration" + "".join(f", o{n} = 1 s" for n in range(15_000)) + ")",
    "kpi_doubles": "kpi k0: number = count(boot)\n"
    + "\n".join(f"kpi k{n}: number = k{n - 1} * k{n - 1} + k{n - 1}" for n in range(1, 60))
    + "\nslo s: k59 < nothing",
}

HUGE = {
    "sweep": _trial("sweep load in 1 us .. 1000000 s step 1 us"),
    "sweeps": "".join(f"param p{n}: int = 1\n" for n in range(12))
    + _trial("\n".join(f"  sweep p{n} in 1 .. 1000000000000 step 1" for n in range(12))),
    "repeat": _trial("repeat 10 ^ 15"),
    "hosts": "architecture site extends single {\n  node compute * 10 ^ 12\n}",
    "servers": "topology t on site {\n  server s * 10 ^ 12\n}",
    "power_of_powers": "param x: number = 9 ^ 9 ^ 9 ^ 9 ^ 9",
    "exponent": "param x: number = 10 ^ 400",
    "tiny": "param x: number = 1 / 10 ^ 400",
    "digits": "param x: int = " + "9" * 1_900_000,
    "fraction": "param x: number = 0." + "9" * 1_900_000,
    "exponent_notation": "param x: number = 1e999",
    "instants": _storm("every 1 us until 9 d do kill(rabbitmq on controller) for 1 us"),
    "arrivals": _workload("  hold 10 ^ 15 req/s for 10 ^ 15 d"),
    "steps": _workload("  step 1 req/s -> 10 ^ 12 req/s by 1 req/s every 1 us"),
    "iterations": _workload("  hold 1 users for 10 ^ 18 iterations\n hold 1 users for nothing"),
    "limit": "limit most: largest n in 1 .. 10 ^ 300 of make(n) where available > 1 %",
    "seed": "seed " + "9" * 5_000,
}

LONG = {
    "arguments": 'workload w on site { run rally("x", ' + ",".join(["1"] * 900_000) + ") }",
    "list": _workload("  hold 1 req/s for nothing\n").replace(_RUN, _RUN + " { a = [" + "1, " * 40_000 + "] }"),
    "names": _trial("use " + ", ".join(f"n{n}" for n in range(40_000))),
    "line": "kpi x: number = 1" + " + 1" * 500_000,
    "seeds": "seed 1 " * 280_000,
    "characters": "?" * 2_000_000,
    "quotes": '"' * 2_000_000,
    "slashes": "kpi x: number = " + "/ " * 900_000,
    "string": 'import "' + "\\" * 1_900_000,
    "name": f"param {'x' * 1_000_000}: int = {'y' * 900_000}",
    "spaces": "kpi x: number = 1" + " " * 1_900_000 + "+",
    "errors": "\n".join(f"kpi k{n} = 1" for n in range(110_000)),
    "unknown": "\n".join(f"slo s{n}: nobody{n} < 1 s" for n in range(MANY)),
    "items": "workload w on site {\n" + "  hold 1\n" * 200_000 + "}",
    "imports": "import std.faults { kill }\n" * 60_000,
    "files": "".join(f'import "a{n}.eris"\n' for n in range(100_000)),
    "experiments": "\n".join(f"experiment e{n} {{\n  use site\n  repeat 1000\n}}" for n in range(MANY)),
    "conditions": "limit l: largest n in 1 .. 9 of f(n) where " + " and ".join(["a > 1"] * 20_000),
    "faults": "faults storm on site {\n"
    + "".join(f"  fault a{n}: every 1 ms until 9 s do kill(nobody on controller) for 1 us\n" for n in range(3000))
    + "}",
}

QUICK = ("parentheses", "blocks", "together", "minus", "extends_circle", "kpi_circle", "arguments")
"""Of NESTED: those that take milliseconds."""

HARMLESS = {
    "comment": "seed 1 //" + "/" * 1_900_000,
    "lines": "\n" * 1_900_000,
    "stages": _workload("  hold 1 req/s for 9 s as steady\n" + "  hold 1 req/s for 1 s\n" * 1_000),
    "together_with_a_partner": f"workload a on site with b {{ {_RUN} hold 1 users for 1 s }}\n"
    f"workload b on site with a {{ {_RUN} hold 1 users for 1 s }}",
}
