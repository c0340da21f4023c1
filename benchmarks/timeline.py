"""How close to plan faults come: called in process, and effective at the host.

`process`: a freeze of one of ten local services every second for --minutes; what was called, against plan, beside a
bare executor (a loop over time.sleep) with the same instants in a process of its own at the same time. Fails when the
median error is more than 0.5 ms beyond the bare one's, or drifts by more than 0.1 ms from the first fifth to the last.

`hosts`: --faults faults on four emulated hosts (root), every other one of a process (freeze) and of the network (a port
is blocked). The effect is what hosts see of it: a process that notes its own heartbeat a thousand times a second, and
numbered datagrams a thousand times a second that do not arrive; the last host counts. All hosts share the clock. Beside
it, what a bare sleep to the same instants oversleeps. Then --peer-faults freezes by os-faults, Rally's hook and Chaos
Toolkit on the same hosts, seen by the same probes (see timeline_peers). --peers: the Python of an environment made from
benchmarks/peers.txt. A peer that is not there is said to be absent. Fails over 10 ms at the median or 50 ms at p99, and
when the best of the peers is less than 20 times as far from plan at the median.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import timeline_peers
from benchmarks.timeline_bed import Bed, Instant, bed
from erisc.executor.events import read_events
from tests.executor.bundles import effect, planned
from tests.executor.faults.player import begin, play
from tests.executor.services import commands_service, kill_tree, living

# Limits, all in ms.
BEYOND = 0.5
DRIFT = 0.1
SERVICES = 10
"""Struck in turn: a fault that follows another on the same service arms when that one has healed."""
MEDIAN, P99 = 10.0, 50.0
CLOSER = 20.0
"""Times, at the median."""

BARE = """
import json, sys, time
instants = json.load(sys.stdin)
late = []
for instant in instants:
    time.sleep(max(instant - time.monotonic(), 0))
    late.append(time.monotonic() - instant)
print(json.dumps(late))
"""


def quantile(values: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def row(name: str, values: list[float]) -> str:
    """ms."""
    middle, high = statistics.median(values), quantile(values, 0.99)
    return f"{name:34} n {len(values):4}   p50 {middle:9.3f} ms   p99 {high:9.3f} ms   max {max(values):9.3f} ms"


def schedule_of(faults: list[dict[str, Any]]) -> dict[str, Any]:
    """A fault schedule."""
    return {"format": 2, "cell": "0001", "allowances": {}, "faults": faults, "reactions": []}


def called_late(run: Path) -> list[float]:
    """ms from plan to call, in the order of the plan."""
    called = [event for event in read_events(str(run / "events.jsonl")) if event["type"] == "fault_called"]
    return [(event["at"] - event["planned"]) * 1000 for event in sorted(called, key=lambda one: one["planned"])]


def in_process(minutes: float) -> int:
    """Measure and print; the exit code."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        services = {f"tree{number}": commands_service(folder, f"tree{number}") for number in range(SERVICES)}
        host = {"ansible_connection": "local", "erisc_services": services}
        (folder / "inventory.yaml").write_text(json.dumps({"controller": {"hosts": {"ctl": host}}}))
        instants = [5.0 + 1.0137 * number for number in range(int(minutes * 60 / 1.0137))]
        faults = [
            planned("f", at, [[effect("freeze", 0.1, service=f"tree{number % SERVICES}")]], number)
            for number, at in enumerate(instants)
        ]
        run, cell = begin(str(folder / "run"), str(folder / "inventory.yaml"), schedule_of(faults))
        for service in services.values():
            subprocess.run(service["start"], check=True)
            while len(living(service)) < 2:
                time.sleep(0.05)
        try:
            bare = _beside_bare(lambda told: play(run, cell, told), instants)
        finally:
            for service in services.values():
                kill_tree(list(living(service)))
            run.channels.close()
        ours = called_late(folder / "run")
    return _compare(ours, bare, len(instants))


