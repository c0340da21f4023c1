"""Line-wise records that a crash, a full disk or a bad clock may have damaged: keep what is good, count the rest."""

from __future__ import annotations

import json
import math
import os
from typing import Any

from erisc.base.record import record
from erisc.verdict.model import Loss

Row = dict[str, Any]


@record
class Lines:
    """Good objects with their line numbers (from 1), what was lost, and how many lines there were."""

    rows: tuple[tuple[int, Row], ...]
    losses: tuple[Loss, ...]
    total: int


def read_lines(root: str, name: str) -> Lines:
    """The JSON objects of `root`/`name`, one a line. A file that is not there has none."""
    path = os.path.join(root, *name.split("/"))
    try:
        with open(path, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return Lines((), (), 0)
    except OSError as error:
        return Lines((), (Loss(name, 0, f"cannot be read: {error.strerror}"),), 0)
    rows: list[tuple[int, Row]] = []
    losses: list[Loss] = []
    lines = content.split(b"\n")
    torn = lines.pop()
    for number, line in enumerate(lines, 1):
        _take(name, number, line, rows, losses)
    if torn:
        _take_torn(name, len(lines) + 1, torn, rows, losses)
    return Lines(tuple(rows), tuple(losses), len(lines) + bool(torn))


def _take(name: str, number: int, line: bytes, rows: list[tuple[int, Row]], losses: list[Loss]) -> None:
    try:
        rows.append((number, parse(line)))
    except ValueError as error:
        losses.append(Loss(name, number, f"not a record: {error}"))


def _take_torn(name: str, number: int, line: bytes, rows: list[tuple[int, Row]], losses: list[Loss]) -> None:
    """A last line without its newline was cut off while it was written; it counts only when it is whole."""
    try:
        rows.append((number, parse(line)))
    except ValueError:
        losses.append(Loss(name, number, "torn: the last line was cut off while it was written"))


def parse(line: bytes) -> Row:
    """One JSON object. Raises ValueError saying what is wrong, NaN and infinities included."""
    try:
        value = json.loads(line, parse_constant=_refuse)
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
