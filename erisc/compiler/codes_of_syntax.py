"""E1, the syntax of a spec."""

from __future__ import annotations

from erisc.compiler.codes import Code

SYNTAX = (
    Code(
        "E0101",
        "something else was expected",
        "The text cannot go on like this. The message lists what could stand here and names the statement it "
        "is in. The compiler drops the statement and goes on at the next item of the same body, or else at the next "
        "keyword in column one, so one slip gives one report.",
        "Write one of the listed things; look for a missing brace or a misspelt keyword.",
        'workload boot on site {\n  run rally("Dummy.dummy")\n  hold 1 req/s 60 s\n}',
        'workload boot on site {\n  run rally("Dummy.dummy")\n  hold 1 req/s for 60 s as steady\n}',
    ),
    Code(
        "E0102",
        "a character without a meaning",
        "The character belongs to no word, number or sign of the language.",
        "Strings are written in double quotes, comments start with `//`.",
        "topology tenant on site {\n  network apps { cidr = '10.20.0.0/24' }\n}",
        'topology tenant on site {\n  network apps { cidr = "10.20.0.0/24" }\n}',
    ),
    Code(
        "E0103",
        "a string that is not closed",
        'A string ends with a double quote on the line it starts on. A quote inside is written `\\"`.',
        "Close the string.",
        'topology tenant on site {\n  network apps { cidr = "10.20.0.0/24 }\n}',
        'topology tenant on site {\n  network apps { cidr = "10.20.0.0/24" }\n}',
    ),
    Code(
        "E0104",
        "nested too deeply",
        "Parentheses, lists, blocks and operators nest to a limit, so that compiling is bounded whatever the input.",
        "Give parts of the formula a name with `kpi`.",
        f"kpi other: number = {'(' * 200}1{')' * 200}",
        "kpi other: number = (1)",
    ),
    Code(
        "E0105",
        "a file that cannot be read",
        "There is no such file, it is a folder, a pipe or a device, or its permissions forbid it.",
        "Name a spec file, e.g. `erisc lint examples/quickstart.eris`.",
    ),
    Code(
        "E0106",
        "a spec that is too large",
        "A spec has at most 2 MiB, 100 000 words and signs and 2000 statements, so that compiling is bounded whatever "
        "the input.",
        "Split the spec; check that the file is a spec at all.",
    ),
    Code("E0107", "not a text file", "A spec is UTF-8 text without NUL bytes.", "Save the file as UTF-8."),
    Code(
        "E0108",
        "the edition is missing",
        "Every spec says first which edition of the language it is written in, so that it means the same for ever.",
        "Make `edition 2026` the first statement.",
        "seed 1\nedition 2026",
        "seed 1",
    ),
    Code(
        "E0109",
        "an unknown edition",
        "This erisc knows the edition 2026 only.",
        "Write `edition 2026`.",
        "edition 2031",
        "edition 2026",
    ),
)
