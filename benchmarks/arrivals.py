"""When load arrives and what it costs: erisc's Rally runner and its direct driver beside Rally's own rps runner,
Locust, wrk and a bare asyncio loop, interleaved in one run, against one loopback server in a process of its own.

    python benchmarks/arrivals.py [--rates 100,300,500] [--rounds 5] [--seconds 10] [--tools staged,rps,…]
                                  [--peers PYTHON] [--wrk FILE]

--peers: the Python of an environment made from benchmarks/peers.txt (Locust, uvloop). A peer that is not there is said
to be absent. Arrivals are stamped by the server, the same for all: the error is how late one comes after an even
schedule, which is laid through the earliest hundredth of arrivals. wrk knows no schedule (closed loop, as fast as it
can) and Locust's users keep one each; for them the cost counts. CPU is that of the whole process tree, less what a run
of five requests costs (the start), over the requests beyond those five. `sleep` is the 99th percentile of what a bare
sleep to the next 10 ms oversleeps beside the run: the machine's own noise. Medians of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from erisc.base import environments
from erisc.base.record import record

ROOT = Path(__file__).resolve().parent.parent
RALLY_WORKER = ROOT / "erisc/executor/loads/rally_worker.py"
PLUGIN = ROOT / "erisc/targets/rally/plugin/erisc_staged.py"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
FEW = 5


class Server(asyncio.Protocol):
    """Answers every request at once and keeps its instant, CLOCK_MONOTONIC s."""

    seen: list[float] = []  # noqa: RUF012 - of the process

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._text = b""

    def data_received(self, data: bytes) -> None:
        self._text += data
        while b"\r\n\r\n" in self._text:
            self.seen.append(time.monotonic())
            self._text = self._text.partition(b"\r\n\r\n")[2]
            self._transport.write(ANSWER)


def serve(pipe: Connection) -> None:
    """In a process of its own: tell the port; answer a message with the instants since the last one."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Server, "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        while await loop.run_in_executor(None, pipe.recv):
            pipe.send(Server.seen)
            Server.seen.clear()

    asyncio.run(main())


def oversleep(pipe: Connection) -> None:
    """What a sleep to the next 10 ms oversleeps, until told to end."""
    late = []
    due = time.monotonic()
    while not pipe.poll():
        due += 0.01
        time.sleep(max(due - time.monotonic(), 0))
        late.append(time.monotonic() - due)
        due = max(due, time.monotonic())
    pipe.send(quantile(late, 0.99))


BARE = """
import asyncio, sys, time
try:
    import uvloop
    run = uvloop.run
except ImportError:
    run = asyncio.run
port, rate, count = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
REQUEST = b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"
class Client(asyncio.Protocol):
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): free.append(self); left[0] -= 1
free, left = [], [count]
async def ask(loop):
    client = free.pop() if free else (await loop.create_connection(Client, "127.0.0.1", port))[1]
    client.transport.write(REQUEST)
async def main():
    loop = asyncio.get_running_loop()
    t0 = loop.time() + 0.1
    tasks = []
    for i in range(count):
        await asyncio.sleep(max(t0 + i / rate - loop.time(), 0))
        tasks.append(loop.create_task(ask(loop)))
    while left[0]: await asyncio.sleep(0.01)
run(main())
"""

LOCUST = """
import os
from locust import FastHttpUser, HttpUser, constant_throughput, task
class User({kind}):
    host = "http://127.0.0.1:{port}"
    wait_time = constant_throughput({each})
    @task
    def get(self): self.client.get("/")
"""


@record
class Order:
    """One run of one tool. rate: 1/s. count: requests."""

    port: int
    rate: float
    count: int
    folder: str
    drivers: str
    peers: str
    wrk: str


def rally(order: Order, runner: dict[str, object], staged: bool) -> subprocess.Popen[str]:
    """The executor's own worker, on either runner."""
    folder = Path(order.folder)
    url = f"http://127.0.0.1:{order.port}/"
    scenario = {"HttpRequests.check_request": {"url": url, "method": "GET", "status_code": 200}}
    subtask = {"title": "w", "scenario": scenario, "runner": runner}
    (folder / "task.json").write_text(json.dumps({"version": 2, "title": "t", "subtasks": [subtask]}))
    (folder / "rally.conf").write_text(f"[database]\nconnection = sqlite:///{folder}/rally.sqlite\n")
    more = {"ERISC_ITERATIONS": str(folder / "iterations.jsonl")} if staged else {}
    process = subprocess.Popen(
        [order.drivers, "-P", str(RALLY_WORKER)], stdin=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
        env={**os.environ, "HOME": order.folder, **more},
    )  # fmt: skip
    assert process.stdin
    with process.stdin as pipe:
        json.dump({"task": str(folder / "task.json"), "task_args": {}, "plugins": str(PLUGIN.parent),
                   "env_spec": {}, "config": str(folder / "rally.conf")}, pipe)  # fmt: skip
    return process


