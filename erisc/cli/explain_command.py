"""`erisc explain`: what a code means, an example, what erisc says to it, and the mend."""

from __future__ import annotations

import sys

from erisc.base.failure import WRONG_CALL, Failure
from erisc.cli.show import colored
from erisc.compiler.codes import Code
from erisc.compiler.source import nearest
from erisc.reference.codes import FAMILIES, every_code, family

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("codes", metavar="CODE", nargs="*", help="e.g. E0302; without one, all are listed")
    parser.add_argument("--json", action="store_true", help="print the catalogue's entries as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the page of each code. Raises Failure for an unknown one."""
    known = every_code()
    chosen = [_find(word, known) for word in arguments.codes]
    if arguments.json:
        _print_json(chosen or list(known.values()))
    elif chosen:
        from erisc.reference.code_page import plain

        sys.stdout.write("\n".join(plain(code) for code in chosen))
    else:
        sys.stdout.write(_listing(known, colored(sys.stdout)))
    return 0


def _find(word: str, known: dict[str, Code]) -> Code:
    found = known.get(word.upper())
    if found is None:
        guess = nearest(word.upper(), known)
        mend = f"did you mean {guess}? `erisc explain` lists all" if guess else "`erisc explain` lists all"
        raise Failure(f"there is no code {word!r}", mend=mend, exit_code=WRONG_CALL)
    return found


def _listing(known: dict[str, Code], color: bool) -> str:
    bold, plain = ("\033[1m", "\033[0m") if color else ("", "")
    lines = []
    for key, (_, title) in FAMILIES.items():
        lines += ["", f"{bold}{title}{plain}"]
        lines += [f"  {code.code}  {code.title}" for code in known.values() if family(code.code) == key]
    return "\n".join(lines[1:]) + "\n"


def _print_json(codes: list[Code]) -> None:
    import json

    from erisc.base.record import fields

    shown = [{name: getattr(code, name) for name in fields(code)} for code in codes]
    print(json.dumps({"format": 1, "codes": shown}, indent=2, ensure_ascii=False))
