"""The zone under rough treatment: boots killed at any moment, two labs at once, more computes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from erisc.lab import Lab, Options, down, open_lab, processes, status, up, wipe

pytestmark = [pytest.mark.zone, pytest.mark.slow]


@pytest.fixture
def lab() -> Iterator[Lab]:
    if os.geteuid() != 0 and not os.environ.get("ERISC_TEST_ZONE"):
        pytest.skip("the zone's packages need root; set ERISC_TEST_ZONE=1 when they are installed")
    lab = open_lab("t-slow")
    wipe(lab)
    try:
        yield lab
    finally:
        wipe(lab)


def _boot_in_a_process(lab: Lab) -> subprocess.Popen[str]:
    code = "import sys; from erisc import lab; lab.up(lab.open_lab(sys.argv[1]))"
    return subprocess.Popen([sys.executable, "-c", code, lab.name], stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_boot_killed_at_any_moment_is_finished_by_the_next(
    lab: Lab, use_cache: bool, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not use_cache:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    for moment in (0.3, 1.0, 2.0, 4.0, 8.0, 14.0):
        boot = _boot_in_a_process(lab)
        time.sleep(moment)
        boot.send_signal(signal.SIGKILL)
        boot.wait()
        status(lab)
    assert up(lab).state == "up"


def test_two_labs_side_by_side_do_not_touch_each_other(lab: Lab) -> None:
    other = open_lab("t-slow-2")
    wipe(other)
    try:
        first, second = _boot_in_a_process(lab), _boot_in_a_process(other)
        assert [first.wait(), second.wait()] == [0, 0]
        assert not set(status(lab).urls.values()) & set(status(other).urls.values())
        down(lab)
        assert not processes.of_lab(lab.state_dir)
        assert status(other).state == "up"
    finally:
        wipe(other)


def test_a_zone_grows_while_it_runs(lab: Lab) -> None:
    before = {service.name: service.pid for service in up(lab, Options(computes=1)).services}
    now = up(lab, Options(computes=12))
    assert (now.state, now.computes) == ("up", 12)
    assert [name for name, pid in before.items() if pid not in {s.pid for s in now.services}] == ["nova-compute"]


def test_an_interrupted_boot_says_what_goes_on_and_is_resumed(lab: Lab) -> None:
    boot = _boot_in_a_process(lab)
    time.sleep(6)
    boot.send_signal(signal.SIGINT)
    assert "goes on running" in boot.communicate()[1]
    assert not processes.of_lab(lab.state_dir, tasks_only=True)
    assert up(lab).state == "up"
