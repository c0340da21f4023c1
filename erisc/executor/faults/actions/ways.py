"""Ways to do one thing to a host's network: the first that its kernel accepts, tried where it hurts nobody."""

from __future__ import annotations

from erisc.base.record import record
from erisc.executor.faults.actions.shell import (
    NOT_ARMED,
    REFUSE,
    ROOT,
    WORKERS,
    WORKERS_LEFT,
    WORKERS_NEED,
    need,
    quote,
    script,
)
from erisc.executor.faults.protocol import Recipe


@record
class Way:
    """works: a command that succeeds where the kernel can do it; it runs in a network namespace that nobody else is in,
    with `lo` as its only device. mend: what makes it work. arm, inject: as in Recipe. heal, left: also where another
    way was taken.
    """

    works: str
    mend: str
    arm: str
    inject: str
    heal: str
    left: str


def recipe(find: str, ways: tuple[Way, ...], lacks: str, doing: str) -> Recipe:
    """The first of the ways that works. find: functions of sh for `arm`, and what it does before a way is taken. lacks:
    prints what else is missing. doing: what no way could do, for people.
    """
    takes = [f'echo {index} >"$ERISC/way"\n{way.arm}' for index, way in enumerate(ways)]
    either = quote(f"{doing} cannot be done here: " + "; or ".join(way.mend for way in ways))
    return Recipe(
        needs=script(ROOT, need("ip", "install iproute2"), need("unshare", "install util-linux"), WORKERS_NEED, lacks,
                     _first(ways, [":"] * len(ways), f"echo {either}")),
        arm=script(REFUSE, WORKERS, find,
                   _first(ways, takes, f"erisc_no {either}")),
        inject=script('read -r erisc_way <"$ERISC/way"', "case $erisc_way in",
                      *(f"{i})\n{way.inject}\n;;" for i, way in enumerate(ways)), "esac"),
        hold="",
        # Twice: a program that an interrupted `inject` has started could make the effect after it was taken back.
        heal=script(WORKERS, NOT_ARMED, *(w.heal for w in ways), "erisc_end_workers", *(w.heal for w in ways)),
        left=script(WORKERS, NOT_ARMED, WORKERS_LEFT, *(way.left for way in ways)),
    )  # fmt: skip


def _first(ways: tuple[Way, ...], texts: list[str], otherwise: str) -> str:
    lines = []
    for index, (way, text) in enumerate(zip(ways, texts, strict=True)):
        word = "elif" if index else "if"
        lines += [f"{word} unshare -n sh -c {quote(way.works)} >/dev/null 2>&1; then", text]
    return "\n".join([*lines, "else", otherwise, "fi"])
