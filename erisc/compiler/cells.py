"""Cells, made when they are asked for. A part of a cell is built once for all points that make no difference to it.

A point is a tuple of indices into the axes; the last axis goes fastest, repeats faster still.
"""

from __future__ import annotations

import math
from _collections_abc import Callable, Iterator, Sequence  # not what imports all of `collections`

from erisc.base.record import record
from erisc.compiler.allowances import build_allowances
from erisc.compiler.chance import Draw
from erisc.compiler.context import Context
from erisc.compiler.depends import Dependence
from erisc.compiler.lasting import load_end
from erisc.compiler.parameters import default_value
from erisc.compiler.plan import Allowance, Architecture, Cell, Criteria, Fault, Reaction, Scalar, Topology, Workload
from erisc.compiler.program import Declared
from erisc.compiler.source import Findings
from erisc.compiler.sweeps import Axis
from erisc.compiler.timeline import build_faults, in_order
from erisc.compiler.workloads import drawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Generic, TypeVar

    T = TypeVar("T")
else:
    T = None

    class Generic:
        """For type checkers alone."""

        __class_getitem__ = classmethod(lambda cls, _: cls)


Point = tuple[int, ...]

MAX_KEPT = 4096
"""Cells, and variants of a part, that are kept once made."""


class Space:
    """The points of a sweep, and the values of all parameters at each."""

    def __init__(self, context: Context, axes: Sequence[Axis], depends: Dependence) -> None:
        self.context = context
        self.axes = axes
        self.size = math.prod(len(axis.values) for axis in axes)
        self.depends = depends
        swept = {axis.name for axis in axes}
        self._derived = [
            name
            for name in context.values
            if name not in swept and name not in context.fixed and depends.param(name) & swept
        ]

    def point(self, index: int) -> Point:
        """The point of a number below `size`."""
        found = []
        for axis in reversed(self.axes):
            index, place = divmod(index, len(axis.values))
            found.append(place)
        return tuple(reversed(found))

    def at(self, point: Point, findings: Findings) -> Context:
        """Everything a check needs at a point. A default that uses what is swept follows it."""
        values = dict(self.context.values)
        values |= {axis.name: axis.values[place] for axis, place in zip(self.axes, point, strict=True)}
        made = Context(self.context.program, self.context.units, values, findings, self.context.fixed)
        for name in self._derived:
            values[name] = default_value(made, name)
        return made

    def swept(self, point: Point) -> tuple[tuple[str, Scalar], ...]:
        """The swept parameters."""
        pairs = zip(self.axes, point, strict=True)
        return tuple((axis.name, axis.values[place].data) for axis, place in pairs)

    def axes_of(self, names: frozenset[str]) -> tuple[int, ...]:
        """Positions of the axes among the parameters."""
        return tuple(index for index, axis in enumerate(self.axes) if axis.name in names)

    def variants(self, axes: Sequence[int]) -> int:
        """How many combinations of values these axes have."""
        return math.prod(len(self.axes[index].values) for index in axes)

    def combinations(self, axes: Sequence[int]) -> Iterator[Point]:
        """One point for each of them; the other axes are at their first value."""
        for number in range(self.variants(axes)):
            point, rest = [0] * len(self.axes), number
            for index in reversed(axes):
                rest, point[index] = divmod(rest, len(self.axes[index].values))
            yield tuple(point)


class Part(Generic[T]):
    """Something of a cell, built once for every combination of the swept values it depends on."""

    def __init__(self, space: Space, params: frozenset[str], build: Callable[[Context], T]) -> None:
        self.space = space
        self.axes = space.axes_of(params)
        self.build = build
        self._kept: dict[Point, T] = {}

    def at(self, point: Point, findings: Findings | None = None) -> T:
        """What it is at a point. findings: where to say what is wrong; nothing is when the experiment was checked."""
        key = tuple(point[index] for index in self.axes)
        if key not in self._kept:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[key] = self.build(self.space.at(point, findings or Findings()))
        return self._kept[key]

    def number(self, point: Point) -> int:
        """The number of its variant at a point."""
        number = 0
        for index in self.axes:
            number = number * len(self.space.axes[index].values) + point[index]
        return number

    @property
    def variants(self) -> int:
        """How many there are."""
        return self.space.variants(self.axes)

    def points(self) -> Iterator[Point]:
        """A point for each variant."""
        return self.space.combinations(self.axes)


