"""Emptying a place in the cloud: kinds of things are listed and deleted, over and over until a look finds nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any

from openstack import exceptions as sdk_errors

from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.cloud import BusyError, Cloud, errors

GONE = 240.0
"""s that emptying a place may take."""
STUCK = 20.0
"""s after which a deletion is taken for lost, with the broker that carried it, and is begun anew."""
_POLL = 1.0
_LATER = (sdk_errors.ConflictException, sdk_errors.BadRequestException, sdk_errors.NotFoundException)
"""In use by what is on its way out, or gone: the next look will tell."""


@record
class Sweep:
    """One kind. service: its type in the catalogue. find: those of a place. delete: asks for the deletion of one.

    insist: deletes what says of itself that it is being deleted, though nobody does; the cloud's API refuses `delete`
    for it. None where `delete` will do again.
    """

    service: str
    kind: str
    find: Callable[[Cloud, str], Iterable[Any]]
    delete: Callable[[Cloud, Any], None]
    insist: Callable[[Cloud, Any], None] | None = None


def clear(cloud: Cloud, sweeps: Iterable[Sweep], place: str, what: str) -> None:
    """Delete what is found in the place, in the order of the kinds, until a look finds nothing: a request may still be
    under way. what: the place in words. Raises Failure naming what does not go.
    """
    deadline = time.monotonic() + GONE
    asked: dict[str, float] = {}
    sweeps = list(sweeps)
    while left := _look(cloud, sweeps, place, what, asked):
        if time.monotonic() > deadline:
            raise Failure(f"{what} still holds {', '.join(left)}", mend="run `erisc heal` on the run again")
        time.sleep(_POLL)


def _look(cloud: Cloud, sweeps: list[Sweep], place: str, what: str, asked: dict[str, float]) -> list[str]:
    """Ask for the deletion of everything once; what was there. asked: since when, by id; noted here."""
    found: list[str] = []
    try:
        with errors(what):
            for sweep in sweeps:
                if cloud.has_service(sweep.service):
                    found += [_ask(cloud, sweep, item, asked) for item in _found(cloud, sweep, place)]
    except BusyError as error:
        found.append(error.what)
    return found


def _found(cloud: Cloud, sweep: Sweep, place: str) -> list[Any]:
    try:
        return list(sweep.find(cloud, place))
    except sdk_errors.NotFoundException:
        return []  # a service without that extension has none of them


def _ask(cloud: Cloud, sweep: Sweep, item: Any, asked: dict[str, float]) -> str:
    delete = sweep.delete
    if time.monotonic() - asked.setdefault(item.id, time.monotonic()) > STUCK and sweep.insist:
        del asked[item.id]
        delete = sweep.insist
    with contextlib.suppress(*_LATER):
        delete(cloud, item)
    return f"{sweep.kind} {getattr(item, 'name', None) or item.id}"
