"""One effect on one host, from arming to healing, whichever kind of action does it."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from erisc.base.failure import Failure
from erisc.executor.faults import scripts
from erisc.executor.faults.channel import Channel
from erisc.executor.faults.healing import heal_on_host, strike_values, target_of
from erisc.executor.faults.protocol import CalledAction, Context, HostAction, Strike
from erisc.executor.faults.replies import LostError, Reply
from erisc.executor.faults.shell import Shell, unreachable
from erisc.executor.undo import Undo

ARM = 30.0
INJECT = 180.0
"""s that an effect without a planned end has to come about."""
HOLD = 5.0
LATE = 60.0
"""s after its instant in which a heal is tried again; then the heal phase tries."""
GOING = 180.0
"""s that a host has to go away when it is sent; an orderly shutdown takes its time."""
SILENT = 3.0
"""s without an answer after which it is gone."""
RETURN = 600.0
"""The same for a host that was sent away: s until it has booted and answers."""

Register = Callable[[str, dict[str, Any], str], Undo]
"""Kind, arguments and phrase of an undo; written when it returns."""


class Struck(Protocol):
    """Armed, fired, held and healed in this order, from several threads but never two at one time.

    away: the host goes away meanwhile.
    """

    strike: Strike
    away: bool

    def arm(self, after: float) -> None:
        """Get ready; the undo is on disk before anything is touched. after: s until the host heals by itself."""

    def extend(self, after: float) -> None:
        """Let the host heal itself only `after` s from now."""

    def fire(self) -> None:
        """Start the effect and return at once: called on the clock's thread."""

    def struck(self) -> float | None:
        """Wait until the effect is there; the moment (CLOCK_MONOTONIC s), None when the effect cut the way back."""

    def hold(self) -> None:
        """Keep the effect; quick."""

    def heal(self) -> float:
        """Take the effect back and wait until it is gone; the moment. Raises Failure when it does not go."""


class HostStrike:
    """A HostAction, through a shell that is the strike's own."""

    def __init__(self, strike: Strike, action: HostAction, channel: Channel, register: Register, done: Done) -> None:
        self.strike = strike
        self.away = action.down
        self._action = action
        self._recipe = action.recipe(strike)
        self._channel = channel
        self._register = register
        self._done = done
        self._undo: Undo | None = None
        self._shell: Shell | None = None
        self._folder = ""
        self._injected: Future[Reply] | None = None
        self._held: Future[Reply] | None = None
        self._fired = False

    @property
    def about(self) -> str:
        """`kill of rabbitmq on ctl`."""
        return about(self._action.name, self.strike)

    def arm(self, after: float) -> None:
        """As in Struck."""
        self._shell = self._channel.take()
        arguments = strike_values(self.strike, self._recipe, down=self._action.down)
        self._undo = self._register("heal_strike", arguments, self.about)
        executor = os.getpid() if self.strike.host.connection == "local" else 0
        text = scripts.arm(self.strike.id, target_of(self.strike), self._recipe.arm, self._recipe.heal, after, executor)
        reply = self._ask(text, ARM)
        if reply.code:
            raise self._failed(reply)
        self._folder = reply.out.splitlines()[-1]
        self._load()

    def _load(self) -> None:
        """The host reads the text of the effect and forks for it ahead of the instant, for that takes time."""
        assert self._shell
        try:
            self._injected = self._shell.load(scripts.act(self._folder, self._recipe.inject), ARM)
        except LostError as lost:
            raise self._lost(lost) from None

    def extend(self, after: float) -> None:
        """As in Struck."""
        self._channel.run(scripts.extend(self._folder, after))

    def fire(self) -> None:
        """As in Struck."""
        assert self._shell
        self._fired = True
        self._shell.go()

    def struck(self) -> float | None:
        """As in Struck."""
        assert self._shell
        assert self._injected
        cuts = self._action.strikes == "hosts" and self.strike.duration is not None
        within = max(self.strike.duration or 0.0, 2.0) if cuts else INJECT
        try:
            reply = self._shell.wait(self._injected, within)
        except (LostError, Failure) as error:
            if self._action.down:
                return time.monotonic()
            if cuts:
                return None
            raise self._lost(error) from None
        if reply.code:
            raise self._failed(reply)
        return self._gone(self._shell) if self._action.down else reply.at

    def _gone(self, shell: Shell) -> float:
        """The moment after which the host did not answer any more: what sends it away returns before it is."""
        deadline = time.monotonic() + GOING
        while (asked := time.monotonic()) < deadline:
            try:
                shell.run(":", SILENT)
            except (LostError, Failure):
                return asked
            time.sleep(0.02)
        raise Failure(f"{self.about}: the host did not go away within {GOING:g} s")

    def hold(self) -> None:
        """As in Struck. An answer is awaited for as long as the next call takes; one that does not come is no failure:
        the effect itself may have cut the way.
        """
        if not self._recipe.hold or self._action.down or not self._shell or not self._shell.alive:
            return
        if self._held and not self._held.done():
            return
        if self._held and not self._held.exception() and self._held.result().code not in (0, scripts.CLOSED):
            raise self._failed(self._held.result())
        self._held = self._shell.send(scripts.act(self._folder, self._recipe.hold))

    def heal(self) -> float:
        """As in Struck."""
        if not self._undo:
            return time.monotonic()  # nothing was touched
        with contextlib.suppress(Exception):
            self._held.result(HOLD) if self._held else None
        if self._shell and not self._fired:
            self._shell.close()  # what is loaded ends with it
        within = RETURN if self._action.down else LATE
        at = heal_on_host(self._channel, self._undo.arguments, within, self._shell)
        if self._shell:
            self._shell.close()
        self._done(self._undo)
        return at

    def _ask(self, text: str, timeout: float) -> Reply:
        assert self._shell
        try:
            return self._shell.run(text, timeout)
        except LostError as lost:
            raise self._lost(lost) from None

    def _lost(self, error: Exception) -> Failure:
        return error if isinstance(error, Failure) else unreachable(self.strike.host, str(error))

    def _failed(self, reply: Reply) -> Failure:
        lines = reply.err.strip().splitlines() or [f"its text ended with {reply.code}"]
        return Failure(f"{self.about}: {lines[-1]}", detail="\n".join(lines[:-1]))