@record
class Parts:
    """What the cells of an experiment consist of.

    faults: their declarations. blueprints: what these do, by what it depends on: their own parameters and those of the
    architecture.
    """

    space: Space
    architecture: Part[Architecture | None]
    criteria: Part[Criteria]
    topologies: tuple[Part[Topology], ...]
    workloads: tuple[Part[Workload | None], ...]
    faults: tuple[Declared, ...]
    blueprints: Part[dict[int, Any]]

    def loads(self, point: Point) -> tuple[Workload, ...]:
        """The workloads at a point."""
        made = (part.at(point) for part in self.workloads)
        return tuple(workload for workload in made if workload is not None)

    def allowances(self, context: Context, point: Point) -> tuple[Allowance, ...]:
        """How many hosts may be struck at one time. context: that of the point."""
        return build_allowances(context, self.faults, self.architecture.at(point))

    def struck(self, context: Context, point: Point, repeat: int) -> tuple[tuple[Fault, ...], tuple[Reaction, ...]]:
        """The faults of a cell, in order, and what only the run can tell. context: that of the point."""
        end = load_end(self.loads(point))
        context.blueprints = self.blueprints.at(point)
        draw = Draw(context.program.seed, self.space.swept(point), repeat)
        planned: list[Fault] = []
        foretold: list[Reaction] = []
        for declared in self.faults:
            known = None if end == math.inf else end
            found = build_faults(context, declared, self.architecture.at(point), draw, known)
            planned += found[0]
            foretold += found[1]
        return in_order(planned), tuple(foretold)


class Cells(Sequence[Cell]):
    """The cells of a checked experiment, in the order of execution. A few thousand are kept once made.

    architectures, criteria: by the number of the variant, its place in the Plan.
    """

    def __init__(
        self,
        parts: Parts,
        times: int,
        architectures: Sequence[int],
        criteria: Sequence[int],
        which: range | None = None,
    ) -> None:
        self._parts = parts
        self._times = times
        self._places = architectures, criteria
        self._which = range(parts.space.size * times) if which is None else which
        self._kept: dict[int, Cell] = {}
        self._context: tuple[Point, Context] | None = None

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Cells(self._parts, self._times, *self._places, self._which[index])
        number = self._which[index]
        if number not in self._kept:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[number] = self._cell(number)
        return self._kept[number]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != len(self):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((len(self), self[0]))

    def __repr__(self) -> str:
        return f"<{len(self)} cells>"

    def load_seconds(self) -> float:
        """How long the load of the whole sweep takes, s, cell after cell; what only a run can tell counts nothing."""
        parts, space = self._parts, self._parts.space
        axes = sorted({axis for part in parts.workloads for axis in part.axes})
        ends = (load_end(parts.loads(point)) for point in space.combinations(axes))
        same = space.size // space.variants(axes) * self._times
        return sum(end for end in ends if end < math.inf) * same

    def _cell(self, number: int) -> Cell:
        place, repeat = divmod(number, self._times)
        parts = self._parts
        point = parts.space.point(place)
        draw = Draw(parts.space.context.program.seed, parts.space.swept(point), repeat + 1)
        faults, reactions = parts.struck(self._at(point), point, repeat + 1) if parts.faults else ((), ())
        architectures, criteria = self._places
        return Cell(
            f"{number + 1:04d}",
            parts.space.swept(point),
            repeat + 1,
            architectures[parts.architecture.number(point)],
            criteria[parts.criteria.number(point)],
            tuple(part.at(point) for part in parts.topologies),
            tuple(drawn(workload, draw) for workload in parts.loads(point)),
            faults,
            reactions,
            parts.allowances(self._at(point), point),
        )

    def _at(self, point: Point) -> Context:
        """Repeats of a point share what they are checked with."""
        if self._context is None or self._context[0] != point:
            self._context = point, self._parts.space.at(point, Findings())
        context = self._context[1]
        context.planned = 0
        return context
