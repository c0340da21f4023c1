"""Blast radius: how many hosts of a node set could be struck at one time, against what the schedule allows. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby

from erisc.base.record import record, replace
from erisc.executor.faults.selectors import wanted
from erisc.executor.schedule import Effect, Schedule, Steps, Target
from erisc.executor.zones import Zone

COMING_UP = 300.0
"""s that a host is taken to need after a reboot; a physical one may well."""
Candidates = Callable[[Target], Sequence[str]]
"""Names of the hosts among which a target's selector picks; none for servers of a tenant."""


@record
class Open:
    """Something of the fault `name` strikes `most` of `hosts` from `start` until `end` (s from t = 0, end exclusive).

    A known strike has as many hosts as `most`. turns: how often it heals, once for each host of `each`.
    """

    name: str
    start: float
    end: float
    hosts: tuple[str, ...]
    most: int
    turns: int = 1


@record
class Excess:
    """At `at` s, the faults `names` could strike `struck` of the `size` hosts of `nodes`; `most` are allowed.

    stated: whether the spec says so; else a majority is kept unharmed. peak: the most of the set at any time.
    """

    nodes: str
    names: tuple[str, ...]
    at: float
    struck: int
    size: int
    most: int
    stated: bool
    peak: int

    def __str__(self) -> str:
        who = " and ".join(self.names)
        together = " at one time" if len(self.names) > 1 else ""
        why = (
            f"`at most {self.most} of {self.nodes}` are allowed"
            if self.stated
            else f"a majority must stay unharmed, so {self.most} may"
        )
        return f"{who} could strike {self.struck} of the {self.size} hosts of {self.nodes}{together}; {why}"

    @property
    def clause(self) -> str:
        """What a spec would have to say."""
        return f"at most {'all' if self.peak == self.size else self.peak} of {self.nodes}"


def allowances(schedule: Schedule, nodes: Collection[str], zone: Zone) -> dict[str, tuple[int, bool]]:
    """For each node set with a bound: how many of its hosts may be struck at one time, and whether the spec says so."""
    found = {}
    for name in sorted({*nodes, *schedule.allowances}):
        size = len(zone.groups.get(name, ()))
        if name in schedule.allowances:
            stated = schedule.allowances[name]
            if stated is not None:
                found[name] = (stated, True)
        elif size >= 3:
            found[name] = ((size - 1) // 2, False)
    return found


def strikes(name: str, at: float, steps: Steps, candidates: Candidates, down: Collection[str] = ()) -> tuple[Open, ...]:
    """Every effect of a fault that begins at `at`, with how many of which hosts it could strike.

    down: actions after which a host is away until it is up again by itself, which is taken to need `COMING_UP`.
    """
    found: list[Open] = []
    for step in steps:
        ends = [at]
        for effect in step:
            hosts = tuple(candidates(effect.target))
            end = at + length(effect, len(hosts))
            ends.append(end)
            if hosts:
                up = at + COMING_UP if effect.action in down else math.nextafter(at, math.inf)
                until = up if effect.duration is None else end
                count = 1 if effect.target.selector == "each" else wanted(effect.target, len(hosts))
                found.append(Open(name, at, until, hosts, count))
        at = max(ends)
    return tuple(found)


def length(effect: Effect, hosts: int) -> float:
    """s that an effect lasts: `each` takes the hosts one after the other; 0 when it is over by itself."""
    return (effect.duration or 0.0) * (max(hosts, 1) if effect.target.selector == "each" else 1)


def remembered(candidates: Candidates) -> Candidates:
    """The same, asked once for each target: thousands of instants share a few."""
    known: dict[Target, Sequence[str]] = {}

    def ask(target: Target) -> Sequence[str]:
        if target not in known:
            known[target] = candidates(target)
        return known[target]

    return ask


def steps_length(steps: Steps, candidates: Candidates) -> float:
    """s that steps take one after the other."""
    return math.fsum(max(length(effect, len(candidates(effect.target))) for effect in step) for step in steps)


def excess(
    opens: Iterable[Open], allowed: Mapping[str, tuple[int, bool]], groups: Mapping[str, Sequence[str]]
) -> Excess | None:
    """The first moment at which more hosts of a set could be struck than are allowed; None when there is none.

    A sweep over all beginnings, in which only what is open is kept.
    """
    found: Excess | None = None
    now: list[Open] = []
    sets = {nodes: frozenset(groups.get(nodes, ())) for nodes in allowed}
    for moment, begun in groupby(sorted(opens, key=lambda one: one.start), key=lambda one: one.start):
        now = [one for one in now if one.end > moment] + list(begun)
        for nodes, (most, stated) in allowed.items():
            if found is not None and nodes != found.nodes:
                continue
            struck = most_struck(now, sets[nodes])
            if found is not None:
                found = replace(found, peak=max(found.peak, struck))
            elif struck > most:
                names = tuple(dict.fromkeys(one.name for one in now if sets[nodes] & set(one.hosts)))
                found = Excess(nodes, names, moment, struck, len(sets[nodes]), most, stated, struck)
    return found


def most_struck(opens: Sequence[Open], group: Collection[str]) -> int:
    """The most hosts of the group that these could strike together.

    A maximum flow from strikes to hosts by augmenting paths (Ford and Fulkerson 1956); hosts among which the same
    strikes pick are alike, and flow as one.
    """
    room: Counter[frozenset[int]] = Counter()
    for host in group:
        who = frozenset(index for index, one in enumerate(opens) if host in one.hosts)
        room[who] += bool(who)
    flow: Counter[tuple[int, frozenset[int]]] = Counter()

    def push(index: int, most: int, seen: set[frozenset[int]]) -> int:
        for alike in [each for each in room if index in each and each not in seen]:
            seen.add(alike)
            moved = min(most, room[alike])
            if moved:
                room[alike] -= moved
            else:
                moved = next((n for n in (_yield(other, alike, most, seen) for other in alike - {index}) if n), 0)
            if moved:
                flow[index, alike] += moved
                return moved
        return 0

    def _yield(other: int, alike: frozenset[int], most: int, seen: set[frozenset[int]]) -> int:
        held = flow[other, alike]
        moved = push(other, min(most, held), seen) if held else 0
        flow[other, alike] -= moved
        return moved

    total = 0
    for index, one in enumerate(opens):
        left = one.most
        while left and (moved := push(index, left, set())):
            left -= moved
            total += moved
    return total
