"""How a command ends: exit codes, and the one exception that reaches the user as a message."""

from __future__ import annotations

PASS = 0
"""Every SLO passed (or the command did what it was asked)."""
SLO_FAILED = 1
"""An SLO failed; for `lint`, there were findings."""
WRONG_CALL = 2
"""The spec or the call is wrong."""
INCONCLUSIVE = 3
"""Not enough was seen to judge."""
BROKEN_BED = 4
"""The test bed broke: zone, tool, disk, network."""
INTERRUPTED = 130
"""Ctrl-C."""


class Failure(Exception):  # noqa: N818 - it is the field's word; an Error would suggest a bug
    """Something a user can mend.

    what: one sentence, what is wrong, naming the thing (file, port, host, service).
    mend: what to do about it, a command where there is one.
    detail: further lines to quote as they are (a log line, a tool's own message).
    exit_code: one of the codes above.
    """

    def __init__(self, what: str, *, mend: str = "", detail: str = "", exit_code: int = BROKEN_BED) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.detail = detail
        self.exit_code = exit_code

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  | {line}" for line in self.detail.splitlines()]
        if self.mend:
            lines.append(f"  help: {self.mend}")
        return "\n".join(lines)
