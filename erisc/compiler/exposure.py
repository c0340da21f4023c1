"""Blast radius: no more hosts of a node set are struck at one time than may be, whichever hosts are picked."""

from __future__ import annotations

import math
from _heapq import heappop, heappush  # what `heapq` adds in Python is not needed

from erisc.base.record import record, replace
from erisc.compiler.allowances import ALL
from erisc.compiler.context import Context
from erisc.compiler.lasting import effects_of, fitting, picked_hosts
from erisc.compiler.plan import Allowance, Architecture, Effect, Fault, Node, Reaction, Span, Topology
from erisc.compiler.program import Declared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COMING_UP = 300.0
"""s that a host is taken to need after a reboot, as the executor takes it; a physical one may well."""


@record
class Scene:
    """What strikes are held against. down: whether a host is away after an action that is over by itself."""

    nodes: tuple[Node, ...]
    topologies: tuple[Topology, ...]
    allowances: tuple[Allowance, ...]
    down: frozenset[str]

    def most(self, node: Node) -> int:
        """How many hosts of a set may be struck; of three or more a majority stays unharmed unless the author says."""
        said = [one for one in self.allowances if one.nodes == node.name]
        if said:
            return node.count if said[0].most is None else said[0].most
        return (node.count - 1) // 2 if node.count >= 3 else node.count


@record
class Excess:
    """At `at` s, up to `struck` hosts of `node` are struck by `who`, of which `most` may; the last goes beyond.

    peak: the most of them at any time.
    """

    node: Node
    most: int
    struck: int
    peak: int
    at: float
    who: tuple[Fault | Reaction, ...]


@record
class _Part:
    """One effect of a fault, s from its strike: on how many hosts of which set. The end is exclusive."""

    begin: float
    end: float
    nodes: str
    count: int


def excesses(strikers: Iterable[Fault | Reaction], scene: Scene) -> list[Excess]:
    """Every fault that goes beyond what may be struck, once for each node set. Reactions strike at 0 s.

    A sweep over all begins, with the ends of what is open in a heap: n log n for n effects.
    """
    bounded = {node.name: node for node in scene.nodes if scene.most(node) < node.count}
    open_: dict[str, dict[int, tuple[_Part, Fault | Reaction]]] = {name: {} for name in bounded}
    totals = dict.fromkeys(bounded, 0)
    ends: list[tuple[float, int, str]] = []
    peaks = dict(totals)
    found: dict[tuple[str, str], Excess] = {}
    for number, (begin, end, part, striker) in enumerate(_begins(strikers, scene, bounded)):
        while ends and ends[0][0] <= begin:
            _, closed, name = heappop(ends)
            totals[name] -= open_[name].pop(closed)[0].count
        node = bounded[part.nodes]
        open_[node.name][number] = part, striker
        totals[node.name] += part.count
        heappush(ends, (end, number, node.name))
        struck, most = min(totals[node.name], node.count), scene.most(node)
        peaks[node.name] = max(peaks[node.name], struck)
        if struck > most and (node.name, striker.name) not in found:
            who = {one.name: one for _, one in open_[node.name].values() if one.name != striker.name}
            found[node.name, striker.name] = Excess(node, most, struck, 0, begin, (*who.values(), striker))
    return [replace(one, peak=peaks[one.node.name]) for one in found.values()]


def _begins(
    strikers: Iterable[Fault | Reaction], scene: Scene, bounded: dict[str, Node]
) -> list[tuple[float, float, _Part, Fault | Reaction]]:
    """Begin and end of every effect on a bounded set, s from t = 0, in order."""
    parts: dict[str, list[_Part]] = {}
    found = []
    for striker in strikers if bounded else ():
        if striker.name not in parts:
            parts[striker.name] = list(_parts(striker, scene, bounded))
        at = striker.at if isinstance(striker, Fault) else 0.0
        found += [(at + one.begin, at + one.end, one, striker) for one in parts[striker.name]]
    # what is over at once still counts at its instant: its end is the next number after its begin
    whole = [(begin, end if end > begin else math.nextafter(begin, math.inf), *rest) for begin, end, *rest in found]
    return sorted(whole, key=lambda one: one[0])  # type: ignore[arg-type]


