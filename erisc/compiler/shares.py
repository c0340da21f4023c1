"""What each part of a mix has of its load. Loaded where there is a mix."""

from __future__ import annotations

import math

from erisc.base.record import record, replace
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.lasting import levels
from erisc.compiler.plan import Dealt, Stage
from erisc.compiler.program import Declared
from erisc.compiler.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_CHANGES = 1000
"""How often the number of users may change in a ramp of a mix."""
MAX_IN_ALL = 10_000
"""The same for all stages of a mix."""
MAX_PARTS = 20
"""Of a mix."""
MAX_KEPT = 20_000
"""Numbers of users that are dealt out once for all parts."""
_WHOLE = 1e-9
"""By how much shares may miss 100 %."""

# --- shares ----------------------------------------------------------------------------------------------------------


def check_mix(context: Context, declared: Declared) -> None:
    """What is wrong with the parts of a mix, as far as no single part shows it."""
    node, source = declared.node, declared.source
    shares_of(context, node, source)
    for run in node.runs:
        if run.name is None:
            end = source.between(run.end, run.end)
            words = [word for word in _words(run) if word.isidentifier()]
            fix = (end, f" as {words[-1].lower()}") if words else None
            summary = f"this part of `{node.name.text}` has no name"
            help_ = "its iterations, and its stages, are found by it: add `as NAME`"
            context.findings.add("E0432", summary, source.span(run), help=help_, fix=fix)


def _words(run: ast.Run) -> list[str]:
    """The words of a scenario, to guess a name from."""
    first = run.call.arguments[0] if run.call.arguments else None
    if not isinstance(first, ast.String):
        return []
    text = str(first.word.text)
    return text.strip('"').replace(".", " ").replace("/", " ").split()


def shares_of(context: Context, node: ast.Mix, source: Source) -> tuple[float, ...] | None:
    """The shares of all parts, which come to 1; None when they were refused."""
    constants = context.constants(source)
    found: list[float] = []
    if len(node.runs) > MAX_PARTS:
        place = source.span(node.runs[MAX_PARTS])
        context.findings.add("E0433", f"a mix has at most {MAX_PARTS} parts", place, help="make it several mixes")
        return None
    for run in node.runs:
        if run.share is None:
            place = source.span(run.call)
            summary = f"what share of `{node.name.text}` is this?"
            help_ = "write e.g. `run 50 % …`; what is not shared is a workload of its own, `with` this one"
            context.findings.add("E0430", summary, place, help=help_)
            continue
        share = _share(constants, run.share)
        if share is not None:
            found.append(share)
    if len(found) < len(node.runs) or not _whole(constants, node, found):
        return None
    return tuple(found)


def _share(constants: Constants, node: ast.Node) -> float | None:
    share = constants.number(node, "ratio", what="a share", low=0, high=1)
    if share == 0:
        constants.findings.add("E0430", "this part has no share", constants.source.span(node), help="leave it out")
        return None
    return share


def _whole(constants: Constants, node: ast.Mix, shares: list[float]) -> bool:
    total = sum(shares)
    if abs(total - 1) <= _WHOLE:
        return True
    source, last = constants.source, node.runs[-1].share
    places = [run.share for run in node.runs if run.share is not None]
    labels = [(source.span(place), _percent(share)) for place, share in zip(places, shares, strict=True)]
    rest = shares[-1] + 1 - total
    fix = (source.span(last), _percent(rest)) if isinstance(last, ast.Quantity) and rest > 0 else None
    summary = f"the shares of `{node.name.text}` come to {_percent(total)}"
    help_ = "they must come to 100 %" + (f": the last would be {_percent(rest)}" if fix else "")
    constants.findings.add("E0431", summary, source.span(node.name), labels=labels, help=help_, fix=fix)
    return False


def _percent(share: float) -> str:
    return f"{round(share * 100, 6):g} %"


_dealt: dict[tuple[float, ...], list[int]] = {}

