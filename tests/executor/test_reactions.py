"""Reactions: edges, not levels; every event of the standard library on real files, processes and HTTP."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erisc.base.failure import Failure
from erisc.executor.faults.channel import Channels
from erisc.executor.live.workloads import Live
from erisc.executor.reactions.edges import Edge, holds
from erisc.executor.reactions.engine import Reactions
from erisc.executor.reactions.phrases import shown
from erisc.executor.reactions.prometheus import PrometheusWatch, query
from erisc.executor.reactions.running import runs
from erisc.executor.reactions.sensors import Sources
from erisc.executor.reactions.services import ServiceWatch
from erisc.executor.schedule import AtIteration, Effect, Fault, Reaction, Schedule, Target, When
from erisc.executor.watching import turns
from erisc.executor.zones import Host
from tests.executor.services import commands_service, kill_tree, local_host
from tests.executor.test_live import begin, end

STEPS = ((Effect("kill", Target("x", "controller", "", "one", 1, "", ()), {}, 1.0, 7),),)


class Nothing:
    """No services and no Prometheus."""

    def down(self, service: str) -> bool | None:
        return None

    def up(self, service: str) -> bool | None:
        return None

    def value(self, query: str) -> float | None:
        return None


class Bench:
    """Reactions of one workload `boot` that records into `folder`; what struck, and why."""

    def __init__(self, folder: Path, *reactions: Reaction, faults: tuple[Fault, ...] = (), **sources: Any) -> None:
        self.path = folder / "iterations.jsonl"
        self.live = Live({"boot": str(folder)}, time.monotonic())
        self.struck: list[tuple[str, int, str]] = []
        given = Sources(self.live, sources.get("services", Nothing()), sources.get("queries", Nothing()))
        self.reactions = Reactions(
            Schedule({}, faults, reactions),
            given,
            lambda r, n, by: self.struck.append((r.name, n, by)),
            turns(Schedule({}, faults, reactions), lambda target: ("c1", "c2")),
        )

    def write(self, *lines: str) -> None:
        with self.path.open("a") as file:
            file.writelines(lines)
        self.live.read()

    def look(self, now: float) -> list[str]:
        before = len(self.struck)
        self.reactions.look(now)
        return [by for *_, by in self.struck[before:]]


def when(event: str, arguments: dict[str, Any], operator: str = "", limit: float | None = None, **more: Any) -> When:
    return When(event, arguments, operator, limit, more.get("after", 0.0), more.get("most", 1))


def reaction(trigger: When | AtIteration, name: str = "worse") -> Reaction:
    return Reaction(name, trigger, STEPS)


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 4))
def test_an_edge_is_told_once_for_every_time_it_turned_true_and_held(levels: list[bool], after: int) -> None:
    edge = Edge(float(after))
    told = [edge.look(level, float(now)) for now, level in enumerate(levels)]
    runs, length = 0, 0
    for level in [*levels, False]:
        length = length + 1 if level else 0
        runs += length == after + 1
    assert sum(told) == runs
    assert all(levels[at - after : at + 1] == [True] * (after + 1) for at, each in enumerate(told) if each)


@pytest.mark.parametrize(
    ("value", "operator", "limit", "held"),
    [(None, ">", 0.0, False), (2.0, ">", 1.0, True), (1.0, ">", 1.0, False), (1.0, ">=", 1.0, True),
     (0.5, "<", 1.0, True), (True, "", None, True), (False, "", None, False), (None, "", None, False)],
)  # fmt: skip
def test_what_is_not_known_does_not_hold(value: Any, operator: str, limit: float | None, held: bool) -> None:
    assert holds(value, operator, limit) is held


def test_an_error_rate_that_rises_strikes_once_until_it_has_fallen(tmp_path: Path) -> None:
    rate = when("error_rate", {"workload": "boot", "last": 1.0}, ">", 0.05, most=2)
    bench = Bench(tmp_path, reaction(rate))
    t0 = bench.live.t0
    assert bench.look(0.1) == []
    bench.write(*(begin(i, t0) for i in range(4)), *(end(i, t0 + 0.1, ok=i != 2) for i in range(4)))
    assert bench.look(0.2) == ["error_rate(boot, last = 1 s) = 25 % > 5 %"]
    assert bench.look(0.3) == []
    time.sleep(1.3)
    bench.write(begin(4, t0 + 1.2), end(4, t0 + 1.3))
    assert bench.look(1.4) == []
    for instance in range(2):
        bench.write(begin(5 + instance, t0 + 1.2), end(5 + instance, t0 + 1.3, ok=False))
        bench.look(1.5)
    assert bench.struck[1:] == [("worse", 1, "error_rate(boot, last = 1 s) = 50 % > 5 %")]


def test_latency_throughput_and_what_is_in_flight(tmp_path: Path) -> None:
    slow = when("latency", {"workload": "boot", "quantile": 0.95, "last": 30.0}, ">=", 2.0)
    idle = when("throughput", {"workload": "boot", "last": 5.0}, "<", 1.0)
    full = when("in_flight", {"workload": "boot"}, ">", 2.0, after=1.0)
    bench = Bench(tmp_path, reaction(slow, "slow"), reaction(idle, "idle"), reaction(full, "full"))
    t0 = bench.live.t0
    bench.write(*(begin(i, t0 - 4) for i in range(4)))
    assert bench.look(1.0) == []
    assert bench.look(1.9) == []
    assert bench.look(2.0) == ["in_flight(boot) = 4 > 2 for 1 s"]
    bench.write(end(0, t0))
    assert [each.split(" = ")[0] for each in bench.look(3.0)] == ["latency(boot, quantile"]
    assert bench.struck[-1][2] == "latency(boot, quantile = 95 %, last = 30 s) = 4.007 s >= 2 s"
    assert bench.look(5.0) == ["throughput(boot, last = 5 s) = 0.2/s < 1/s"]


def test_an_iteration_by_its_number_counted_from_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path, reaction(AtIteration("boot", 3)))
    bench.write(begin(0, 0.0), begin(1, 0.0))
    assert bench.look(1.0) == []
    bench.write(begin(2, 0.0), begin(3, 0.0))
    assert bench.look(1.1) == ["boot began iteration 3"]
    assert bench.look(1.2) == []


def test_every_instance_of_another_fault_counts_and_ends_with_its_last_effect(tmp_path: Path) -> None:
    storm = Fault("storm", 0, 1.0, (STEPS[0], STEPS[0]))
    begun = reaction(when("started", {"fault": "storm"}, most=9), "begun")
    over = reaction(when("ended", {"fault": "storm"}, after=2.0, most=9), "over")
    bench = Bench(tmp_path, begun, over, faults=(storm,))

    def tell(kind: str, instance: int, step: int, at: float) -> None:
        bench.reactions.take(
            {"type": kind, "fault": "storm", "instance": instance, "step": step, "effect": 0, "at": at}
        )

    tell("fault_effective", 0, 0, 1.0)
    tell("fault_healed", 0, 0, 2.0)
    tell("fault_effective", 0, 1, 2.1)
    assert bench.look(2.2) == ["started(storm)"]
    tell("fault_healed", 0, 1, 3.0)
    tell("fault_effective", 1, 0, 3.5)
    assert bench.look(4.9) == ["started(storm)"]
    assert bench.look(5.0) == ["ended(storm), 2 s ago"]
    assert [each[:2] for each in bench.struck] == [("begun", 0), ("begun", 1), ("over", 0)]


def test_a_reaction_that_feeds_itself_ends_with_its_most(tmp_path: Path) -> None:
    loop = reaction(when("ended", {"fault": "worse"}, most=3))
    bench = Bench(tmp_path, loop)
    for at in range(10):
        bench.reactions.take({"type": "fault_healed", "fault": "worse", "instance": at, "at": float(at)})
        bench.look(float(at))
    assert [instance for _, instance, _ in bench.struck] == [0, 1, 2]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[tuple[Path, ServiceWatch]]:
    """A service on two hosts that are this machine, watched; the folder of its pid files and start scripts."""
    made = [local_host(name, {"tree": commands_service(tmp_path, f"tree-{name}")}) for name in ("c1", "c2")]
    channels = Channels(str(tmp_path / "sockets"))
    for host in made:
        subprocess.run(host.services["tree"]["start"], check=True)
    watch = ServiceWatch({"tree": made}, lambda host, name: runs(channels, host, name))
    watch.start()
    yield tmp_path, watch
    watch.stop()
    channels.close()
    for host in made:
        end_service(tmp_path, host.name)


def end_service(folder: Path, host: str) -> None:
    """SIGKILL to its tree."""
    root = (folder / f"tree-{host}.pid").read_text().strip()
    children = Path(f"/proc/{root}/task/{root}/children")
    kill_tree([int(root), *map(int, children.read_text().split() if children.exists() else ())])


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_service_is_down_where_one_host_lost_it_and_up_again_when_all_have_it(
    services: tuple[Path, ServiceWatch], tmp_path: Path
) -> None:
    folder, watch = services
    eventually(lambda: watch.down("tree") is False)
    assert watch.up("tree") is False
    bench = Bench(
        tmp_path,
        reaction(when("down", {"service": "tree"}), "cascade"),
        reaction(when("up", {"service": "tree"}), "again"),
        services=watch,
    )
    assert bench.look(1.0) == []
    end_service(folder, "c1")
    eventually(lambda: bool(bench.look(2.0)))
    subprocess.run([str(folder / "tree-c1.sh")], check=True)
    eventually(lambda: bool(bench.look(3.0)))
    assert [by for *_, by in bench.struck] == ["down(tree)", "up(tree)"]


def test_a_host_that_does_not_answer_is_as_it_was(tmp_path: Path) -> None:
    answers: list[bool | None] = [True, None, None, False]

    def alive(host: Host, service: str) -> bool:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            raise Failure("host c1 did not answer")
        return answer

    watch = ServiceWatch({"tree": [local_host("c1", {})]}, alive)
    watch.start()
    try:
        eventually(lambda: watch.silent == {"c1": "host c1 did not answer"})
        assert watch.down("tree") is False
        eventually(lambda: watch.down("tree") is True)
        assert watch.silent == {}
    finally:
        watch.stop()


class Answers(http.server.BaseHTTPRequestHandler):
    """A small Prometheus: answers by expression."""

    body: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        code, answer = self.body["code"], json.dumps(self.body["answer"]).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def prometheus() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def vector(*values: str) -> dict[str, Any]:
    rows = [{"metric": {"n": str(n)}, "value": [0, value]} for n, value in enumerate(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": rows}}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (vector("1.5", "7", "NaN"), 7.0),
        (vector(), None),
        (vector("NaN"), None),
        ({"status": "success", "data": {"resultType": "scalar", "result": [0, "3"]}}, 3.0),
    ],
)
def test_the_value_of_an_expression_is_its_largest(prometheus: str, answer: Any, value: float | None) -> None:
    Answers.body = {"code": 200, "answer": answer}
    assert query(prometheus, 'sum(up{job="a b"}) > 0') == value
    assert Answers.asked[-1] == "/api/v1/query?query=sum%28up%7Bjob%3D%22a+b%22%7D%29+%3E+0"


@pytest.mark.parametrize(
    ("code", "answer", "complaint"),
    [
        (400, {"status": "error", "error": "parse error"}, "does not answer `up`: 400: parse error"),
        (503, [], "does not answer `up`: HTTP 503"),
        (200, [], "does not answer `up`"),
        (200, {"data": {"resultType": "matrix", "result": []}}, "it yields a matrix, not numbers of one instant"),
    ],
)
def test_a_prometheus_that_refuses_is_quoted(prometheus: str, code: int, answer: Any, complaint: str) -> None:
    Answers.body = {"code": code, "answer": answer}
    with pytest.raises(Failure, match=complaint):
        query(prometheus, "up")


def test_a_prometheus_expression_strikes(prometheus: str, tmp_path: Path) -> None:
    Answers.body = {"code": 200, "answer": vector("3")}
    watch = PrometheusWatch(prometheus, ["queue"])
    bench = Bench(tmp_path, reaction(when("prometheus", {"query": "queue"}, ">", 5.0)), queries=watch)
    watch.start()
    try:
        eventually(lambda: watch.value("queue") == 3.0)
        assert bench.look(1.0) == []
        Answers.body = {"code": 200, "answer": vector("9", "2")}
        eventually(lambda: bool(bench.look(2.0)))
        assert bench.struck == [("worse", 0, 'prometheus("queue") = 9 > 5')]
        Answers.body = {"code": 500, "answer": {}}
        eventually(lambda: "queue" in watch.silent)
    finally:
        watch.stop()


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="no prometheus is installed")
def test_a_real_prometheus_is_asked(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text("scrape_configs: []\n")
    command = ["prometheus", f"--config.file={tmp_path}/p.yml", f"--storage.tsdb.path={tmp_path}/d",
               "--web.listen-address=127.0.0.1:19097"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _answers("vector(42)") == 42.0)
        with pytest.raises(Failure, match="parse error"):
            query("http://127.0.0.1:19097", "sum(")
    finally:
        process.kill()
        process.wait()


def _answers(expression: str) -> float | None:
    try:
        return query("http://127.0.0.1:19097", expression)
    except Failure:
        return None


def test_an_event_of_a_later_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="this executor knows no event 'moon'"):
        Bench(tmp_path, reaction(when("moon", {})))
    with pytest.raises(Failure, match="the cell has no workload 'ghost'"):
        Bench(tmp_path, reaction(AtIteration("ghost", 1)))


def test_waiting_says_how_every_reaction_stands(tmp_path: Path) -> None:
    full = when("in_flight", {"workload": "boot"}, ">", 2.0, after=5.0, most=3)
    bench = Bench(tmp_path, reaction(full), reaction(AtIteration("boot", 50), "midload"))
    bench.write(*(begin(i, 0.0) for i in range(4)))
    bench.look(1.0)
    worse, midload = bench.reactions.waiting(3.0)
    assert (worse.about, worse.now, worse.held, worse.after, worse.struck, worse.most) == (
        "in_flight(boot) > 2", "4", 2.0, 5.0, 0, 3,
    )  # fmt: skip
    assert (midload.about, midload.now, midload.held) == ("iteration 50 of boot", "4", None)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [(0.071, "ratio", "7.1 %"), (0.25, "duration", "250 ms"), (30.0, "duration", "30 s"), (0.0, "duration", "0 s"),
     (12.5, "rate", "12.5/s"), (40.0, "count", "40"), (1234567.0, "number", "1.23457e+06")],
)  # fmt: skip
def test_values_carry_their_unit(value: float, kind: str, text: str) -> None:
    assert shown(value, kind) == text