def staged(order: Order) -> subprocess.Popen[str]:
    """erisc's Rally runner."""
    hold = {"kind": "hold", "duration": order.count / order.rate, "from": order.rate, "to": order.rate}
    return rally(order, {"erisc_staged": {"model": "open", "stages": [hold]}}, staged=True)


def rps(order: Order) -> subprocess.Popen[str]:
    """Rally's own."""
    return rally(order, {"rps": {"times": order.count, "rps": order.rate}}, staged=False)


def locust(order: Order, kind: str = "HttpUser") -> subprocess.Popen[str]:
    """Locust without a web interface: users that keep five requests a second each."""
    users = max(round(order.rate / 5), 1)
    path = Path(order.folder) / "locustfile.py"
    path.write_text(LOCUST.format(kind=kind, port=order.port, each=order.rate / users))
    seconds = max(order.count / order.rate, 1)
    words = ["-m", "locust", "-f", str(path), "--headless", "--only-summary", "-u", str(users), "-r", str(users)]
    return subprocess.Popen([order.peers, *words, "-t", f"{seconds:.0f}s"], text=True, **quiet(order))


def locust_fast(order: Order) -> subprocess.Popen[str]:
    """Locust with its faster client."""
    return locust(order, "FastHttpUser")


def wrk(order: Order) -> subprocess.Popen[str]:
    """wrk, closed loop on one thread."""
    seconds = max(round(order.count / order.rate / 4), 1)
    words = ["-t1", "-c8", f"-d{seconds}s", f"http://127.0.0.1:{order.port}/"]
    return subprocess.Popen([order.wrk, *words], text=True, **quiet(order))


def bare(order: Order) -> subprocess.Popen[str]:
    """A loop that records nothing."""
    words = ["-c", BARE, str(order.port), str(order.rate), str(order.count)]
    return subprocess.Popen([order.peers or order.drivers, *words], text=True, **quiet(order))


def direct(order: Order) -> subprocess.Popen[str]:
    """erisc's driver `http`, which needs no Rally."""
    hold = {"kind": "hold", "name": "", "start": 0.0, "duration": order.count / order.rate, "iterations": None,
            "from": order.rate, "to": order.rate}  # fmt: skip
    task = {"format": 1, "driver": "http", "scenario": f"GET http://127.0.0.1:{order.port}/", "arguments": {},
            "model": "open", "arrivals": "paced", "choice": "0", "think": 0.0, "stages": [hold]}  # fmt: skip
    path = Path(order.folder) / "task.json"
    path.write_text(json.dumps(task))
    words = ["-m", "erisc.executor.loads.worker", str(path), "--iterations", order.folder + "/iterations.jsonl"]
    return subprocess.Popen([order.drivers, *words], text=True, cwd=ROOT, **quiet(order))


def quiet(order: Order) -> dict[str, Any]:
    """Its words go to a log."""
    log = (Path(order.folder) / "log").open("w")
    return {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}


TOOLS: dict[str, Callable[[Order], subprocess.Popen[str]]] = {
    "staged": staged,
    "rps": rps,
    "direct": direct,
    "asyncio": bare,
    "locust": locust,
    "locust-fast": locust_fast,
    "wrk": wrk,
}
ABOUT = {
    "staged": "erisc on Rally",
    "rps": "Rally's rps runner",
    "direct": "erisc's http driver",
    "asyncio": "bare loop",
    "locust": "Locust",
    "locust-fast": "Locust, fast client",
    "wrk": "wrk (closed)",
}


@record
class Seen:
    """cpu: s of the process tree. p99: of the arrival error, s. sleep: see the module. requests: that arrived."""

    cpu: float
    p50: float
    p99: float
    sleep: float
    requests: int