# --- levels ----------------------------------------------------------------------------------------------------------


def dealt(users: int, shares: Sequence[float]) -> list[int]:
    """How many of so many users each part has: dealt out one by one, each to the part that is furthest behind.

    The method of Webster and Sainte-Lague: the k-th user of a part stands at (k - 1/2) / share in the row of all. So
    the parts have all users between them, each about its share, and one user more takes none away from any.
    """
    key = users, *shares
    if key not in _dealt:
        if len(_dealt) >= MAX_KEPT:
            _dealt.clear()
        _dealt[key] = _deal(users, shares)
    return _dealt[key]


def _deal(users: int, shares: Sequence[float]) -> list[int]:
    low = max(users - len(shares), 0)  # below it stand fewer than `users`, so that what is near it is no close call
    have = [math.floor(low * share + 0.5) for share in shares]
    for _ in range(users - sum(have)):
        index = min(range(len(shares)), key=lambda one: ((have[one] + 0.5) / shares[one], one))
        have[index] += 1
    return have


@record
class Slice:
    """A part's place in its mix. shares: of all parts; index: which of them is meant."""

    shares: tuple[float, ...]
    index: int

    def stage(self, stage: Stage, model: str) -> Stage:
        """What the part has of a stage: of rates and bits its share, of users those that are dealt to it."""
        if model == "closed":
            return self._users(stage)
        share = self.shares[self.index]
        height = None if stage.height is None else stage.height * share
        low, high = stage.level_from * share, stage.level_to * share
        return replace(stage, level_from=low, level_to=high, height=height, iterations=None)

    def _users(self, stage: Stage) -> Stage:
        found: list[Dealt] = []
        for at, users in changes(stage):
            level = float(dealt(users, self.shares)[self.index])
            if not found or found[-1].users != level:
                found.append(Dealt(at, level))
        low, high = found[0].users, found[-1].users
        told = tuple(found) if len(found) > 1 else ()
        return replace(stage, level_from=low, level_to=high, height=None, every=None, dealt=told)


def changes(stage: Stage) -> Iterator[tuple[float, int]]:
    """The users of a closed stage over time: (s from its start, how many from then on); the level, halves up."""
    for level in levels(stage):
        first, last = math.floor(level.low + 0.5), math.floor(level.high + 0.5)
        yield level.start, first
        step = 1 if last > first else -1
        for users in range(first + step, last + step, step) if last != first else ():
            share = (users - step / 2 - level.low) / (level.high - level.low)
            yield level.start + share * (level.end - level.start), users


def few_changes(context: Context, node: ast.Mix, stages: Sequence[Stage], model: str, source: Source) -> bool:
    """Whether the users of a mix come and go seldom enough in all its stages; says so when not."""
    count = sum(len(levels(one)) + abs(one.level_to - one.level_from) for one in stages) if model == "closed" else 0
    if count <= MAX_IN_ALL:
        return True
    summary = f"the users of `{node.name.text}` change more than {MAX_IN_ALL} times"
    context.findings.add("E0433", summary, source.span(node.name), help="fewer steps, or fewer users in ramps")
    return False


def fits_mix(context: Context, stage: Stage, model: str, item: ast.Node, source: Source) -> bool:
    """Whether a stage can be shared among the parts of a mix; says so when not."""
    if model == "closed" and stage.duration is None:
        help_ = "bound it by time, or make the parts workloads of their own"
        summary = "users of a mix cannot share out iterations: each part would end when it has its own"
        context.findings.add("E0433", summary, source.span(item), help=help_)
        return False
    if model == "closed" and stage.kind == "ramp" and abs(stage.level_to - stage.level_from) > MAX_CHANGES:
        summary = f"in a mix, a ramp goes over at most {MAX_CHANGES} users"
        context.findings.add("E0433", summary, source.span(item), help="go by steps: `step … by … every …`")
        return False
    return True
