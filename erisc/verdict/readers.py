"""Line-wise records that a crash, a full disk or a bad clock may have damaged: keep what is good, count the rest."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from typing import Any

from erisc.base.record import record
from erisc.verdict.model import Loss

Row = dict[str, Any]


Take = Callable[[int, Row], None]
"""Uses one good line, given its number (from 1); raises ValueError when it does not fit."""


@record
class Read:
    """What came of a file of lines: those that could not be used, and how many lines there were."""

    losses: tuple[Loss, ...]
    total: int


def read_lines(root: str, name: str, take: Take) -> Read:
    """Hand the JSON objects of `root`/`name` to `take`, one a line, in order. A file that is not there has none."""
    losses: list[Loss] = []
    total = 0
    try:
        with open(os.path.join(root, *name.split("/")), "rb") as file:
            for total, line in enumerate(file, 1):
                what = _use(total, line, take)
                if what:
                    losses.append(Loss(name, total, what))
    except FileNotFoundError:
        return Read((), 0)
    except OSError as error:
        losses.append(Loss(name, 0, f"cannot be read: {error.strerror}"))
    return Read(tuple(losses), total)


def _use(number: int, line: bytes, take: Take) -> str:
    """What is wrong with the line, "" when nothing is."""
    try:
        row = parse(line)
    except ValueError as error:
        if not line.endswith(b"\n"):
            return "torn: the last line was cut off while it was written"
        return f"not a record: {error}"
    try:
        take(number, row)
    except ValueError as error:
        return str(error)
    return ""


def parse(line: bytes) -> Row:
    """One JSON object. Raises ValueError saying what is wrong, NaN and infinities included."""
    try:
        value = _DECODER.decode(line.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at column {error.colno}") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    if not isinstance(value, dict):
        raise ValueError(f"an object was expected, not {type(value).__name__}")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
"""One for all lines: `json.loads` would make a new one a line."""


def number(row: Row, key: str) -> float:
    """A finite number of a row. Raises ValueError naming the key."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{key} is {_shown(value)}, a number was expected")
    try:
        converted = float(value)
    except OverflowError:
        converted = math.inf
    if not math.isfinite(converted):
        raise ValueError(f"{key} is not finite")
    return converted


def text(row: Row, key: str) -> str:
    """A string of a row. Raises ValueError naming the key."""
    value = row.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} is {_shown(value)}, text was expected")
    return value.encode("utf-8", "replace").decode()


def whole(row: Row, key: str) -> int:
    """A whole number of a row within 64 bits. Raises ValueError naming the key."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError(f"{key} is {_shown(value)}, a whole number was expected")
    return value


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:40]
