"""Healing a strike on its host: at its instant, late, after a crash of the executor, or on another day."""

from __future__ import annotations

import re
import time
from typing import Any

from erisc.base.failure import Failure
from erisc.base.record import replace
from erisc.executor.faults import scripts
from erisc.executor.faults.channel import Channel, Channels
from erisc.executor.faults.protocol import Context, Recipe, Strike
from erisc.executor.faults.registry import called_action
from erisc.executor.faults.replies import LostError
from erisc.executor.faults.shell import Shell
from erisc.executor.zones import host_of, host_values

FIRST = 15.0
"""s that the strike's own shell has to answer; then a connection of its own is tried, for the effect may be on the
way. Two heals do no harm: the second waits for the first and finds nothing to do."""
HEAL = 180.0
LEFT = 30.0
AFTERWARDS = 60.0
"""s in which `heal` tries again to reach a host, and what a host has that was sent away."""
AFTERWARDS_DOWN = 600.0


def strike_values(strike: Strike, recipe: Recipe, *, down: bool) -> dict[str, Any]:
    """Arguments of an undo of kind `heal_strike`: they travel, so no password is in them, of a power controller or of
    the message bus."""
    keys = {key: value for key, value in strike.host.services.get(strike.service, {}).items() if key != "transport_url"}
    services = {strike.service: keys} if strike.service in strike.host.services else {}
    host = host_values(replace(strike.host, services=services, power={}))
    return {
        "strike": strike.id,
        "target": target_of(strike),
        "host": host,
        "heal": recipe.heal,
        "left": recipe.left,
        "down": down,
    }


def target_of(strike: Strike) -> str:
    """What only one may heal at a time: the service; the host's own faults have nothing in common."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", strike.service) or strike.id


def heal_on_host(channel: Channel, values: dict[str, Any], within: float, shell: Shell | None = None) -> float:
    """Heal, look that nothing is left, close the strike; the moment of the heal (CLOCK_MONOTONIC s).

    shell: one that is open already. Tries again for `within` s. Raises Failure with what the last try came to.
    """
    deadline = time.monotonic() + within
    direct = False
    while True:
        try:
            if shell and shell.alive:
                return _heal(shell, values, FIRST)
            taken = channel.take(direct=direct)
            try:
                return _heal(taken, values, HEAL)
            finally:
                taken.close()
        except (Failure, LostError) as error:
            if time.monotonic() > deadline:
                words = error.what if isinstance(error, Failure) else f"host {channel.host.name} was lost meanwhile"
                raise Failure(words, detail=getattr(error, "detail", "")) from None
        shell, direct = None, True
        time.sleep(0.5)


def _heal(shell: Shell, values: dict[str, Any], timeout: float) -> float:
    healed = shell.run(scripts.heal(values["strike"], values["target"], values["heal"]), timeout)
    if healed.code:
        lines = healed.err.strip().splitlines() or [f"the heal ended with {healed.code}"]
        raise Failure(f"host {shell.host.name}: {lines[-1]}", detail="\n".join(lines[:-1]))
    left = shell.run(scripts.left(values["strike"], values["left"]), LEFT).out.split("\n")
    if any(left):
        raise Failure(f"host {shell.host.name}: after the heal there is still {'; '.join(filter(None, left))}")
    if shell.run(scripts.close(values["strike"], values["target"]), LEFT).code:
        raise Failure(f"host {shell.host.name}: the folder of the strike cannot be removed")
    return healed.at


def undo_heal_strike(channels: Channels, arguments: dict[str, Any]) -> None:
    """Undo of kind `heal_strike`."""
    channel = channels.of(host_of(arguments["host"]))
    heal_on_host(channel, arguments, AFTERWARDS_DOWN if arguments["down"] else AFTERWARDS)


def undo_called(private: str, run: str, arguments: dict[str, Any]) -> None:
    """Undo of kind `called`."""
    from erisc.executor.cloud import connect

    cloud = connect(arguments["cloud"], tuple(arguments["clouds_files"])) if arguments["cloud"] else None
    called_action(arguments["action"]).heal(arguments, Context(cloud, private, run))
