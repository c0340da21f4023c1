"""`erisc fmt`: exit 0 done, 1 when --check or --diff found a file that would change, 2 errors of syntax."""

from __future__ import annotations

import os
import stat
import sys
import tempfile

from erisc.base.failure import PASS, SLO_FAILED, WRONG_CALL, Failure
from erisc.cli.show import show
from erisc.compiler.formatting import UnformattableError, format_source
from erisc.compiler.reading import MAX_BYTES, read_data, source_of
from erisc.compiler.source import Findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

STDIN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", metavar="FILE", nargs="+", help="a spec; - reads stdin and writes stdout")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing, name the files that would change")
    how.add_argument("--diff", action="store_true", help="write nothing, show what would change")


def run(arguments: argparse.Namespace) -> int:
    """Format every file; the worst result decides."""
    return max(_format(path, arguments.check, arguments.diff) for path in arguments.paths)


def _format(path: str, check: bool, diff: bool) -> int:
    name = "<stdin>" if path == STDIN else os.path.basename(path)
    findings = Findings()
    data = sys.stdin.buffer.read(MAX_BYTES + 1) if path == STDIN else read_data(name, path, findings)
    source = None if data is None else source_of(name, data, findings)
    if data is None or source is None:
        show(findings.sorted(), {})
        return WRONG_CALL
    try:
        formatted = format_source(source.text, name)
    except UnformattableError as error:
        show(error.diagnostics, {name: error.text})
        return WRONG_CALL
    if check or diff:
        return _tell(name if path == STDIN else path, data, formatted, diff)
    if path == STDIN:
        sys.stdout.buffer.write(formatted.encode())
    elif formatted.encode() != data:
        _replace(path, data, formatted.encode())
        print(f"formatted {path}", file=sys.stderr)
    return PASS


def _tell(name: str, data: bytes, formatted: str, diff: bool) -> int:
    if formatted.encode() == data:
        return PASS
    if diff:
        from difflib import unified_diff

        before, after = data.decode().splitlines(keepends=True), formatted.splitlines(keepends=True)
        for line in unified_diff(before, after, name, name):
            print(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", end="")
    else:
        print(name)
    return SLO_FAILED


def _replace(path: str, before: bytes, after: bytes) -> None:
    """Put the new text in the file's place: whole or not at all, with its mode, through links.

    Raises Failure when the file is no longer the one that was read, and OSError.
    """
    real = os.path.realpath(path)
    mode = stat.S_IMODE(os.stat(real).st_mode)
    scratch, beside = tempfile.mkstemp(prefix=".erisc-fmt-", dir=os.path.dirname(real))
    try:
        with os.fdopen(scratch, "wb") as file:
            file.write(after)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        with open(real, "rb") as file:
            if file.read() != before:
                raise Failure(f"{path} changed while it was read; it is left as it is", mend="format it again")
        os.replace(beside, real)
    except BaseException:
        os.unlink(beside)
        raise
