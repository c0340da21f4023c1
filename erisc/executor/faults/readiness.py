"""Before any load: what lacks on the hosts that faults could strike, with the mend of each."""

from __future__ import annotations

from collections.abc import Iterator

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.bundle import Cell
from erisc.executor.faults import scripts
from erisc.executor.faults.channel import on_each
from erisc.executor.faults.making import Maker, context_of
from erisc.executor.faults.protocol import HostAction
from erisc.executor.faults.registry import action_of
from erisc.executor.faults.selectors import SERVER, members, other_hosts
from erisc.executor.schedule import Effect, Schedule
from erisc.executor.state import Run
from erisc.executor.zones import Host


@record
class _Question:
    """One text of `needs` for one host."""

    host: Host
    strike: str
    text: str


def effects_of(schedule: Schedule) -> Iterator[Effect]:
    """Of planned faults and reactions alike."""
    for steps in [*(fault.steps for fault in schedule.faults), *(one.steps for one in schedule.reactions)]:
        for step in steps:
            yield from step


def lacking(run: Run) -> list[str]:
    """A line for everything that keeps a fault of any cell from being made. Channels to all hosts are open then."""
    found: list[str] = []
    questions: dict[tuple[str, str], _Question] = {}
    for cell in run.bundle.cells:
        for effect in dict.fromkeys(map(_Same, effects_of(cell.schedule))):
            _ask(run, cell, effect.effect, questions, found)
    by_host: dict[str, list[_Question]] = {}
    for question in questions.values():
        by_host.setdefault(question.host.name, []).append(question)
    for asked, error in on_each(by_host.values(), lambda asked: found.extend(_answers(run, asked))):
        found.append(error.what if isinstance(error, Failure) else f"host {asked[0].host.name}: {error}")
    return list(dict.fromkeys(found))


class _Same:
    """An effect by what matters for its needs: not by what its selector draws."""

    def __init__(self, effect: Effect) -> None:
        self.effect = effect
        self._key = repr((effect.action, effect.target, sorted(effect.arguments.items()), effect.duration))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._key == self._key


def _ask(run: Run, cell: Cell, effect: Effect, questions: dict[tuple[str, str], _Question], found: list[str]) -> None:
    try:
        action = action_of(effect)
    except Failure as failure:
        found.append(failure.what)
        return
    maker = Maker(run, cell.id)
    for host in _candidates(run, cell, effect):
        try:
            strike = maker.strike(effect, host, _others(run, cell, effect, host))
            if isinstance(action, HostAction):
                text = action.recipe(strike).needs
                questions.setdefault((host.name, text), _Question(host, strike.id, text))
            else:
                found.extend(action.lacks(strike, context_of(run)))
        except Failure as failure:
            found.append(": ".join([failure.what, *filter(None, [failure.mend])]))


def _candidates(run: Run, cell: Cell, effect: Effect) -> tuple[Host, ...]:
    """Every host that the selector could pick. Servers are not there yet: one stands in for them."""
    if effect.target.topology:
        return (Host(effect.target.nodes, SERVER, "", 0, "", "", {}),)
    return members(effect.target, run.zone, cell.labels, {})


def _others(run: Run, cell: Cell, effect: Effect, host: Host) -> tuple[Host, ...]:
    if "from" not in effect.arguments:
        return ()
    return other_hosts(effect.arguments["from"], effect.target, effect.choice, [host], run.zone, cell.labels)


def _answers(run: Run, asked: list[_Question]) -> list[str]:
    found = []
    for question in asked:
        reply = run.channels.of(question.host).run(scripts.needs(question.strike, question.text))
        found += [f"host {question.host.name}: {line}" for line in reply.out.splitlines() if line.strip()]
        if reply.code and not reply.out.strip():
            found.append(f"host {question.host.name}: {reply.err.strip() or 'it cannot be asked what it lacks'}")
    return found