def _beside_bare(act: Any, instants: list[float]) -> list[float]:
    """ms by which the bare executor was late while `act` went on; `act` is given a function that takes t0."""
    with subprocess.Popen(
        [sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as bare:

        def told(t0: float) -> None:
            assert bare.stdin
            bare.stdin.write(json.dumps([t0 + at for at in instants]))
            bare.stdin.close()

        act(told)
        assert bare.stdout
        return [late * 1000 for late in json.loads(bare.stdout.read())]


def _compare(ours: list[float], bare: list[float], wanted: int) -> int:
    fifth = max(len(ours) // 5, 1)
    drift = statistics.median(ours[-fifth:]) - statistics.median(ours[:fifth])
    beyond = statistics.median(ours) - statistics.median(bare)
    print(row("erisc, called after plan", ours))
    print(row("bare executor beside it", bare))
    print(f"beyond the bare executor at the median {beyond:+.3f} ms (limit {BEYOND})")
    print(f"drift from the first fifth to the last {drift:+.3f} ms (limit {DRIFT})")
    if len(ours) != wanted:
        print(f"{wanted - len(ours)} of {wanted} faults were not called")
    return int(beyond > BEYOND or abs(drift) > DRIFT or len(ours) != wanted)


def at_hosts(faults: int, every: float, peer_faults: int, peer_every: int, peers: str) -> int:
    """Measure and print; the exit code."""
    with tempfile.TemporaryDirectory(prefix="erisc-bench-", dir="/tmp") as text, bed(Path(text)) as made:
        instants = [
            Instant(number, 5.0 + every * number, "process" if number % 2 == 0 else "network")
            for number in range(faults)
        ]
        late = _erisc(made, Path(text), instants)
        bad = _within(late)
        chaos = timeline_peers.command_of(peers)
        others = timeline_peers.measure(made, Path(text), peer_faults, peer_every, chaos) if peer_faults else {}
    return int(_beside(late, others) or bad)


def _within(late: dict[str, list[float]]) -> bool:
    """Print what erisc did; whether it is beyond a limit."""
    bad = False
    for kind, values in late.items():
        print(row(f"{kind}: effect after plan", values), flush=True)
        bad = bad or statistics.median(values) > MEDIAN or quantile(values, 0.99) > P99
    print(f"limits: p50 {MEDIAN:g} ms, p99 {P99:g} ms")
    return bad


def _beside(late: dict[str, list[float]], others: dict[str, Any]) -> bool:
    """Print the peers; whether one of them is too close."""
    medians = []
    for name, found in others.items():
        values = [abs(one) for one in found if one is not None] if isinstance(found, list) else []
        if not values:
            print(f"{name}: {found if isinstance(found, str) else 'no effect was seen'}")
            continue
        unseen = f"   {len(found) - len(values)} not seen" if len(found) > len(values) else ""
        print(row(f"{name}: |effect - plan|", values) + unseen)
        medians.append(statistics.median(values))
    if not medians:
        return False
    ratios = {kind: min(medians) / statistics.median(map(abs, values)) for kind, values in late.items() if values}
    for kind, ratio in ratios.items():
        print(f"{kind}: erisc is {ratio:.1f} times closer than the best peer at the median (limit {CLOSER:g})")
    return any(ratio < CLOSER for ratio in ratios.values())


def _erisc(made: Bed, folder: Path, instants: list[Instant]) -> dict[str, list[float]]:
    faults = [planned("f", one.at, [[_effect(one)]], one.number) for one in instants]
    run, cell = begin(str(folder / "run"), made.inventory, schedule_of(faults))
    for channel in map(run.channels.of, run.zone.hosts.values()):
        channel.open()
    moments: list[float] = []

    def act(told: Any) -> None:
        def both(t0: float) -> None:
            moments.append(t0)
            told(t0)

        play(run, cell, both)

    try:
        bare = _beside_bare(act, [one.at for one in instants])
    finally:
        run.undo.end(run.undo.open())
        run.channels.close()
    assert not run.problems, run.problems
    acknowledged = [
        event for event in read_events(str(folder / "run" / "events.jsonl")) if event["type"] == "fault_effective"
    ]
    print(
        row(
            "erisc, acknowledged after plan",
            [(one["at"] - instants[one["instance"]].at) * 1000 for one in acknowledged],
        )
    )
    print(row("bare sleep beside it", bare))
    return made.late(moments[0], instants)


def _effect(one: Instant) -> dict[str, Any]:
    if one.kind == "process":
        return effect("freeze", 0.4, service="beat", nodes="all", selector="all")
    return effect("block_port", 0.4, {"port": Bed.PORT}, service="", nodes="all", selector="all")


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("what", choices=["process", "hosts"])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--every", type=float, default=0.8137, help="s from one fault to the next")
    parser.add_argument("--peer-faults", type=int, default=8, help="0: no peers")
    parser.add_argument(
        "--peer-every", type=int, default=4, help="the same for the peers: whole s, Rally knows no other"
    )
    parser.add_argument("--peers", default="", help="the Python of an environment made from benchmarks/peers.txt")
    call = parser.parse_args()
    if call.what == "process":
        return in_process(call.minutes)
    return at_hosts(call.faults, call.every, call.peer_faults, call.peer_every, call.peers)


if __name__ == "__main__":
    sys.exit(main())
