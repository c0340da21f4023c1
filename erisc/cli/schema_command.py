"""`erisc schema`: the published JSON Schemas of what erisc writes."""

from __future__ import annotations

import os
import sys

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.home import data_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

_SUFFIX = ".schema.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="which schema; without a name, they are listed")


def run(arguments: argparse.Namespace) -> int:
    """Print a schema as it was published. Raises Failure for an unknown one."""
    folder = data_file("docs", "schema")
    names = {name.removesuffix(_SUFFIX): name for name in sorted(os.listdir(folder)) if name.endswith(_SUFFIX)}
    if arguments.name is None:
        for name, file in names.items():
            print(f"{name:<10} {_title(os.path.join(folder, file))}")
        return 0
    if arguments.name not in names:
        mend = f"there is {', '.join(names)}"
        raise Failure(f"there is no schema {arguments.name!r}", mend=mend, exit_code=WRONG_CALL)
    with open(os.path.join(folder, names[arguments.name]), encoding="utf-8") as schema:
        sys.stdout.write(schema.read())
    return 0


def _title(path: str) -> str:
    import json

    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    return str(schema.get("description") or schema.get("title") or "").split(". ")[0].rstrip(".")