Done = Callable[[Undo], None]


class CalledStrike:
    """A CalledAction, on a thread that waits for its instant."""

    def __init__(
        self,
        strike: Strike,
        action: CalledAction,
        context: Context,
        cloud: dict[str, Any],
        register: Register,
        done: Done,
    ) -> None:
        self.strike = strike
        self.away = action.strikes == "hosts"
        self._action = action
        self._context = context
        self._cloud = cloud
        self._register = register
        self._done = done
        self._undo: Undo | None = None
        self._call: _Call | None = None

    def arm(self, after: float) -> None:
        """As in Struck. No host heals by itself what was done from elsewhere."""
        arguments = {"action": self._action.name, **self._cloud, **self._action.undo(self.strike, self._context)}
        self._undo = self._register("called", arguments, about(self._action.name, self.strike))
        self._call = _Call(lambda: self._action.inject(self.strike, self._context))

    def extend(self, after: float) -> None:
        """As in Struck: nothing runs out."""

    def fire(self) -> None:
        """As in Struck."""
        assert self._call
        self._call.go.set()

    def struck(self) -> float | None:
        """As in Struck."""
        assert self._call
        return self._call.moment.result()

    def hold(self) -> None:
        """As in Struck: it holds by itself."""

    def heal(self) -> float:
        """As in Struck."""
        if self._call:
            self._call.give_up()
        if self._undo:
            retried(lambda: self._action.heal(self._undo.arguments, self._context) if self._undo else None, LATE)
            self._done(self._undo)
        return time.monotonic()


class _Call:
    """Runs something on a thread of its own when `go` is set. moment: when it was over."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.go = threading.Event()
        self.moment: Future[float] = Future()
        self._act = act
        self._given_up = False
        threading.Thread(target=self._run, name="call", daemon=True).start()

    def _run(self) -> None:
        self.go.wait()
        try:
            if not self._given_up:
                self._act()
            self.moment.set_result(time.monotonic())
        except Exception as error:
            self.moment.set_exception(error)

    def give_up(self) -> None:
        """It is healed now: what has not begun never will, what has begun is waited for."""
        if not self.go.is_set():
            self._given_up = True
            self.go.set()
        with contextlib.suppress(Exception):
            self.moment.result(INJECT)


def about(action: str, strike: Strike) -> str:
    """`kill of rabbitmq on ctl`, `partition on ctl`."""
    return (
        f"{action} of {strike.service} on {strike.host.name}" if strike.service else f"{action} on {strike.host.name}"
    )


def retried(act: Callable[[], object], within: float) -> None:
    """Try again for `within` s. Raises what the last try raised."""
    deadline = time.monotonic() + within
    while True:
        try:
            act()
            return
        except Failure:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)
