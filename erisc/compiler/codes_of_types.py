"""E3: units, types, values."""

from __future__ import annotations

from erisc.compiler.codes import Code

TYPES = (
    Code(
        "E0301",
        "the wrong type",
        "What stands here is of another type than what is due: a string for a number, a list for a name.",
        "Write a value of the right type.",
        "topology tenant on site {\n  network apps { cidr = 10 }\n}",
        'topology tenant on site {\n  network apps { cidr = "10.20.0.0/24" }\n}',
    ),
    Code(
        "E0302",
        "the wrong unit",
        "Dimensions are followed through every expression and formula: durations are compared with durations, and only "
        "like is added to like.",
        "Write the quantity in a unit of the right dimension.",
        "kpi waits: ratio = mean(boot.duration during boot.steady) - 50 %\nslo available: waits < 1",
        "kpi waits: duration = mean(boot.duration during boot.steady) - 50 ms\nslo available: waits < 1 s",
    ),
    Code(
        "E0303",
        "an unknown unit",
        "Units come from a closed table: us ms s min h d, %, req/s, users, bit/s to Tbit/s, B to TiB, B/s to "
        "GiB/s, per s "
        "to per d.",
        "Use a unit of the table.",
        "param load: duration = 60 sec",
        "param load: duration = 60 s",
    ),
    Code(
        "E0304",
        "`m` alone",
        "`m` is read as minutes by some and as mebibytes by others, so it is neither.",
        "Write `min` or `MiB`.",
        "param load: duration = 1 m",
        "param load: duration = 1 min",
    ),
    Code(
        "E0305",
        "a number without a unit",
        "Where a quantity is due there is no default unit.",
        "Add the unit.",
        "param load: duration = 60",
        "param load: duration = 60 s",
    ),
    Code(
        "E0306",
        "out of range",
        "The value is of the right type but not within its bounds: those of the parameter, or those of the "
        "thing itself.",
        "Write a value within the bounds.",
        "param load: duration = 60 s in 1 s .. 30 s",
        "param load: duration = 60 s in 1 s .. 90 s",
    ),
    Code(
        "E0307",
        "a setting that cannot be read",
        "`--set` values are read by the type of the parameter, quantities with their units.",
        "Write the value as the spec would.",
        "param load: duration = 60 s",
        "param load: duration = 60 s",
        "load=soon",
        "load=50 s",
    ),
    Code(
        "E0308",
        "arithmetic without a result",
        "The expression divides by zero, or its value is larger than 2^53, beyond which numbers lose their "
        "last digits.",
        "Correct the expression.",
        "param load: duration = 60 s / 0",
        "param load: duration = 60 s / 1",
    ),
    Code(
        "E0309",
        "this does not make a formula or a call",
        "A function, action or driver is called with something else than it takes, or rows of a table stand "
        "where a number "
        "is due.",
        "Follow the form in the message.",
        "kpi success: ratio = boot[ok]",
        "kpi success: ratio = count(boot[ok] during boot.steady) / count(boot during boot.steady)",
    ),
    Code(
        "E0310",
        "a field is missing",
        "The block lacks a field that has no sensible default.",
        "Add the field.",
        "topology tenant on site {\n  network apps\n}",
        'topology tenant on site {\n  network apps { cidr = "10.20.0.0/24" }\n}',
    ),
    Code(
        "E0311",
        "rows that cannot be split so",
        "`by` computes a KPI for every value of a label, so every table that the formula reads must have the label, a "
        "column of strings, and every KPI that it names must be split alike or not at all.",
        "Split by a label that all rows of the formula have.",
        "kpi success: ratio = count(boot[ok] during boot.steady) / count(boot during boot.steady) by (az)",
        "kpi success: ratio = count(boot[ok] during boot.steady) / count(boot during boot.steady) by (stage)",
    ),
)
