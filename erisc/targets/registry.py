"""The targets that are installed, ours and others', found the same way."""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.plugins import EntryPoint, entry_points
from erisc.targets.protocol import GROUP, Target


def installed() -> tuple[Target, ...]:
    """Every installed target, by name. Raises Failure naming the package of one that cannot be loaded."""
    return tuple(_load(point) for point in entry_points(GROUP).values())


def _load(point: EntryPoint) -> Target:
    found = point.load()
    if not isinstance(found, Target) or found.name != point.name:
        raise Failure(
            f"{point.target} of the package {point.package!r} is not a target named {point.name!r}",
            mend=f"reinstall or remove the package {point.package!r}",
            exit_code=WRONG_CALL,
        )
    return found
