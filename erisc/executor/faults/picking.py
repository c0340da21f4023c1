"""Whom an effect strikes on a real site: labels, servers, primaries, and never more hosts than may be."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence

from erisc.base.failure import Failure
from erisc.base.record import record, replace
from erisc.executor.bundle import Bundle, Cell
from erisc.executor.events import Event
from erisc.executor.faults.exposure import Open, allowances, excess, strikes
from erisc.executor.faults.primaries import Primaries
from erisc.executor.faults.selectors import Servers, choice_of, members, other_hosts, pick
from erisc.executor.schedule import Effect, Schedule, Steps, Target
from erisc.executor.timeline.picking import Picked, WithheldError
from erisc.executor.zones import Host, Zone

Instance = tuple[str, int]

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
    return [
        one for fault in site.cell.schedule.faults
        for one in strikes(fault.name, fault.at, fault.steps, site.candidates, DOWN)
    ]  # fmt: skip


class SitePicker:
    """Picks when faults strike. now: s from t = 0 is asked of it.

    A planned fault strikes what it picks: the run was refused before if that could be too much. A reaction is withheld,
    all of it, when what is open then, with what is planned while it lasts, would be too much.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._reactions = {each.name: each.steps for each in site.cell.schedule.reactions}
        self._allowed = site.allowed()
        self._open: dict[tuple[Instance, int, int], Open] = {}
        self._reserved: dict[Instance, list[Open]] = {}
        self._told: dict[Instance, str] = {}
        self.now: Callable[[], float] = lambda: 0.0

    def __call__(self, effect: Effect, fault: str, instance: int) -> Picked:
        """As in Picker."""
        if fault in self._reactions:
            self._permit(fault, instance)
        hosts = self._pick(effect)
        if "from" not in effect.arguments:
            return Picked(hosts, ())
        argument, site = effect.arguments["from"], self._site
        primary = ""
        if isinstance(argument, dict) and argument.get("selector") == "primary":
            asked = replace(effect.target, nodes=argument["nodes"], primary=argument["primary"], where=())
            primary = site.primaries.of(asked.primary, site.members(asked))
        others = other_hosts(argument, effect.target, effect.choice, hosts, site.zone, site.cell.labels, primary)
        return Picked(hosts, others)

    def take(self, event: Event) -> None:
        """An event of a fault was written: what is open has changed. From any thread."""
        kind, fault = event["type"], event.get("fault")
        key = ((str(fault), int(event.get("instance", 0))), int(event.get("step", 0)), int(event.get("effect", 0)))
        with self._lock:
            if kind == "fault_called":
                self._open[key] = self._struck(key, event)
            elif kind in ("fault_healed", "fault_failed", "fault_withheld"):
                self._open.pop(key, None)

    def _struck(self, key: tuple[Instance, int, int], event: Event) -> Open:
        hosts = tuple(event.get("hosts", ()))
        # How long is in the plan; once that is over it stays open until it is healed.
        return Open(key[0][0], float(event["at"]), math.inf, hosts, len(hosts))

    def _pick(self, effect: Effect) -> tuple[Host, ...]:
        among = self._site.members(effect.target)
        primary = ""
        if effect.target.selector == "primary" and among:
            primary = self._site.primaries.of(effect.target.primary, among)
        return pick(effect.target, effect.choice, among, primary)

    def _permit(self, fault: str, instance: int) -> None:
        """Decided once for all effects of a strike. Raises WithheldError saying why not."""
        key = (fault, instance)
        with self._lock:
            if key not in self._told:
                self._told[key] = self._why_not(key)
            why = self._told[key]
        if why:
            raise WithheldError(why)

    def _why_not(self, key: Instance) -> str:
        now = self.now()
        own = self._concrete(key, now)
        end = max((one.end for one in own), default=now)
        others = [one for open_key, one in self._open.items() if open_key[0] != key]
        for name, kept in self._reserved.items():
            others += kept if name != key else []
        others = [replace(one, start=now) for one in others if one.end > now]
        others += [one for one in self._planned() if now < one.start < end]
        found = excess([*others, *own], self._allowed, self._site.zone.groups)
        if found:
            return str(found)
        self._reserved[key] = own
        return ""

    def _concrete(self, key: Instance, now: float) -> list[Open]:
        """A strike of a reaction with the hosts that it will pick; the primary may be any of its group."""
        steps: Steps = tuple(
            tuple(replace(effect, choice=choice_of(effect.choice, key[1])) for effect in step)
            for step in self._reactions[key[0]]
        )
        return self._known(key[0], now, steps)

    def _planned(self) -> list[Open]:
        return [
            one for fault in self._site.cell.schedule.faults for one in self._known(fault.name, fault.at, fault.steps)
        ]

    def _known(self, name: str, at: float, steps: Steps) -> list[Open]:
        """Every effect with the very hosts that it picks, as far as its choice decides them."""
        known = []
        for one, effect in zip(
            strikes(name, at, steps, self._site.candidates, DOWN), _on_hosts(steps, self._site), strict=True
        ):
            if effect.target.selector in ("primary", "each"):
                known.append(one)
                continue
            picked = tuple(host.name for host in pick(effect.target, effect.choice, self._site.members(effect.target)))
            known.append(replace(one, hosts=picked, most=len(picked)))
        return known


def _on_hosts(steps: Steps, site: Site) -> list[Effect]:
    return [effect for step in steps for effect in step if site.candidates(effect.target)]


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
