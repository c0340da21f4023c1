"""The command line. `main` answers --version and --help itself; a command's module is imported only to run it."""

from __future__ import annotations

import gc
import sys

_COLLECT_AFTER = 200_000
"""Objects made and not given back, after which Python looks for cycles; a start makes fewer."""

COMMANDS = {
    "lint": "check specs and print what is wrong",
    "explain": "what a code means, an example, and the mend",
    "schema": "the JSON Schemas of what erisc writes",
    "fmt": "put specs into canonical form",
    "lsp": "the language server, for editors",
    "plan": "draw the timeline of load, faults and windows",
    "compile": "turn a spec into a bundle",
    "catalogue": "record the scenarios of Rally plug-ins for a spec",
    "run": "deploy, load, break, heal, measure and judge",
    "evaluate": "judge a recorded run, again or by another spec",
    "compare": "two runs, or the history of a KPI: what changed",
    "report": "write the HTML report of a recorded run",
    "heal": "end every open fault of a run and remove what it made",
    "lab": "the emulated zone: up, status, down, wipe, services, logs",
    "doctor": "what is here, what lacks, and the command that mends it",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the process ends with the returned code (see `erisc.base.failure`)."""
    words = sys.argv[1:] if arguments is None else arguments
    if words in (["--version"], ["-V"]):
        from erisc import __version__

        print(f"erisc {__version__}")
        return 0
    if not words or words[0] in ("--help", "-h", "help"):
        print(_help())
        return 0 if words else 2
    from erisc.cli.invoke import invoke

    if arguments is not None:
        return invoke(words)
    # A start makes no cycles worth looking for, and the end of the process frees all memory anyhow.
    gc.set_threshold(_COLLECT_AFTER, 10, 10)
    try:
        return invoke(words)
    finally:
        gc.freeze()


def _help() -> str:
    listing = "\n".join(f"  {name:<10} {text}" for name, text in COMMANDS.items())
    return (
        "usage: erisc COMMAND [ARGUMENT ...]\n\n"
        "OpenStack Eris as a compiler: a spec in, a verdict out.\n\n"
        f"commands:\n{listing}\n\n"
        "options:\n  -h, --help     this page; `erisc COMMAND --help` for one command\n"
        "  -V, --version  the version\n\n"
        "exit codes: 0 pass, 1 an SLO failed, 2 the spec or the call is wrong, 3 inconclusive,\n"
        "            4 the test bed broke, 130 interrupted"
    )