def _parts(striker: Fault | Reaction, scene: Scene, bounded: dict[str, Node]) -> Iterator[_Part]:
    """The instances of a fault differ in nothing that matters here."""
    for begin, end, effect in effects_of(striker.steps, (*scene.nodes, *scene.topologies)):
        node = bounded.get(effect.target.nodes)
        if node is None or effect.target.topology:
            continue
        away = effect.duration is None and effect.action in scene.down
        yield _Part(begin, begin + COMING_UP if away else end, node.name, _count(effect, node, away))


def _count(effect: Effect, node: Node, away: bool) -> int:
    """The most hosts that are struck at one time: `each` goes on when one is healed, but not when one is up again."""
    if effect.target.selector == "each":
        return fitting(node, effect.target.where) if away else 1
    return picked_hosts(effect.target, node)


# --- saying it -------------------------------------------------------------------------------------------------------


def check_exposure(
    context: Context,
    declared: Sequence[Declared],
    scene: Scene,
    struck: tuple[tuple[Fault, ...], tuple[Reaction, ...]],
) -> None:
    """The planned faults of a cell, all together, and every reaction alone."""
    groups: list[Sequence[Fault | Reaction]] = [struck[0], *((reaction,) for reaction in struck[1])]
    for group in groups:
        for excess in excesses(group, scene):
            _say(context, declared, scene, excess)


def scene_of(
    context: Context,
    architecture: Architecture,
    topologies: Iterable[Topology],
    allowances: tuple[Allowance, ...],
) -> Scene:
    """What the strikes of a cell are held against."""
    actions = context.program.names["action"].values()
    down = frozenset(
        one.node.name.text for one in actions if any(field.key.text == "down" for field in one.node.block.fields)
    )
    return Scene(architecture.nodes, tuple(topologies), allowances, down)


def _say(context: Context, declared: Sequence[Declared], scene: Scene, excess: Excess) -> None:
    node, last = excess.node, excess.who[-1]
    others = [one for one in excess.who[:-1] if one.span != last.span]
    who = f"fault `{last.name}`" if not others else f"faults {_listed([one.name for one in (*others, last)])}"
    when = f" at {excess.at:g} s" if isinstance(last, Fault) else ""
    summary = f"{who} could strike {_of(excess.struck, node)} at one time{when}"
    said = next((one for one in scene.allowances if one.nodes == node.name), None)
    size = f"{node.count} hosts"
    labels = [(node.span, size if said else f"{size}: {excess.most} may be struck, so that a majority stays unharmed")]
    labels += [(said.span, "what may be struck")] if said else []
    labels += [(one.span, "the other") for one in others[:3]]
    clause = f"at most {ALL if excess.peak == node.count else excess.peak} of {node.name}"
    help_ = f"strike fewer, or say `{clause}` if it is meant" + ("; or move them apart" if others else "")
    fix = _fix(declared, last, said, clause)
    context.findings.add("E0441", summary, last.span, labels=labels, help=help_, fix=fix)


def _of(struck: int, node: Node) -> str:
    whole = struck == node.count
    return f"all {struck} hosts of `{node.name}`" if whole else f"{struck} of the {node.count} hosts of `{node.name}`"


def _listed(names: list[str]) -> str:
    shown = [f"`{name}`" for name in names[:-1][:3]]
    more = f" and {len(names) - 1 - len(shown)} more" if len(names) - 1 > len(shown) else ""
    return f"{', '.join(shown)}{more} and `{names[-1]}`"


def _fix(
    declared: Sequence[Declared], last: Fault | Reaction, said: Allowance | None, clause: str
) -> tuple[Span, str] | None:
    """The clause in place of the one there is, or before the first fault of the set that the last one is in."""
    if said is not None:
        return said.span, clause
    for one in declared:
        if any(item.name.text == last.name for item in one.node.items):
            start, text = one.node.rows[0].start, one.source.text
            white = text[text.rfind("\n", 0, start) + 1 : start]
            return one.source.between(start, start), f"{clause}\n{white if white.isspace() else '  '}"
    return None
