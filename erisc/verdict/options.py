"""The options of `evaluate`: a run directory, or files of other tools. Both command lines share them."""

from __future__ import annotations

import argparse

from erisc.base.failure import WRONG_CALL, Failure

TOOLS = {
    "rally": "results of Rally: every run is one repeat, its hooks are the fault",
    "shaker": "Shaker's raw JSON",
    "iperf3": "what `iperf3 -J` wrote",
    "fio": "what `fio --output-format=json` wrote",
    "stress-ng": "stress-ng's metrics, YAML or printed",
    "prometheus": "an answer to a Prometheus query, or a text exposition; METRIC: the spec's name for all series in it",
}
TABLES = {"csv": "a CSV file with a header", "parquet": "a Parquet file"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what is judged, and where the verdict goes."""
    parser.add_argument("--run", metavar="DIR", dest="run_dir", default="", help="a run directory")
    files = parser.add_argument_group("files of other tools, in place of a run")
    for tool, what in TOOLS.items():
        shape = "[METRIC=]FILE" if tool == "prometheus" else "FILE"
        files.add_argument(f"--{tool}", metavar=shape, nargs="+", action="extend", default=[], help=what)
    for kind, what in TABLES.items():
        files.add_argument(f"--{kind}", metavar="TABLE=FILE", nargs="+", action="extend", default=[], help=what)
    parser.add_argument(
        "-o", "--output", metavar="DIR", default="", help="write verdict, tables and report there as well"
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def given(words: argparse.Namespace) -> list[tuple[str, str]]:
    """(option, its value) of every file. Raises Failure unless there is a run, or files, and not both."""
    found = [(name, value) for name in (*TOOLS, *TABLES) for value in getattr(words, name.replace("-", "_"))]
    if bool(words.run_dir) == bool(found):
        raise Failure(
            "a run directory or files of other tools are due" + (", not both" if found else ""),
            mend="e.g. --run DIR, or --rally FILE",
            exit_code=WRONG_CALL,
        )
    if words.run_dir and words.output:
        raise Failure(
            "a run's verdict is written into its own directory", mend="leave out --output", exit_code=WRONG_CALL
        )
    for name, value in found:
        if name in TABLES and not all(value.partition("=")):
            raise Failure(
                f"--{name} {value}: TABLE=FILE is due", mend=f"e.g. --{name} net={value}", exit_code=WRONG_CALL
            )
    return found
