"""Whenever the executor dies, `erisc heal` leaves the hosts as they were before: no fault outlives its run."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.executor.faults.site import Site, site
from tests.executor.faults.storm import SPAN, heal, kill_at, start

MOMENTS = int(os.environ.get("ERISC_MOMENTS", "200"))
SEED = int(os.environ.get("ERISC_SEED", "20261121"))
FILL = "fallocate -l 200M /fill 2>/dev/null || dd if=/dev/zero of=/fill bs=64k 2>/dev/null; true"


@pytest.fixture(scope="module")
def hosts() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="erisc-site-") as folder, site(Path(folder), "controller=2") as made:
        yield made


def one_moment(hosts: Site, folder: Path, seed: int, *, full: bool = False, latest: float = SPAN + 1.5) -> str:
    """Kill the executor at a moment that the seed draws; "" when heal mended all, and again changed nothing.

    full: the disks of the hosts are full meanwhile. latest: s from t = 0.
    """
    folder.mkdir()
    before = hosts.look()
    moment = random.Random(seed).uniform(-1.3, latest)
    process, t0 = start(hosts, folder, seed)
    for name in hosts.hosts if full else ():
        hosts.run(name, FILL)
    kill_at(process, t0 + moment)
    healed = heal(folder / "run")
    for name in hosts.hosts if full else ():
        hosts.run(name, "rm -f /fill")
    said = f"seed {seed}, {moment:.3f} s, full {full}: "
    if healed.returncode:
        return said + f"heal ended with {healed.returncode}: {healed.stdout}{healed.stderr}"
    left = hosts.await_same(before)
    events = (folder / "run" / "events.jsonl").read_bytes()
    again = heal(folder / "run")
    if again.returncode or (folder / "run" / "events.jsonl").read_bytes() != events:
        return said + f"a second heal did something: {again.stdout}{again.stderr}"
    left = left or hosts.await_same(before)
    return said + left if left else ""


def test_a_handful_of_moments(hosts: Site, tmp_path: Path) -> None:
    wrong = [one_moment(hosts, tmp_path / str(seed), seed, full=seed == 1, latest=0.8) for seed in range(2)]
    assert not list(filter(None, wrong))


@pytest.mark.slow
def test_every_moment(hosts: Site, tmp_path: Path) -> None:
    seeds = [SEED + number for number in range(MOMENTS)]
    wrong = [one_moment(hosts, tmp_path / str(seed), seed, full=seed % 4 == 0) for seed in seeds]
    assert not list(filter(None, wrong))
