"""The Plan as JSON, cell by cell, so that a sweep of many points takes no memory."""

from __future__ import annotations

from erisc.base import json_text
from erisc.base.record import replace
from erisc.compiler.plan import Cell, Plan
from erisc.compiler.plan_json import cell_to_json, plan_to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EMPTY = '\n  "cells": [],\n'


def plan_text(plan: Plan, cell: Cell | None) -> Iterator[str]:
    """The text of plan.json in parts; with a cell, of a Plan that has no other."""
    cells: Sequence[Cell] = plan.cells if cell is None else (cell,)
    frame = json_text.dump(plan_to_json(replace(plan, cells=()))).decode()
    head, _, tail = frame.partition(_EMPTY)
    yield head + '\n  "cells": [\n'
    for index, one in enumerate(cells):
        text = json_text.dump(cell_to_json(one)).decode().rstrip("\n")
        yield (",\n" if index else "") + "\n".join(f"    {line}" for line in text.split("\n"))
    yield f"\n  ],\n{tail}"