def measure(tool: str, order: Order, server: Connection) -> Seen:
    """One run. Raises SystemExit with the tool's own words when it fails."""
    noise, theirs = multiprocessing.Pipe()
    beside = multiprocessing.Process(target=oversleep, args=(theirs,), daemon=True)
    beside.start()
    process = TOOLS[tool](order)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    noise.send("end")
    slept = noise.recv()
    beside.join()
    server.send("tell")
    seen = server.recv()
    if process.returncode or len(seen) < order.count * 0.9:
        log = (Path(order.folder) / "log").read_text()[-2000:]
        sys.exit(f"{tool} ended with {process.returncode} after {len(seen)} of {order.count} requests:\n{log}")
    error = lateness(seen, order.rate)
    return Seen(used.ru_utime + used.ru_stime, quantile(error, 0.5), quantile(error, 0.99), slept, len(seen))


def lateness(seen: list[float], rate: float) -> list[float]:
    """s after an even schedule through the earliest hundredth."""
    off = [at - i / rate for i, at in enumerate(sorted(seen))]
    start = quantile(off, 0.01)
    return [max(one - start, 0.0) for one in off]


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    theirs, ours = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    places = {"drivers": environments.python_of("drivers"), "peers": options.peers, "wrk": options.wrk}
    tools = [tool for tool in options.tools.split(",") if present(tool, places)]
    rates = [float(rate) for rate in options.rates.split(",")]
    found: dict[tuple[str, float], list[tuple[float, Seen]]] = {}
    for turn in range(options.rounds):
        for tool in tools:
            small = once(tool, port, rates[0], FEW, places, ours)
            for rate in rates:
                seen = once(tool, port, rate, round(rate * options.seconds), places, ours)
                cost = (seen.cpu - small.cpu) / max(seen.requests - small.requests, 1) * 1000
                found.setdefault((tool, rate), []).append((cost, seen))
        print(f"round {turn + 1} of {options.rounds} done", file=sys.stderr, flush=True)
    report(found, tools, rates)
    server.terminate()


def present(tool: str, places: dict[str, str]) -> bool:
    """Say which is absent."""
    absent = (tool.startswith("locust") and not places["peers"]) or (tool == "wrk" and not places["wrk"])
    if absent:
        print(f"{ABOUT[tool]}: absent")
    return not absent


def once(tool: str, port: int, rate: float, count: int, places: dict[str, str], server: Connection) -> Seen:
    """One run in a folder of its own."""
    folder = tempfile.mkdtemp(prefix="arrivals-")
    try:
        return measure(tool, Order(port, rate, count, folder, **places), server)
    finally:
        shutil.rmtree(folder)


def report(found: dict[tuple[str, float], list[tuple[float, Seen]]], tools: list[str], rates: list[float]) -> None:
    """The table."""
    print(f"{'':22}{'1/s':>6}{'CPU s/1000':>12}{'range':>16}{'p50 ms':>9}{'p99 ms':>9}{'range':>16}{'sleep ms':>10}")
    for rate in rates:
        for tool in tools:
            costs = [cost for cost, _ in found[tool, rate]]
            p99 = [1000 * seen.p99 for _, seen in found[tool, rate]]
            p50 = statistics.median(1000 * seen.p50 for _, seen in found[tool, rate])
            sleep = statistics.median(1000 * seen.sleep for _, seen in found[tool, rate])
            scheduled = tool != "wrk"
            print(
                f"{ABOUT[tool]:22}{rate:6.0f}{statistics.median(costs):12.3f}{span(costs, 3):>16}"
                + (
                    f"{p50:9.2f}{statistics.median(p99):9.2f}{span(p99, 1):>16}"
                    if scheduled
                    else f"{'–':>9}{'–':>9}{'':>16}"
                )
                + f"{sleep:10.2f}"
            )
        compare(found, tools, rate)


def compare(found: dict[tuple[str, float], list[tuple[float, Seen]]], tools: list[str], rate: float) -> None:
    """Ratios to Rally's own runner, pair by pair."""
    for tool in ("staged", "direct"):
        if tool in tools and "rps" in tools:
            pairs = list(zip(found[tool, rate], found["rps", rate], strict=True))
            cost = statistics.median(one[0] / other[0] for one, other in pairs)
            late = statistics.median(one[1].p99 / other[1].p99 for one, other in pairs)
            print(f"  {ABOUT[tool]} / {ABOUT['rps']} at {rate:.0f}/s: CPU {cost:.2f}, p99 {late:.2f}")


def span(values: list[float], digits: int) -> str:
    """Their range."""
    return f"{min(values):.{digits}f}–{max(values):.{digits}f}"


def main() -> int:
    """Read the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="100,300,500")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--peers", default="")
    parser.add_argument("--wrk", default=shutil.which("wrk") or "")
    run(parser.parse_args())
    return 0


if __name__ == "__main__":
    sys.exit(main())
