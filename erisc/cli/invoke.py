"""Find a command's module, parse its arguments, run it, and turn whatever goes wrong into a message."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from erisc.base import failure
from erisc.base.ending import ending
from erisc.cli import COMMANDS, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Protocol

    class Command(Protocol):
        """What a module `erisc.cli.NAME_command` offers."""

        def add_arguments(self, parser: argparse.ArgumentParser) -> None:
            """Declare the command's arguments."""

        def run(self, arguments: argparse.Namespace) -> int:
            """Do it; returns the exit code."""


def invoke(words: list[str]) -> int:
    """Run the command that `words` name. Never raises: failures become messages on stderr and an exit code."""
    name = words[0]
    if name not in COMMANDS:
        return _unknown(name)
    return ending(lambda: _run(name, words[1:]), as_json="--json" in words)


def _run(name: str, words: list[str]) -> int:
    command: Command = import_module(f"erisc.cli.{name}_command")
    return command.run(plain.read(command.add_arguments, words) or parsed(command.add_arguments, name, words))


def parsed(declare: Callable[[argparse.ArgumentParser], None], name: str, words: list[str]) -> argparse.Namespace:
    """What argparse reads. Ends the process for `--help` and for a wrong call."""
    import argparse

    parser = argparse.ArgumentParser(
        prog=f"erisc {name}", description=COMMANDS[name], allow_abbrev=False, formatter_class=_formatter
    )
    declare(parser)
    return parser.parse_args(words)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """With a width of its own: argparse imports shutil, and with it three compressors, to find it out."""
    import argparse

    try:
        width = os.get_terminal_size(sys.stdout.fileno()).columns - 2
    except (OSError, ValueError):
        width = 100
    return argparse.HelpFormatter(prog, width=max(width, 40))


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean `erisc {near[0]}`?" if near else "`erisc --help` lists the commands"
    print(f"erisc: error: there is no command {name!r}\n  help: {hint}", file=sys.stderr)
    return failure.WRONG_CALL
