"""The fault schedule says what the Plan says, and the executor reads it so."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from erisc.base.record import replace
from erisc.compiler import plan as p
from erisc.executor import schedule as s
from erisc.targets import faults
from tests.targets import plans
from tests.targets.test_hostile import text

KILL = plans.fault().steps[0][0]
numbers = st.floats(0, 1e6, allow_subnormal=False)
filters = st.builds(p.Filter, text, st.sampled_from(("==", "!=")), text, st.just(plans.span(30)))
hosts = st.builds(
    p.Target,
    service=st.just(""),
    nodes=text,
    selector=st.sampled_from(("one", "any", "all", "minority", "majority", "primary", "each")),
    count=st.integers(0, 9),
    primary=text,
    where=st.lists(filters, max_size=2).map(tuple),
)
targets = st.builds(lambda one, service, topology: replace(one, service=service, topology=topology), hosts, text, text)
arguments = st.dictionaries(text, text | numbers | st.booleans(), max_size=3).map(
    lambda one: p.Mapping(tuple(one.items()))
)
effects = st.builds(
    p.Effect,
    action=st.sampled_from(("kill", "freeze", "restart")),
    target=targets,
    arguments=arguments,
    duration=st.none() | st.floats(1e-3, 1e6),
    choice=st.integers(0, 2**64 - 1),
    span=st.just(plans.span(24)),
)
steps = st.lists(st.lists(effects, min_size=1, max_size=2).map(tuple), min_size=1, max_size=3).map(tuple)
planned = st.builds(p.Fault, text, st.integers(0, 99), numbers, steps, st.just(plans.span(24)))
whens = st.builds(
    p.When, text, arguments, st.sampled_from(("", "<", ">=")), st.none() | numbers, numbers, st.integers(1, 99)
)
triggers = st.builds(p.AtIteration, text, st.integers(1, 10**9)) | whens
reactions = st.builds(p.Reaction, text, triggers, steps, st.just(plans.span(25)))
allowances = st.dictionaries(text, st.none() | st.integers(1, 99), max_size=3).map(
    lambda one: tuple(p.Allowance(*pair, plans.span(26)) for pair in one.items())
)


def read(cell: p.Cell) -> s.Schedule:
    files, found = faults.TARGET.emit(plans.plan(cell))
    assert not found
    return s.read_schedule(json.loads(files["cells/0001/faults/schedule.json"]))


def same(written: s.Steps, meant: p.Steps) -> bool:
    def told(effect: p.Effect) -> s.Effect:
        where = tuple(s.Filter(one.column, one.operator, str(one.value)) for one in effect.target.where)
        given = effect.target
        target = s.Target(given.service, given.nodes, given.topology, given.selector, given.count, given.primary, where)
        return s.Effect(effect.action, target, dict(effect.arguments.items), effect.duration, effect.choice)

    return written == tuple(tuple(told(effect) for effect in step) for step in meant)


def trigger_of(meant: p.AtIteration | p.When) -> Any:
    if isinstance(meant, p.AtIteration):
        return s.AtIteration(meant.workload, meant.iteration)
    return s.When(meant.event, dict(meant.arguments.items), meant.operator, meant.limit, meant.after, meant.most)


@settings(max_examples=60, deadline=None)
@given(st.lists(planned, max_size=3), st.lists(reactions, max_size=3), allowances)
def test_the_executor_reads_what_the_plan_says(
    given_faults: list[p.Fault], given_reactions: list[p.Reaction], allowed: tuple[p.Allowance, ...]
) -> None:
    cell = replace(plans.cell(faults=tuple(given_faults)), reactions=tuple(given_reactions), allowances=allowed)
    found = read(cell)
    ordered = sorted(given_faults, key=lambda one: (one.at, one.name, one.instance))
    assert [(one.name, one.instance, one.at) for one in found.faults] == [
        (one.name, one.instance, one.at) for one in ordered
    ]
    assert all(same(one.steps, meant.steps) for one, meant in zip(found.faults, ordered, strict=True))
    assert [(one.name, one.trigger) for one in found.reactions] == [
        (one.name, trigger_of(one.trigger)) for one in given_reactions
    ]
    assert all(same(one.steps, meant.steps) for one, meant in zip(found.reactions, given_reactions, strict=True))
    assert found.allowances == {one.nodes: one.most for one in allowed}


@settings(max_examples=30, deadline=None)
@given(hosts)
def test_hosts_that_are_an_argument_are_read_as_a_target(others: p.Target) -> None:
    where = tuple(
        p.Mapping((("column", one.column), ("operator", one.operator), ("value", one.value))) for one in others.where
    )
    given = p.Mapping((
        ("nodes", others.nodes), ("selector", others.selector), ("count", others.count), ("primary", others.primary),
        ("where", where),
    ))  # fmt: skip
    cell = plans.cell(faults=(plans.fault(arguments=p.Mapping((("from", given),))),))
    written = read(cell).faults[0].steps[0][0].arguments["from"]
    found = s.read_target(written)
    assert (found.nodes, found.selector, found.count, found.primary) == (
        others.nodes, others.selector, others.count, others.primary,
    )  # fmt: skip
    assert [(one.label, one.operator, one.value) for one in found.where] == [
        (one.column, one.operator, one.value) for one in others.where
    ]


def test_an_action_that_nothing_installed_has_is_refused_once() -> None:
    lost = replace(KILL, action="kil")
    planned_often = tuple(replace(plans.fault(instance=i, at=float(i)), steps=((KILL,), (lost,))) for i in range(9))
    reaction = p.Reaction("r", p.AtIteration("login", 3), ((KILL, lost),), plans.span(25))
    files, found = faults.TARGET.emit(plans.plan(replace(plans.cell(faults=planned_often), reactions=(reaction,))))
    assert not files
    assert [(one.code, one.help) for one in found] == [("E0525", "did you mean `kill`?")]


def test_reactions_have_their_place_in_the_source_map() -> None:
    reaction = p.Reaction("r", p.AtIteration("login", 3), ((KILL,),), plans.span(77))
    cell = replace(plans.cell(faults=(plans.fault(),)), reactions=(reaction,))
    marks = faults.TARGET.source_map(plans.plan(cell))["cells/0001/faults/schedule.json"]
    assert [(mark.pointer, mark.span.line) for mark in marks] == [("/faults/0", 24), ("/reactions/0", 77)]
