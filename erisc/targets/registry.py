"""The targets and exports that are installed, ours and others', found the same way."""

from __future__ import annotations

from _collections_abc import Sequence  # not what imports all of `collections`

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import EntryPoint, entry_points
from erisc.targets.names import closest
from erisc.targets.protocol import EXPORTS, GROUP, Target


def installed() -> tuple[Target, ...]:
    """Every installed target, by name. Raises Failure naming the package of one that cannot be loaded."""
    return tuple(_load(point) for point in entry_points(GROUP).values())


def exports(names: Sequence[str]) -> tuple[Target, ...]:
    """The exports of these names, each once. Raises Failure for one that is not installed."""
    known = entry_points(EXPORTS) if names else {}
    for name in names:
        if name not in known:
            mend = closest(name, tuple(known)) or f"there are {', '.join(known)}"
            raise Failure(f"there is no export {name!r}", mend=mend, exit_code=WRONG_CALL)
    return tuple(_load(known[name]) for name in dict.fromkeys(names))


def _load(point: EntryPoint) -> Target:
    found = point.load()
    if not isinstance(found, Target) or found.name != point.name:
        raise Failure(
            f"{point.target} of the package {point.package!r} is not a target named {point.name!r}",
            mend=f"reinstall or remove the package {point.package!r}",
            exit_code=WRONG_CALL,
        )
    return found
