"""Markdown suites: a page that people read and tests execute. tests/compiler/suites/README.md says how to write one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from erisc.base.record import record
from erisc.compiler import compile_spec, lint_spec
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.pipeline import Compilation
from erisc.compiler.plan import Cell
from erisc.compiler.plan_json import plan_to_json
from erisc.compiler.render import render, render_concise
from erisc.reference.sample import NAME, as_written, patched

SPEC = NAME
_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) +(.+?)$", re.MULTILINE)
_NAMED = re.compile(r"`([\w./-]+\.eris)`:\s*$")
_EXPECTED = re.compile(r"//[ \t]*(error|warning):[ \t]*([EW]\d{4})[ \t]*([^\n]*)")
_OUTPUTS = ("diagnostics", "timeline", "json")


@record
class Block:
    """A fenced block. index: its number in the page. file: the name given on the line before, or ""."""

    info: str
    body: str
    index: int
    file: str


@record
class Case:
    """A spec, the files beside it, and the blocks that say what comes of it."""

    page: Path
    title: str
    spec: Block
    files: tuple[Block, ...]
    outputs: tuple[Block, ...]

    @property
    def id(self) -> str:
        """`page: heading 3`."""
        return f"{self.page.stem}: {self.title} {self.spec.index}"


def cases(page: Path) -> list[Case]:
    """Every spec of a page, in order."""
    text = page.read_text()
    headings = [(match.start(), match[2]) for match in _headings(text)]
    found: list[Case] = []
    sections: dict[tuple[int, str], list[Block]] = {}
    for index, match in enumerate(_BLOCK.finditer(text)):
        section = next((one for one in reversed(headings) if one[0] < match.start()), (0, page.stem))
        named = _NAMED.search(text, match.start() - 80 if match.start() > 80 else 0, match.start())
        block = Block(match["info"].strip(), match["body"], index, named[1] if named else "")
        sections.setdefault(section, []).append(block)
    for (_, title), blocks in sections.items():
        found += _section(page, title, blocks)
    return found


def _headings(text: str) -> Iterator[re.Match[str]]:
    fences = [match.span() for match in _BLOCK.finditer(text)]
    return (m for m in _HEADING.finditer(text) if not any(a <= m.start() < b for a, b in fences))


def _section(page: Path, title: str, blocks: list[Block]) -> list[Case]:
    files = tuple(block for block in blocks if block.file)
    specs = [block for block in blocks if block.info.split()[:1] == ["eris"] and not block.file]
    found = []
    for spec, following in zip(specs, [*specs[1:], None], strict=False):
        last = following.index if following else blocks[-1].index + 1
        outputs = tuple(
            b for b in blocks if spec.index < b.index < last and b.info.split()[:1] and b.info.split()[0] in _OUTPUTS
        )
        found.append(Case(page, title, spec, files, outputs))
    return found


# --- one case ---------------------------------------------------------------------------------------------------------


def run(case: Case, folder: Path) -> None:
    """Compile the spec and compare what comes of it with what the page says. Raises AssertionError."""
    whole, options = _options(case.spec)
    body = case.spec.body
    text = body if whole else patched(body)
    for block in case.files:
        path = folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.body)
    (folder / SPEC).write_text(text)
    result = _compile(folder / SPEC, options)
    shown = tuple(diagnostic if whole else as_written(diagnostic, body) for diagnostic in result.diagnostics)
    _inline(case, shown)
    for block in case.outputs:
        _output(case, block, result, shown)


def _options(block: Block) -> tuple[bool, dict[str, str]]:
    words = re.findall(r'([\w.]+)(?:=("[^"]*"|\S+))?', block.info)[1:]
    known = {name: value.strip('"') for name, value in words}
    bad = [name for name in known if name not in ("whole", "experiment") and not name.startswith("set.")]
    assert not bad, f"unknown words after ```eris: {bad}"
    return "whole" in known, known


def _compile(path: Path, options: dict[str, str]) -> Compilation:
    settings = {name.removeprefix("set."): value for name, value in options.items() if name.startswith("set.")}
    if settings or "experiment" in options:
        return compile_spec(str(path), settings=settings, experiment=options.get("experiment"))
    return lint_spec(str(path))


def _inline(case: Case, found: tuple[Diagnostic, ...]) -> None:
    """Errors are those that the comments name, on their lines. Warnings too, once one comment names a warning."""
    if any(block.info == "diagnostics" for block in case.outputs):
        return
    due = [expected for block in (case.spec, *case.files) for expected in _expected(block)]
    strict = any(code.startswith("W") for _, _, code, _ in due)
    seen = [(d.span.file, d.span.line, d.code, d.summary) for d in found if d.is_error or strict]
    left = list(seen)
    for file, line, code, text in due:
        fits = [one for one in left if one[:3] == (file, line, code) and text in one[3]]
        assert fits, f"{file}:{line}: {code} {text} was not reported, but {seen}"
        left.remove(fits[0])
    assert not left, f"reported and not expected: {left}"


def _expected(block: Block) -> Iterator[tuple[str, int, str, str]]:
    lines = block.body.split("\n")
    for number, line in enumerate(lines, 1):
        for match in _EXPECTED.finditer(line):
            alone = not line[: match.start()].strip()
            following = (n for n, text in enumerate(lines[number:], number + 1) if not text.lstrip().startswith("//"))
            yield block.file or SPEC, next(following) if alone else number, match[2], match[3].strip()


def _output(case: Case, block: Block, result: Compilation, shown: tuple[Diagnostic, ...]) -> None:
    kind, *words = block.info.split()
    if kind == "json":
        assert words[:1] == ["plan"], "what is this JSON of? ```json plan [path]"
        assert result.plan is not None, result.diagnostics
        _subset(json.loads(block.body), _at(plan_to_json(result.plan), words[1] if words[1:] else ""), "plan")
        return
    if kind == "diagnostics":
        in_full = block.body.lstrip().startswith(("error[", "warning["))
        sources = {SPEC: case.spec.body, **{name: text for name, text in result.sources.items() if name != SPEC}}
        text = render(shown, sources, color=False) if in_full else render_concise(shown)
    else:
        assert result.plan is not None, result.diagnostics
        chosen = [cell for cell in result.plan.cells if cell.id == (words[0] if words else cell.id)]
        text = timeline(chosen[0])
    _same(case.page, block, text if text.endswith("\n") or not text else f"{text}\n")


def _same(page: Path, block: Block, text: str) -> None:
    if os.environ.get("ERISC_UPDATE_GOLDENS") and block.body != text:
        whole = page.read_text()
        match = [*_BLOCK.finditer(whole)][block.index]
        page.write_text(whole[: match.start("body")] + text + whole[match.end("body") :])
        return
    assert text == block.body


# --- what comes of a spec ---------------------------------------------------------------------------------------------


def timeline(cell: Cell) -> str:
    """A line for every stage and every planned fault: from, to, name; in s from t = 0. `?`: only the run can tell."""
    rows: list[tuple[float | None, float | None, str]] = []
    for workload in cell.workloads:
        for stage in workload.stages:
            end = None if stage.start is None or stage.duration is None else stage.start + stage.duration
            rows.append((stage.start, end, f"{workload.name}.{stage.name or stage.kind}"))
    for fault in cell.faults:
        lengths = [[effect.duration for effect in step] for step in fault.steps]
        known = [max((one for one in step if one is not None), default=None) for step in lengths]
        ended = None in [one for step in lengths for one in step]
        end = None if ended else fault.at + sum(one or 0.0 for one in known)
        rows.append((fault.at, end, fault.name))
    rows += [(None, None, reaction.name) for reaction in cell.reactions]
    ordered = sorted(rows, key=lambda row: (row[0] is None, row[0] or 0.0, row[2]))
    return "".join(f"{_seconds(start):>8} {_seconds(end):>8}  {name}\n" for start, end, name in ordered)


def _seconds(value: float | None) -> str:
    return "?" if value is None else f"{round(value, 3):g}"


def _at(value: Any, path: str) -> Any:
    for part in path.split(".") if path else ():
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _subset(due: Any, value: Any, where: str) -> None:
    """Objects have at least the keys that are due; lists are as long; numbers are the same but for rounding."""
    if isinstance(due, dict):
        assert isinstance(value, dict), f"{where} is {value!r}"
        for key, part in due.items():
            assert key in value, f"{where} has no {key!r}, it has {sorted(value)}"
            _subset(part, value[key], f"{where}.{key}")
    elif isinstance(due, list):
        assert isinstance(value, list), f"{where} is {value!r}"
        assert len(value) == len(due), f"{where} has {len(value)} parts: {value!r}"
        for index, part in enumerate(due):
            _subset(part, value[index], f"{where}.{index}")
    elif isinstance(due, float) and isinstance(value, int | float):
        assert abs(due - value) <= 1e-9 * max(abs(due), 1.0), f"{where} is {value!r}, not {due!r}"
    else:
        assert due == value, f"{where} is {value!r}, not {due!r}"
