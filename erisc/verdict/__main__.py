"""`python -m erisc.verdict`: judge a run, write its report, or compare two, with nothing of erisc but this."""

from __future__ import annotations

import sys
from argparse import Namespace

from erisc.base.ending import ending
from erisc.base.failure import PASS, WRONG_CALL, Failure
from erisc.verdict import compare_options
from erisc.verdict.model import Verdict
from erisc.verdict.options import TABLES, TOOLS, add_options, given

USAGE = """usage: python -m erisc.verdict evaluate BUNDLE --run DIR | --rally FILE... [-o DIR] [--json]
       python -m erisc.verdict report DIR [-o FILE] [--json]
       python -m erisc.verdict compare A B [--json]"""


def main(arguments: list[str]) -> int:
    """Run one of the commands; returns the exit code."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="python -m erisc.verdict", usage=USAGE, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    judge = commands.add_parser("evaluate", help="judge a recorded run by the KPIs and SLOs of a bundle")
    judge.add_argument("bundle")
    add_options(judge)
    report = commands.add_parser("report", help="write the HTML report of a recorded run")
    report.add_argument("run", metavar="DIR")
    report.add_argument("-o", "--output", metavar="FILE", default="")
    report.add_argument("--json", action="store_true", help="print where it was written as JSON")
    against = commands.add_parser("compare", help="compare two recorded runs, or find where a KPI changed over many")
    compare_options.add_arguments(against)
    words = parser.parse_args(arguments)
    if words.command == "report":
        return ending(lambda: _report(words.run, words.output, words.json), as_json=words.json)
    if words.command == "compare":
        return ending(lambda: _compare(words), as_json=words.json)
    return ending(lambda: _evaluate(words), as_json=words.json)


def _compare(words: Namespace) -> int:
    from erisc.verdict.comparing import compared

    return compared(words)


def _evaluate(words: Namespace) -> int:
    from erisc.verdict.terminal import render

    verdict = _judged(words)
    sys.stdout.write(verdict.to_json() if words.json else render(verdict, sys.stdout.isatty()))
    return verdict.exit_code


def _judged(words: Namespace) -> Verdict:
    found = given(words)
    if words.run_dir:
        from erisc.verdict import evaluate

        return evaluate(words.bundle, words.run_dir)
    from erisc.verdict.foreign.judging import Files
    from erisc.verdict.foreign.judging import evaluate as evaluate_files

    files = Files(
        rally=tuple(value for name, value in found if name == "rally"),
        samples=tuple((name, value) for name, value in found if name in TOOLS and name != "rally"),
        tables=tuple((name, *_pair(value)) for name, value in found if name in TABLES),
    )
    return evaluate_files(words.bundle, files, words.output)


def _pair(text: str) -> tuple[str, str]:
    table, _, path = text.partition("=")
    return table, path


def _report(run: str, output: str, as_json: bool) -> int:
    import json
    import os

    from erisc.verdict import files
    from erisc.verdict.evaluation import judged
    from erisc.verdict.reports import html

    bundle = os.path.join(run, "bundle")
    if not os.path.isdir(bundle):
        raise Failure(
            f"{run} is not a run directory: it has no bundle",
            mend="name one that `erisc run` made",
            exit_code=WRONG_CALL,
        )
    path = output or os.path.join(run, "report.html")
    files.write(path, html.render(*judged(bundle, run)))
    print(json.dumps({"report": path}) if as_json else path)
    return PASS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
