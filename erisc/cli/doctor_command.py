"""`erisc doctor`: exit 0 when all that is needed is here, 4 when something lacks."""

from __future__ import annotations

import sys

from erisc.base import failure
from erisc.base.system import checks
from erisc.cli.show import colored

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from erisc.base.system import Check

_COLORS = {"ok": "32", "missing": "31", "optional": "33"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Look, and tell."""
    found = checks()
    if arguments.json:
        import json

        listing = [{"name": c.name, "state": c.state, "what": c.what, "help": c.mend} for c in found]
        print(json.dumps(listing, indent=2, ensure_ascii=False))
    else:
        print("\n".join(_row(check) for check in found))
    return failure.BROKEN_BED if any(check.state == "missing" for check in found) else failure.PASS


def _row(check: Check) -> str:
    state = f"{check.state:<8}"
    if colored(sys.stdout):
        state = f"\033[{_COLORS[check.state]}m{state}\033[0m"
    mend = f"\n{'':<9}help: {check.mend}" if check.mend and check.state != "ok" else ""
    return f"{state} {check.name}: {check.what}{mend}"
