"""Whom an effect strikes on a real site: labels, servers, primaries, and never more hosts than may be."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from erisc.base.failure import Failure
from erisc.base.record import record, replace
from erisc.executor.bundle import Bundle, Cell
from erisc.executor.events import Event
from erisc.executor.faults.exposure import Open, allowances, excess, remembered, steps_length, strikes
from erisc.executor.faults.primaries import Primaries
from erisc.executor.faults.selectors import Servers, drawn, members, other_hosts, pick
from erisc.executor.schedule import Effect, Schedule, Steps, Target, read_target
from erisc.executor.timeline.picking import Picked, WithheldError
from erisc.executor.zones import Host, Zone

Instance = tuple[str, int]
Place = tuple[str, int, int, int]
"""Fault, instance, step and effect."""

DOWN = ("reboot", "reset")
"""Actions that are over by themselves and take their host down meanwhile."""


@record
class Site:
    """What picking needs to know. servers: see `selectors.Servers`."""

    zone: Zone
    bundle: Bundle
    cell: Cell
    servers: Servers
    primaries: Primaries

    def members(self, target: Target) -> tuple[Host, ...]:
        """Among which the selector picks."""
        return members(target, self.zone, self.cell.labels, self.servers)

    def candidates(self, target: Target) -> list[str]:
        """The same as names; a tenant's servers are none of the zone's hosts."""
        return [] if target.topology else [host.name for host in self.members(target)]

    def allowed(self) -> dict[str, tuple[int, bool]]:
        """See `exposure.allowances`."""
        return allowances(self.cell.schedule, [name for name, _ in self.bundle.nodes], self.zone)


def planned(site: Site) -> list[Open]:
    """What the faults that are planned could strike, at its worst."""
    candidates = remembered(site.candidates)
    return [
        one for fault in site.cell.schedule.faults
        for one in strikes(fault.name, fault.at, fault.steps, candidates, DOWN)
    ]  # fmt: skip


class SitePicker:
    """Picks when faults strike. now: s from t = 0 is asked of it.

    A planned fault strikes what it picks: the run was refused before if that could be too much. A reaction is withheld,
    all of it, when what is not over by then, with what is planned while it lasts, would be too much.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._reactions = {each.name: each.steps for each in site.cell.schedule.reactions}
        self._allowed = site.allowed()
        self._candidates = remembered(site.candidates)
        self._told: dict[Instance, str] = {}
        self._called: set[Place] = set()
        self._healed: Counter[Place] = Counter()
        self._over: set[Place] = set()
        self._due: dict[Place, Open] = {}
        for fault in site.cell.schedule.faults:
            self._due |= self._effects((fault.name, fault.instance), fault.at, fault.steps)
        self.now: Callable[[], float] = lambda: 0.0

    def __call__(self, effect: Effect, fault: str, instance: int) -> Picked:
        """As in Picker."""
        if fault in self._reactions:
            self._permit((fault, instance))
        hosts = self._pick(effect)
        if "from" not in effect.arguments:
            return Picked(hosts, ())
        argument, site = effect.arguments["from"], self._site
        primary = ""
        if isinstance(argument, dict) and argument.get("selector") == "primary":
            asked = read_target(argument)
            primary = site.primaries.of(asked.primary, site.members(asked))
        others = other_hosts(argument, effect.target, effect.choice, hosts, site.zone, site.cell.labels, primary)
        return Picked(hosts, others)

    def take(self, event: Event) -> None:
        """An event of a fault was written: what is open has changed. From any thread."""
        kind = event["type"]
        instance = (str(event.get("fault")), int(event.get("instance", 0)))
        place = (*instance, int(event.get("step", 0)), int(event.get("effect", 0)))
        with self._lock:
            if kind == "fault_called":
                self._strikes(place, tuple(event.get("hosts", ())))
            elif kind == "fault_healed":
                self._heals(place)
            elif kind == "fault_withheld" and "step" not in event:
                self._over |= {each for each in self._due if each[:2] == instance}
            elif kind in ("fault_failed", "fault_withheld") and place not in self._called:
                self._over.add(place)

    def _strikes(self, place: Place, hosts: tuple[str, ...]) -> None:
        """Now it is known whom the selector picked; `each` will pick others still."""
        self._called.add(place)
        known = self._due.get(place)
        if known is not None and known.turns == 1:
            self._due[place] = replace(known, hosts=hosts, most=len(hosts))

    def _heals(self, place: Place) -> None:
        self._healed[place] += 1
        if place not in self._due or self._healed[place] >= self._due[place].turns:
            self._over.add(place)

    def _pick(self, effect: Effect) -> tuple[Host, ...]:
        among = self._site.members(effect.target)
        primary = ""
        if effect.target.selector == "primary" and among:
            primary = self._site.primaries.of(effect.target.primary, among)
        return pick(effect.target, effect.choice, among, primary)

    def _permit(self, instance: Instance) -> None:
        """Decided once for all effects of a strike. Raises WithheldError saying why not."""
        with self._lock:
            if instance not in self._told:
                self._told[instance] = self._why_not(instance)
            why = self._told[instance]
        if why:
            raise WithheldError(why)

    def _why_not(self, instance: Instance) -> str:
        now = self.now()
        steps = self._reactions[instance[0]]
        own = self._effects(instance, now, drawn(steps, instance[1]))
        end = max((one.end for one in own.values()), default=now)
        others = [
            # What should be there by now is, or comes late: until it is healed nobody knows for how long.
            one if one.start > now else replace(one, start=now, end=math.inf)
            for place, one in self._due.items() if place not in self._over and one.start < end
        ]  # fmt: skip
        found = excess([*others, *own.values()], self._allowed, self._site.zone.groups)
        if not found:
            self._due |= own
        return str(found or "")

    def _effects(self, instance: Instance, at: float, steps: Steps) -> dict[Place, Open]:
        """Every effect on hosts, with the very ones that it will pick as far as its choice decides them."""
        found: dict[Place, Open] = {}
        for number, step in enumerate(steps):
            for index, effect in enumerate(step):
                for one in strikes(instance[0], at, ((effect,),), self._candidates, DOWN):
                    found[*instance, number, index] = self._known(one, effect)
            at += steps_length((step,), self._candidates)
        return found

    def _known(self, one: Open, effect: Effect) -> Open:
        if effect.target.selector == "primary":
            return one
        if effect.target.selector == "each":
            return replace(one, turns=len(one.hosts))
        picked = tuple(host.name for host in pick(effect.target, effect.choice, self._site.members(effect.target)))
        return replace(one, hosts=picked, most=len(picked))


