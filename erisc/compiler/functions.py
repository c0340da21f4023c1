"""The catalogue of KPI functions: what each takes, its options, what it yields, and where its definition comes from.

The compiler checks formulas against it, the KPI target lowers what it lists, the language server and the reference show
it. Nothing else knows a function by name, but for `recover`, whose place is inside another one.
"""

from __future__ import annotations

import math

from erisc.base.record import record

ROWS = "rows"
"""Rows of a table, a workload or a metric: `api[ok]`, `boot`."""
HITS = "hits"
"""Rows with a filter: its last brackets ask for what is counted among those that the others leave."""
ITERATIONS = "iterations"
"""Rows of one workload: `boot`."""
NUMBERS = "numbers"
"""A column of numbers: `boot.duration`, or the values of a rolling aggregate."""
TRUTHS = "truths"
"""A column that is true or false: `boot.ok`."""
LATENCY = "latency"
"""How long attempts took, of a table that says which succeeded: `boot.duration`, `api[op == "x"].duration`."""
SERIES = "series"
"""The successful iterations of one workload per second: `boot.rate`."""

SAME = "same"
"""The result is of the column's own type."""
SPREAD = "spread"
"""The result is of the column's own type, but a pure number where that one is counted in wholes."""


@record
class Option:
    """A named argument. default: in the type's base unit; None when it must be given. low, high: inclusive bounds.

    open: the bounds themselves are excluded.
    """

    name: str
    type: str
    default: float | None
    low: float
    high: float
    open: bool
    meaning: str


@record
class Function:
    """takes: any of the kinds above. result: a type, or SAME, or SPREAD. windows: kinds of window, one of which is due;
    () when any will do and none as well. fault: the window is that of a fault. rolls: it may be taken over every
    stretch of a window, `p95(boot.duration over 10 s)`. folds: it may be taken over the values of such stretches.
    """

    name: str
    takes: tuple[str, ...]
    result: str
    meaning: str
    source: str
    options: tuple[Option, ...] = ()
    windows: tuple[str, ...] = ()
    fault: bool = False
    rolls: bool = False
    folds: bool = False


_TRIM = Option("trim", "ratio", 0.1, 0.0, 0.5, True, "share left out at each end")
_SATISFIED = Option("satisfied", "duration", 0.5, 0.0, math.inf, True, "up to which an answer satisfies")
_RESOLUTION = Option(
    "resolution", "duration", 1.0, 0.0, math.inf, True, "length of the slots of time that are looked at"
)
_WITHIN = Option("within", "ratio", None, 0.0, 1.0, True, "how far below the baseline still counts as back")
_LIMIT = Option("limit", "duration", None, 0.0, math.inf, True, "what the quantile must not exceed")
_QUANTILE = Option("quantile", "ratio", 0.95, 0.0, 1.0, True, "share of the iterations that must be within the limit")
_WIDTH = Option("width", "duration", 10.0, 0.0, math.inf, True, "length of the stretches that are compared")

_DESCRIPTIVE = "ISO 3534-1"
_RUNNERS = "shakhat/rally-runners, as docs/verdict.md states it"

