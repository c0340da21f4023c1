"""Faults of whole hosts: they go, they are refused where they would take the run along, names are not found."""

from __future__ import annotations

import subprocess

import pytest

from erisc.base.failure import Failure
from erisc.executor.faults.actions import machine
from erisc.executor.faults.actions.machine import BREAK_DNS, REBOOT, RESET, SKEW_CLOCK
from erisc.executor.faults.protocol import HostAction
from tests.executor.actions.hosts import (
    Place,
    RefusedError,
    Struck,
    namespace_host,
    needs_namespaces,
    strike,
    wait_for,
)


def test_reset_ends_the_host_and_no_other(shell: list[str]) -> None:
    needs_namespaces()
    with namespace_host("gone") as place:
        struck = Struck(place, RESET, strike(place), shell)
        assert struck.needs() == ""
        struck.run("arm")
        subprocess.run(struck.argv("inject"), capture_output=True, timeout=20, check=False)
        wait_for(lambda: not place.sh("echo on", check=False), "the host is still on")
        assert RESET.down


@pytest.mark.parametrize("action", [RESET, REBOOT], ids=lambda each: each.name)
def test_the_machine_of_the_run_is_never_sent_away(one: Place, action: HostAction) -> None:
    """In this machine's own PID namespace the texts say no; only the texts that look are run here."""
    here = Place("here", (), one.folder)
    struck = Struck(here, action, strike(here))
    if "4026531836" not in here.sh("readlink /proc/self/ns/pid"):
        pytest.skip("the tests themselves run in a container")
    assert "the machine that the run is on" in struck.needs()
    with pytest.raises(RefusedError, match="the machine that the run is on"):
        struck.run("arm")
    looked = struck.recipe.inject.partition("sysrq" if action is RESET else "erisc_how=")[0]
    assert "the machine that the run is on" in looked


def test_the_clock_of_the_runs_own_machine_is_not_touched(one: Place, shell: list[str]) -> None:
    struck = Struck(one, SKEW_CLOCK, strike(one, by=60.0), shell)
    assert "a kernel of its own" in struck.needs()
    with pytest.raises(RefusedError, match="a kernel of its own"):
        struck.run("arm")
    struck.heal()


def test_what_is_put_back_is_the_time_that_it_is_by_now(
    one: Place, shell: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock of the test's own: faketime would not reach `date -s`, so the steps are written down, not made."""
    monkeypatch.setattr(machine, "own_boot", lambda: "another")
    struck = Struck(one, SKEW_CLOCK, strike(one, by=3600.0), shell)
    date = f"{struck.folder}/bin/date"
    text = '#!/bin/sh\nif [ "$1" = -s ]; then echo "$2" >>"$STEPS"; else exec /usr/bin/date "$@"; fi\n'
    one.run("sh", "-c", 'mkdir -p "${1%/*}"; printf %s "$2" >"$1"; chmod +x "$1"', "sh", date, text)
    recipe = struck.recipe
    steps = f"{struck.folder}/steps"
    mine = [
        f'STEPS="{steps}" PATH="{struck.folder}/bin:$PATH"; export STEPS PATH\n{each}'
        for each in (recipe.arm, recipe.inject)
    ]
    for each in mine:
        one.run("sh", "-c", f'ERISC="{struck.folder}"\n{each}')
    now = float(one.sh("date +%s.%N"))
    with open(steps) as file:
        assert float(file.read().strip("@\n")) == pytest.approx(now + 3600, abs=2)
    assert struck.run("left") == ""  # the clock was not set, so there is nothing to put back
    struck.heal()


def test_names_are_not_found(pair: list[Place], shell: list[str]) -> None:
    server = "import socket; s = socket.socket(2, 2); s.bind(('', 53))\nwhile 1: d, p = s.recvfrom(99); s.sendto(d, p)"
    ask = (
        "import socket; s = socket.socket(2, 2); s.settimeout(.3); s.sendto(b'x', ('10.77.0.2', 53)); print(s.recv(9))"
    )
    running = subprocess.Popen([*pair[1].enter, "python3", "-c", server])
    try:
        wait_for(lambda: pair[0].run("python3", "-c", ask, check=False), "the name server does not answer")
        struck = Struck(pair[0], BREAK_DNS, strike(pair[0]), shell)
        struck.strike()
        assert pair[0].run("python3", "-c", ask, check=False) == ""
        struck.heal()
        assert pair[0].run("python3", "-c", ask) == "b'x'\n"
    finally:
        running.kill()
        running.wait()


def test_a_skew_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(Failure, match="is no skew"):
        SKEW_CLOCK.recipe(strike(Place("h", (), "/nowhere", "10.0.0.1"), by=0))
