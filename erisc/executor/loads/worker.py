"""A load driver's process: one task of the drivers `http`, `openstack` and `rpc`.

    python -m erisc.executor.loads.worker TASK --iterations FILE [--service NAME=HOST:PORT[,HOST:PORT…]]…
                                          [--transport-url URL]
    python -m erisc.executor.loads.worker -     an Order as JSON on standard input, as `erisc run` starts it

Environment, all optional: ERISC_RENDEZVOUS, a folder in which it leaves `ready-<workload>` and waits for `t0` (JSON
with `t0_mono`, CLOCK_MONOTONIC s), without which the load begins at once; ERISC_WORKLOAD, the workload's name there;
ERISC_SHARD, `k/n`, the part of the load that is this process's. Exit code 0: the load ran and is recorded.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import sys
from importlib import import_module

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.loads.engine import MOST, Engine, Operation
from erisc.executor.loads.order import Order
from erisc.executor.loads.recording import Recorder
from erisc.executor.loads.rendezvous import Rendezvous
from erisc.executor.loads.task import Task, parse_shard, read_task

OPERATIONS = {
    "http": ("erisc.executor.loads.http.operation", "HttpOperation"),
    "rpc": ("erisc.executor.loads.rpc.operation", "RpcOperation"),
    "openstack": ("erisc.executor.loads.openstack.operation", "OpenstackOperation"),
}
"""Driver to the module and class of its operations."""


def main(words: list[str]) -> int:
    """Run one task to its end; see the module."""
    try:
        order = _order(words)
        _run(order)
    except Failure as failure:
        print(f"erisc: {failure}", file=sys.stderr)
        return failure.exit_code
    except OSError as error:
        print(f"erisc: {error}", file=sys.stderr)
        return 4
    return 0


def _order(words: list[str]) -> Order:
    if words == ["-"]:
        _die_with_parent()
        return Order(**json.load(sys.stdin))
    parser = argparse.ArgumentParser(prog="python -m erisc.executor.loads.worker", description="Run a load task.")
    parser.add_argument("task", help="its file, JSON")
    parser.add_argument("--iterations", required=True, help="the file that iterations are appended to")
    parser.add_argument("--service", action="append", default=[], metavar="NAME=HOST:PORT[,…]")
    parser.add_argument("--transport-url", default="", help="of the message bus, for `rpc`")
    given = parser.parse_args(words)
    services = dict(_service(one) for one in given.service)
    return Order(given.task, given.iterations, "alone", services, {}, {}, given.transport_url)


def _service(text: str) -> tuple[str, list[tuple[str, int]]]:
    name, _, places = text.partition("=")
    found = [place.rpartition(":") for place in places.split(",")]
    if not name or not all(host and port.isdecimal() for host, _, port in found):
        raise Failure(f"--service {text}: NAME=HOST:PORT[,HOST:PORT…] was expected", exit_code=WRONG_CALL)
    return name, [(host, int(port)) for host, _, port in found]


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG (prctl(2)): load must not outlive an executor that was killed."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
    if os.getppid() == 1:
        raise Failure("the executor is gone")


def _run(order: Order) -> None:
    import uvloop

    task = order.filled(read_task(order.task))
    operation = _operation(order, task)
    recorder = Recorder(order.iterations)
    try:
        uvloop.run(_load(task, operation, recorder))
    finally:
        recorder.close()


def _operation(order: Order, task: Task) -> Operation:
    if task.driver not in OPERATIONS:
        raise Failure(f"there is no load driver {task.driver!r}", exit_code=WRONG_CALL)
    module, name = OPERATIONS[task.driver]
    made: Operation = getattr(import_module(module), name)(order, task)
    return made


async def _load(task: Task, operation: Operation, recorder: Recorder) -> None:
    shard = parse_shard(os.environ.get("ERISC_SHARD", ""))
    place = Rendezvous(os.environ.get("ERISC_RENDEZVOUS", ""), os.environ.get("ERISC_WORKLOAD", ""), shard)
    await operation.prepare()
    engine = Engine(task, shard, operation, recorder, most=_most())
    gc.collect()
    gc.freeze()  # what is there now is there to stay: the collector need not look at it during the load
    gc.set_threshold(20_000, 20, 50)  # what an iteration makes goes with it, by its count of references
    try:
        await engine.play(await place.meet())
    finally:
        await operation.close()
    place.announce("done")


def _most() -> int:
    """Iterations in flight for which there are file descriptors; their limit is raised as far as it goes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(1, min(MOST, soft - 64))


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads that never came back must not hold the process