FUNCTIONS: tuple[Function, ...] = (
    Function("count", (ROWS,), "count", "how many rows", "", rolls=True),
    Function("sum", (NUMBERS,), SAME, "the sum of a column", "", rolls=True, folds=True),
    Function(
        "mean",
        (NUMBERS, TRUTHS, SERIES),
        SPREAD,
        "the arithmetic mean of a column; the share of a column that is true; a series over its window",
        _DESCRIPTIVE,
        rolls=True,
        folds=True,
    ),
    Function("min", (NUMBERS,), SAME, "the smallest value of a column", "", rolls=True, folds=True),
    Function("max", (NUMBERS,), SAME, "the largest value of a column", "", rolls=True, folds=True),
    Function(
        "stddev",
        (NUMBERS,),
        SPREAD,
        "the standard deviation of the sample (n - 1)",
        _DESCRIPTIVE,
        rolls=True,
        folds=True,
    ),
    Function(
        "trimmed_mean",
        (NUMBERS,),
        SPREAD,
        "the mean without the smallest and the largest values",
        "Tukey and McLaughlin 1963",
        (_TRIM,),
        rolls=True,
        folds=True,
    ),
    Function("rate", (ROWS,), "rate", "rows per second of the window", "", rolls=True),
    Function(
        "ratio", (HITS,), "ratio", "share of the rows for which the filters of the last brackets hold", "", rolls=True
    ),
    Function("histogram", (NUMBERS,), "histogram", "the distribution of a column, for the report", "HdrHistogram"),
    Function(
        "apdex",
        (LATENCY,),
        "ratio",
        "share of the satisfied and half of the tolerating: up to `satisfied`, and up to four times of it; what failed "
        "is frustrated however fast",
        "Apdex Alliance, Technical Specification 1.1",
        (_SATISFIED,),
        rolls=True,
    ),
    Function(
        "availability",
        (ITERATIONS,),
        "ratio",
        "share of the slots of time with an attempt in which one succeeded",
        "ITU-T E.800, interval availability",
        (_RESOLUTION,),
        ("during", "before", "after", "between"),
    ),
    Function(
        "downtime",
        (ITERATIONS,),
        "duration",
        "how long nothing that was attempted succeeded: the slots of time with attempts that all failed",
        "ITU-T E.800, down time",
        (_RESOLUTION,),
        ("during", "before", "after", "between"),
    ),
    Function(
        "recover",
        (SERIES,),
        "duration",
        "for each instance of a fault, the time from its onset until the series is back for good; it stands inside "
        "`max`, `mean` or `min`",
        "docs/verdict.md, Recovery",
        (_WITHIN,),
        ("after",),
        fault=True,
    ),
    Function(
        "mttr",
        (SERIES,),
        "duration",
        "mean time to recovery over the instances of a fault and all repeats; what was not seen to recover is "
        "censored, never dropped",
        "Kaplan and Meier 1958; restricted mean: Irwin 1949",
        (_WITHIN,),
        ("after",),
        fault=True,
    ),
    Function(
        "degradation",
        (LATENCY,),
        "ratio",
        "mean duration of the successful iterations of the window over that before the fault",
        _RUNNERS,
        (),
        ("during", "after"),
        fault=True,
    ),
    Function(
        "throughput_at",
        (LATENCY,),
        "rate",
        "the highest rate of successful iterations in a stretch whose quantile of durations is within the limit",
        "RFC 2544, 26.1, with a limit on delay",
        (_LIMIT, _QUANTILE, _WIDTH),
    ),
    Function(
        "recovery",
        (ITERATIONS,),
        "duration",
        "restricted mean time from the fault until latency and errors are back for good; what was not seen to recover "
        "is censored, never dropped",
        "Kaplan and Meier 1958; restricted mean: Irwin 1949",
        (),
        ("after", "during"),
        fault=True,
    ),
    Function(
        "downtime_rally_runners",
        (ITERATIONS,),
        "duration",
        "from the first to the last error of a cluster, widened by half the gap to its neighbours, as published",
        _RUNNERS,
        (),
        ("after", "during"),
        fault=True,
    ),
    Function(
        "mttr_rally_runners",
        (ITERATIONS,),
        "duration",
        "degraded time a run, averaged over the runs in which degradation was detected, as published",
        _RUNNERS,
        (),
        ("after", "during"),
        fault=True,
    ),
)

_BY_NAME = {function.name: function for function in FUNCTIONS}


def find(name: str) -> Function | None:
    """The function of a name; `p50`, `p99_9`, … are quantiles."""
    found = _BY_NAME.get(name)
    if found is None and _percents(name):
        share = f"{quantile(name) * 100:.6g} %"
        meaning = f"the value that {share} of a column do not exceed"
        return Function(name, (NUMBERS,), SAME, meaning, "Hyndman and Fan 1996, type 1", rolls=True, folds=True)
    return found


def quantile(name: str) -> float:
    """The share below: 0.99 for `p99`, 0.999 for `p99_9`. Raises ValueError when it is not a quantile's name."""
    percents = _percents(name)
    if not percents:
        raise ValueError(f"{name} is no quantile")
    return round(float(percents) / 100, 12)


def _percents(name: str) -> str:
    """`99.9` of `p99_9`; "" when it is not a quantile's name: two digits before the mark, four after it, not all 0."""
    whole, mark, part = name[1:].partition("_")
    if not name.startswith("p") or not whole.isdecimal() or len(whole) > 2:
        return ""
    if (mark and not part.isdecimal()) or len(part) > 4 or set(whole + part) == {"0"}:
        return ""
    return f"{whole}.{part or 0}"


def names() -> tuple[str, ...]:
    """Every name for did-you-mean and completion; quantiles by their usual ones."""
    return (*_BY_NAME, "p5", "p50", "p90", "p95", "p99", "p99_9")


_SHOWN = {
    ROWS: "rows",
    HITS: "rows[filters]",
    ITERATIONS: "workload",
    NUMBERS: "column",
    TRUTHS: "column",
    LATENCY: "rows.duration",
    SERIES: "workload.rate",
}


def signature(function: Function) -> str:
    """How it is called: `trimmed_mean(column, trim: ratio = 10 %) -> that of the column`."""
    takes = " | ".join(dict.fromkeys(_SHOWN[kind] for kind in function.takes))
    if function.windows:
        what = "FAULT" if function.fault else "WINDOW"
        takes += f" {'|'.join(function.windows)} {what}" if function.name != "recover" else ""
    options = [f"{one.name}: {one.type}" + _default(one) for one in function.options]
    result = "that of the column" if function.result in (SAME, SPREAD) else function.result
    return f"{function.name}({', '.join((takes, *options))}) -> {result}"


def _default(option: Option) -> str:
    if option.default is None:
        return ""
    return f" = {option.default * 100:g} %" if option.type == "ratio" else f" = {option.default:g} s"


def describe(name: str) -> str:
    """What a function does, in a line or two, for a hover; "" when there is none of the name."""
    function = find(name)
    if function is None:
        return ""
    source = f" ({function.source})" if function.source else ""
    return f"{signature(function)}\n{function.meaning}{source}"
