"""A scene as lines: a panel for a terminal of any size, or one plain line. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from erisc.base.record import record
from erisc.executor.progress.board import Effects, Key
from erisc.executor.progress.scene import Load, Scene
from erisc.executor.reactions.engine import Waiting
from erisc.executor.reactions.phrases import shown

COMING, PAST = 3, 3
"""Planned instants and strikes that are over that are shown, where there is room for more."""
_WORD = 9
_RED, _YELLOW, _GREEN, _DIM, _BOLD = "31", "33", "32", "2", "1"
_COLOURS = {
    "open": _RED, "failed": _RED, "heal failed": _RED, "silent": _RED, "late": _RED, "armed": _YELLOW,
    "healed": _GREEN, "next": _DIM, "waits": _DIM, "withheld": _YELLOW, "holds": _YELLOW,
}  # fmt: skip


@record
class Line:
    """text, and how it is lit: an SGR parameter of ECMA-48, "" for none, on its first `lit` characters."""

    text: str
    colour: str = ""
    lit: int = 0


def panel(scene: Scene, width: int, height: int, *, colour: bool = True) -> list[str]:
    """Lines of fewer than `width` columns, fewer than `height` of them; what has no room is counted."""
    head = [_head(scene, width), *_loads(scene.loads, width)]
    faults = _faults(scene)
    room = max(height - 1 - len(head), 1)
    if len(faults) > room:
        hidden = len(faults) - room + 1
        faults = [*faults[: room - 1], Line(f"{'':{_WORD}}… and {hidden} more")]
    lines = [*head, *faults][: max(height - 1, 1)]
    return [_lit(line, max(width - 1, 1), colour) for line in lines]


def _head(scene: Scene, width: int) -> Line:
    at = max(scene.at, 0.0)
    if scene.end is None:
        return Line(f"cell {scene.cell}   {_clock(at)}", _BOLD, len(scene.cell) + 5)
    left = f"{_clock(scene.end - at)} left" if at < scene.end else "load is over, waiting for what is in flight"
    text = f"cell {scene.cell}   {_clock(at)} of {_clock(scene.end)}   {left}"
    room = min(width - len(text) - 8, 30)
    if room >= 8:
        done = int(room * min(at / scene.end, 1.0)) if scene.end else room
        text += f"   [{'#' * done}{'.' * (room - done)}]"
    return Line(text, _BOLD, len(scene.cell) + 5)


def _clock(seconds: float) -> str:
    """`34 s`, `2:05`, `1:02:05`."""
    whole = int(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


_HEADS = ("workload", "stage", "rate", "planned", "p95 10 s", "errors", "in flight", "done")


def _loads(loads: Sequence[Load], width: int) -> list[Line]:
    """A table; on a narrow terminal without its last columns."""
    rows = [_HEADS, *(_row(load) for load in loads)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    columns = 1
    while columns < len(wide) and sum(wide[: columns + 1]) + 2 * columns < width - 1:
        columns += 1
    lines = []
    for number, row in enumerate(rows):
        cells = [f"{row[c]:<{wide[c]}}" if c < 2 else f"{row[c]:>{wide[c]}}" for c in range(columns)]
        text = "  ".join(cells)
        lines.append(Line(text, _DIM, len(text)) if number == 0 else Line(text))
    return lines


def _percent(share: float) -> str:
    """`0.4 %`, `10 %`, `100 %`."""
    return f"{share * 100:.{0 if share >= 0.1 else 1}f} %"


def _row(load: Load) -> tuple[str, ...]:
    unit = "/s" if load.model == "open" else " users"
    left = "" if load.left is None else f", {_clock(load.left)} left"
    planned = "-" if load.planned is None else f"{load.planned:.3g}{unit}"
    share = f" ({_percent(load.errors / load.ended)})" if load.errors and load.ended else ""
    return (
        load.name,
        f"{load.stage}{left}" if load.stage else "-",
        f"{load.rate:.1f}/s",
        planned,
        "-" if load.p95 is None else _latency(load.p95),
        f"{load.errors}{share}",
        str(load.in_flight),
        str(load.ended),
    )


def _latency(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _faults(scene: Scene) -> list[Line]:
    """What is wrong and what is open comes first, then what comes, what waits, and what is over."""
    wrong = [each for each in scene.past if each.what in ("failed", "heal failed")]
    over = [each for each in scene.past if each not in wrong]
    lines = [_line(each.what, f"{each.name} #{each.instance}  {each.told}") for each in wrong]
    lines += [_line("silent", words) for words in scene.silent]
    lines += [_open(key, effect, scene.at) for key, effect in scene.open]
    armed = [each for each in scene.coming if each.armed]
    rest = [each for each in scene.coming if not each.armed]
    for each in armed + rest[:COMING]:
        hosts = f" ({', '.join(each.armed)})" if each.armed else ""
        due = f"in {max(each.at - scene.at, 0.0):.1f} s"
        lines.append(
            _line("armed" if each.armed else "next", f"{each.name} #{each.instance}  {due}: {each.what}{hosts}")
        )
    if len(rest) > COMING:
        lines.append(_line("", f"… {len(rest) - COMING} more planned, the last at {_clock(rest[-1].at)}"))
    lines += [_waits(each) for each in scene.waiting if each.struck < each.most or each.most == 0]
    lines += [_line(each.what, f"{each.name} #{each.instance}  at {each.at:.1f} s {each.told}") for each in over[:PAST]]
    if len(over) > PAST:
        lines.append(_line("", f"… {len(over) - PAST} more before"))
    return lines


def _open(key: Key, effect: Effects, at: float) -> Line:
    where = f" on {', '.join(effect.hosts)}" if effect.hosts else ""
    if effect.until is None:
        left = f"since {effect.since:.1f} s"
    else:
        left = f"{effect.until - at:.1f} s left" if at <= effect.until else f"healing, {at - effect.until:.1f} s late"
    return _line("open", f"{key[0]} #{key[1]}  {left}: {effect.what}{where}")


def _waits(each: Waiting) -> Line:
    most = f", struck {each.struck} of {each.most}" if each.most > 1 else ""
    held = ""
    if each.held is not None and each.after:
        held = f", holds for {each.held:.1f} s of {shown(each.after, 'duration')}"
    return _line("holds" if held else "waits", f"{each.name}  {each.about}; now {each.now}{held}{most}")


def _line(word: str, text: str) -> Line:
    return Line(f"{word:<{_WORD}}{text}" if len(word) < _WORD else f"{word} {text}", _COLOURS.get(word, ""), len(word))


def _lit(line: Line, width: int, colour: bool) -> str:
    # A name of the author's must not move the cursor.
    text = "".join(letter if letter.isprintable() else "?" for letter in line.text)
    text = text if len(text) <= width else text[: width - 1] + "…"
    if not colour or not line.colour or not line.lit:
        return text
    return f"\x1b[{line.colour}m{text[: line.lit]}\x1b[0m{text[line.lit :]}"


def plain(scene: Scene) -> str:
    """One line, for a log."""
    of = "" if scene.end is None else f"/{scene.end:.0f}"
    loads = [
        f"{load.name} {load.rate:.1f}/s"
        + (f" of {load.planned:.3g}" if load.planned is not None and load.model == "open" else "")
        + f", {load.ended} done, {load.errors} errors"
        + (f", p95 {_latency(load.p95)}" if load.p95 is not None else "")
        + f", {load.in_flight} in flight"
        for load in scene.loads
    ]
    names = dict.fromkeys(f"{key[0]} #{key[1]}" for key, _ in scene.open)
    loads += [f"open: {', '.join(names)}"] if names else []
    return f"cell {scene.cell}  t {max(scene.at, 0.0):.0f}{of} s  {'; '.join(loads)}"