def too_much(bundle: Bundle, zone: Zone, primaries: Primaries) -> list[str]:
    """A line for every cell's first moment at which faults could strike more hosts than may be, and for every reaction
    that by itself could; with the clause that would allow it.
    """
    found = []
    for cell in bundle.cells:
        site = Site(zone, bundle, cell, {}, primaries)
        allowed = site.allowed()
        each = [planned(site)]
        each += [list(strikes(one.name, 0.0, one.steps, site.candidates, DOWN)) for one in cell.schedule.reactions]
        for opens in each:
            worst = excess(opens, allowed, zone.groups)
            if worst:
                found.append(f"{worst} (if that is meant: `{worst.clause}` in the spec's faults)")
    return list(dict.fromkeys(found))


def servers_of(cell: Cell, outputs: Mapping[str, object]) -> Servers:
    """Ids of the servers that the cell's stacks made. outputs: `topology__resource` to its value."""
    found: dict[tuple[str, str], Sequence[str]] = {}
    for topology in cell.topologies:
        for name, count in topology.servers.items():
            names = [name] if count == 1 else [f"{name}_{number}" for number in range(count)]
            found[topology.name, name] = [str(outputs[f"{topology.name}__{each}"]) for each in names]
    return found


def effects_without_hosts(schedule: Schedule, site: Site) -> list[str]:
    """A line for every selector that the zone cannot serve."""
    found = []
    every = [*(one.steps for one in schedule.faults), *(one.steps for one in schedule.reactions)]
    for effect in (effect for steps in every for step in steps for effect in step if not effect.target.topology):
        among = site.members(effect.target)
        try:
            pick(replace(effect.target, selector="one"), 0, among) if among else pick(effect.target, 0, among)
            if effect.target.selector != "primary":
                pick(effect.target, effect.choice, among)
        except Failure as failure:
            found.append(failure.what)
    return list(dict.fromkeys(found))
