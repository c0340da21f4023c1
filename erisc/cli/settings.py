"""`--set NAME=VALUE`."""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare `--set`."""
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], dest="settings", help="give a param another value"
    )


def settings_of(arguments: argparse.Namespace) -> dict[str, str]:
    """`--set` words as a mapping. Raises Failure for a word without `=`."""
    pairs = {}
    for word in arguments.settings:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Failure(f"--set {word}: a NAME=VALUE is due", mend="e.g. --set load='30 s'", exit_code=WRONG_CALL)
        pairs[name.strip()] = value.strip()
    return pairs
