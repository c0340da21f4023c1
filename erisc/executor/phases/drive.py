"""Drive: all load processes meet at a barrier, t = 0 is set, and the fault timeline runs beside them."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import time

from erisc.base.failure import Failure
from erisc.executor import interrupts
from erisc.executor.bundle import Cell, Workload
from erisc.executor.faults.picking import Site, SitePicker, servers_of
from erisc.executor.faults.primaries import Primaries
from erisc.executor.loads import Load, LoadOrder, driver_of
from erisc.executor.phases.deploy import Tenant
from erisc.executor.phases.told import stages_told
from erisc.executor.state import Run
from erisc.executor.timeline import Timeline, ahead
from erisc.executor.watching import Watching

BARRIER = 180.0
"""s the slowest driver has to get ready: one may check its task against the cloud first."""
LEAD = 1.0
"""s from the barrier to t = 0; more where a fault strikes so early that it has to be armed before."""
OVERTIME = 90.0 + 30.0
"""s after its last stage until a driver has recorded all it has: iterations in flight drain for 90 s."""
TIDYING = 60.0
"""s more for a driver that has; what it does not tidy up by then goes with the project."""


def drive(run: Run, cell: Cell, tenant: Tenant) -> None:
    """Load and faults of one cell. Raises Failure when the load could not start or none of it lived to the end, and
    Interrupted when somebody stopped it. Load processes are gone afterwards; open faults are for the heal phase.
    """
    loads: dict[str, Load] = {}
    rendezvous = os.path.join(run.run_dir.private, f"rendezvous-{cell.id}")
    try:
        os.makedirs(rendezvous)
        for workload in cell.workloads:
            loads[workload.name] = _start(run, cell, workload, tenant, rendezvous)
        asyncio.run(_drive(run, cell, loads, rendezvous, tenant))
    finally:
        for load in loads.values():
            load.stop()


def _start(run: Run, cell: Cell, workload: Workload, tenant: Tenant, rendezvous: str) -> Load:
    driver = driver_of(workload)
    mark = f"{run.mark(cell.id)}/{workload.name}"
    run.undo.register("end_process", {"mark": mark}, f"load process of {workload.name}", cell=cell.id)
    order = LoadOrder(
        workload=workload,
        raw=run.run_dir.raw(cell.id, workload.name),
        private=os.path.join(run.run_dir.private, cell.id, workload.name),
        rendezvous=rendezvous,
        plugins=os.path.join(run.run_dir.bundle, "rally", "plugins"),
        task_args=tenant.outputs,
        cloud=run.cloud,
        user=tenant.user,
        mark=mark,
        zone=run.zone,
        generators=run.generators,
    )
    return driver.start(order)


async def _drive(run: Run, cell: Cell, loads: dict[str, Load], rendezvous: str, tenant: Tenant) -> None:
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()
    assert main is not None
    with interrupts.diverted(lambda: loop.call_soon_threadsafe(main.cancel)):
        try:
            await _barrier(run, cell, loads)
            t0 = _set_t0(run, cell, rendezvous, max(LEAD, ahead(cell.schedule)))
            _tell_clocks(run, cell, loads, t0)
            await _play(run, cell, loads, t0, tenant)
        except asyncio.CancelledError as error:
            raise interrupts.Interrupted from error


async def _barrier(run: Run, cell: Cell, loads: dict[str, Load]) -> None:
    deadline = time.monotonic() + BARRIER
    waiting = dict(loads)
    while waiting:
        for name, load in list(waiting.items()):
            if load.ready():
                run.log.append("load_ready", cell=cell.id, workload=name)
                del waiting[name]
            elif load.poll() is not None or time.monotonic() > deadline:
                code = load.poll()
                what = f"was not ready after {BARRIER:g} s" if code is None else f"{_ended(code)} before the load began"
                raise Failure(f"workload {name} {what}", detail=load.complaint(), mend=_see(run, cell, name))
        run.console.status(f"waiting for {', '.join(waiting)}", 0.0)
        await asyncio.sleep(0.05)


def _set_t0(run: Run, cell: Cell, rendezvous: str, lead: float) -> float:
    t0_mono = time.monotonic() + lead
    t0_wall = time.time() + lead
    run.log.append("load_started", cell=cell.id, t0_wall=t0_wall, t0_mono=t0_mono)
    path = os.path.join(rendezvous, "t0")
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"t0_mono": t0_mono, "t0_wall": t0_wall}, file)
    os.rename(path + ".new", path)
    return t0_mono


def _tell_clocks(run: Run, cell: Cell, loads: dict[str, Load], t0: float) -> None:
    for workload, load in loads.items():
        for clock in load.clocks():
            fields = {"t0_mono": t0 + clock.offset, "offset": clock.offset, "uncertainty": clock.uncertainty}
            run.log.append("generator_ready", cell=cell.id, workload=workload, generator=clock.generator, **fields)


async def _play(run: Run, cell: Cell, loads: dict[str, Load], t0: float, tenant: Tenant) -> None:
    """Stages, faults and load processes at once, until all are over; without load there is nothing to break."""
    site = Site(run.zone, run.bundle, cell, servers_of(cell, tenant.outputs), Primaries(run.channels))
    picker = SitePicker(site)
    timeline = Timeline(run, cell, t0, picker)
    picker.now = timeline.now
    timeline.observe(picker.take)
    watching = Watching(run, cell, timeline, site.members)
    for workload, load in loads.items():
        for clock in load.clocks():
            watching.generator(workload, clock.generator, t0 + clock.offset)
    watching.start()
    playing = asyncio.create_task(timeline.play())
    watched = [asyncio.create_task(_watch(run, cell, work, loads[work.name], timeline)) for work in cell.workloads]
    try:
        fine = await asyncio.gather(*watched)
        timeline.load_ended()
        watching.load_ended()
        if any(fine):
            await playing
        else:
            raise Failure("no load process lived to the end of its schedule", detail="\n".join(run.problems))
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        watching.stop()


async def _watch(run: Run, cell: Cell, workload: Workload, load: Load, timeline: Timeline) -> bool:
    """Wait for the end of a load process; whether it was a good one. One that hangs is ended."""
    deadline = timeline.t0 + workload.latest + OVERTIME
    while (code := load.poll()) is None and time.monotonic() < deadline + (TIDYING if load.done() else 0.0):
        await asyncio.sleep(0.1)
    error = ""
    if code is None:
        load.stop()
    if code is None and not load.done():
        error = f"did not end within {OVERTIME:g} s after its last stage"
    elif code:
        error = f"{_ended(code)}: {load.complaint()}"
    _tell_stages(run, cell, workload, load, timeline.t0)
    status = "failed" if error else "ok"
    run.log.append("load_finished", cell=cell.id, workload=workload.name, status=status, error=error)
    if error:
        run.broke(f"workload {workload.name} {error} ({_see(run, cell, workload.name)})")
    return not error


def _tell_stages(run: Run, cell: Cell, workload: Workload, load: Load, t0: float) -> None:
    """The stages that the timeline could not tell."""
    if workload.end < math.inf:
        return
    zeros = {f"iterations.{clock.generator}.jsonl": t0 + clock.offset for clock in load.clocks()}
    for one in stages_told(workload, run.run_dir.raw(cell.id, workload.name), zeros or {"iterations.jsonl": t0}):
        fields = {"workload": workload.name, "stage": one.name, "at": one.at}
        run.log.append(f"stage_{one.state}", cell=cell.id, **fields)


def _ended(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def _see(run: Run, cell: Cell, workload: str) -> str:
    driver = next(one.driver for one in cell.workloads if one.name == workload)
    log = f"{driver}.*.log" if run.generators else f"{driver}.log"
    return "its log: " + os.path.join(run.run_dir.raw(cell.id, workload), log)
