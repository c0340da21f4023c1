"""Results of other tools as tables of samples: real files of theirs, and the same files damaged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from erisc.base.failure import Failure
from erisc.verdict.columns import COLUMNS
from erisc.verdict.foreign import columnar, fio, iperf3, prometheus, shaker, stress_ng
from erisc.verdict.foreign.samples import Samples

SAMPLES = Path(__file__).parent / "samples"
READERS: dict[str, Callable[[str], Samples]] = {
    "iperf3_tcp.json": iperf3.read,
    "iperf3_udp.json": iperf3.read,
    "fio.json": fio.read,
    "shaker.json": shaker.read,
    "stress_ng.yaml": stress_ng.read,
    "stress_ng.txt": stress_ng.read,
    "prometheus.json": prometheus.read,
    "prometheus.txt": prometheus.read,
}

WRONG: tuple[Any, ...] = (None, "x", [], {}, -1, True, 1e400)


def table(samples: Samples, name: str) -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS[name], row, strict=True)) for row in samples.rows[name]]


def lost(samples: Samples) -> list[tuple[int, str]]:
    return [(loss.line, loss.column) for loss in samples.losses]


def test_iperf3_gives_a_row_a_stream_and_interval() -> None:
    rows = table(iperf3.read(str(SAMPLES / "iperf3_tcp.json")), "net")
    assert [(row["stream"], round(row["at_s"])) for row in rows] == [
        ("1", 1795241050),
        ("2", 1795241050),
        ("1", 1795241051),
        ("2", 1795241051),
    ]
    first = rows[0]
    assert (first["protocol"], first["direction"], first["host"]) == ("tcp", "up", "127.0.0.1")
    assert first["goodput"] == pytest.approx(20968792.85)  # bit/s
    assert first["rtt_s"] == pytest.approx(134e-6)
    assert first["retransmits"] == 0


def test_iperf3_tells_loss_and_jitter_of_udp_for_the_whole_test() -> None:
    rows = table(iperf3.read(str(SAMPLES / "iperf3_udp.json")), "net")
    [whole] = [row for row in rows if row["stream"] == "all"]
    assert whole["jitter_s"] == pytest.approx(9.04320719e-6)
    assert (whole["loss"], whole["goodput"]) == (0.0, None)
    assert [round(row["packets"]) for row in rows if row["stream"] == "1"] == [20, 19]


def test_fio_gives_a_row_a_job_and_operation() -> None:
    rows = table(fio.read(str(SAMPLES / "fio.json")), "storage")
    assert [(row["job"], row["op"]) for row in rows] == [("mix", "read"), ("mix", "write")]
    read = rows[0]
    assert (read["iops"], read["bandwidth"]) == (15362.637363, 62925362.0)
    assert read["latency_s"] == pytest.approx(48507.693393e-9)
    assert read["latency_p99_9_s"] == pytest.approx(798720e-9)
    assert read["at_s"] == pytest.approx(1795241057.912 - 1.001)


def test_shaker_gives_a_row_a_sample_and_says_which_agent_was_lost() -> None:
    samples = shaker.read(str(SAMPLES / "shaker.json"))
    rows = table(samples, "net")
    assert [row["goodput"] for row in rows if row["workload"] == "TCP"] == pytest.approx([41937585.7, 39846206.3])
    assert {(row["host"], row["peer"], row["az"]) for row in rows} == {("cmp1", "cmp2", "nova")}
    assert lost(samples) == [(3, "status")]


def test_stress_ng_says_the_same_as_yaml_and_as_printed() -> None:
    for name in ("stress_ng.yaml", "stress_ng.txt"):
        samples = stress_ng.read(str(SAMPLES / name))
        [cpu] = table(samples, "cpu")
        [memory] = table(samples, "memory")
        assert cpu["throughput"] == pytest.approx(943.2, abs=0.01)
        assert cpu["used"] == pytest.approx(0.685, abs=0.001)
        assert memory["throughput"] == pytest.approx(7221.0, abs=0.05)
        assert [row["name"] for row in table(samples, "host")] == ["stress-ng.cpu", "stress-ng.vm"]


def test_prometheus_points_are_in_order_of_time_and_numbers() -> None:
    samples = prometheus.read(str(SAMPLES / "prometheus.json"))
    rows = [row for row in table(samples, "metrics") if row["labels"]["queue"] == "conductor"]
    assert [(row["at_s"], row["value"]) for row in rows] == [(1795241050, 3), (1795241055, 17), (1795241065, 4)]
    assert [loss.what for loss in samples.losses] == [
        "rabbitmq_queue_messages: the same time twice: left out",
        "rabbitmq_queue_messages: the clock ran backwards by 3 s: left out",
        "value is nan, which is no measured value",
    ]


def test_prometheus_series_may_be_given_the_specs_name() -> None:
    rows = table(prometheus.read(f"depth={SAMPLES / 'prometheus.json'}"), "metrics")
    assert {(row["metric"], row["labels"]["__name__"]) for row in rows} == {("depth", "rabbitmq_queue_messages")}


def test_prometheus_text_has_labels_and_perhaps_a_time() -> None:
    samples = prometheus.read(str(SAMPLES / "prometheus.txt"))
    load, requests = table(samples, "metrics")
    assert (load["metric"], load["at_s"], load["value"]) == ("node_load1", None, 0.21)
    assert requests["labels"] == {"method": "post", "path": '/v3/"auth"'}
    assert requests["at_s"] == 1795241050.0
    assert lost(samples) == [(6, "value"), (7, "")]


@pytest.mark.parametrize("name", READERS)
def test_a_file_cut_off_anywhere_keeps_what_came_before(name: str, tmp_path: Path) -> None:
    text = (SAMPLES / name).read_text()
    whole = sum(map(len, READERS[name](str(SAMPLES / name)).rows.values()))
    seen = set()
    for share in range(1, 20):
        path = tmp_path / name
        path.write_text(text[: len(text) * share // 20])
        try:
            samples = READERS[name](str(path))
        except Failure:
            continue
        kept = sum(map(len, samples.rows.values()))
        seen.add(kept)
        assert kept <= whole
        if name.endswith(".json"):
            assert samples.losses, "a document that was cut off says so"
    assert seen, "something was kept of a file that was nearly whole"


@pytest.mark.parametrize("name", READERS)
def test_a_file_of_another_tool_is_refused_by_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    for text in ("", "{}", "[]", "hello\n", '{"jobs": 3, "start": 4, "records": 5, "data": 6}'):
        path.write_text(text)
        with pytest.raises(Failure, match=r"other\.txt"):
            READERS[name](str(path))


@pytest.mark.parametrize("name", READERS)
def test_no_value_of_a_wrong_type_makes_it_fall_over(name: str, tmp_path: Path) -> None:
    if not name.endswith(".json"):
        return
    document = json.loads((SAMPLES / name).read_text())
    for wrong in WRONG:
        for spoiled in _spoiled(document, wrong):
            path = tmp_path / name
            path.write_text(json.dumps(spoiled))
            try:
                READERS[name](str(path))
            except Failure:
                continue


def _spoiled(value: Any, wrong: Any, depth: int = 0) -> list[Any]:
    """The document with one member at a time replaced, down to seven levels, the first three of every list."""
    if depth > 7:
        return []
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value[:3]))
    found: list[Any] = []
    for key, item in items:
        made = value.copy()
        made[key] = wrong
        found.append(made)
        if isinstance(item, (dict, list)) and item:
            for inner in _spoiled(item, wrong, depth + 1)[:5]:
                again = value.copy()
                again[key] = inner
                found.append(again)
    return found


# --- CSV and Parquet ---


def test_csv_columns_are_mapped_by_name_and_unit(tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    path.write_text(
        "time,host,goodput,rtt_ms,colour\n2026-11-21T06:00:00Z,gen1,1e9,2.5,red\n1795240801,gen2,2e9,,blue\n"
    )
    samples = columnar.read_csv("net", str(path))
    first, second = table(samples, "net")
    assert (first["host"], first["goodput"], first["rtt_s"]) == ("gen1", 1e9, 0.0025)
    assert (first["at_s"], second["at_s"]) == (1795240800.0, 1795240801.0)
    assert (second["rtt_s"], samples.wall) == (None, True)
    assert lost(samples) == [(0, "colour")]


def test_csv_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    path.write_text("at_s;host;goodput\n1;a;5\n1;a;5\n2;a;many\n3;a\n4;a;nan\n5;a;7\n")
    samples = columnar.read_csv("net", str(path))
    assert [row["goodput"] for row in table(samples, "net")] == [5.0, 7.0]
    assert lost(samples) == [(3, ""), (4, "goodput"), (4, ""), (5, ""), (6, "goodput"), (6, "")]


def test_further_columns_of_a_long_table_are_its_labels(tmp_path: Path) -> None:
    path = tmp_path / "depth.csv"
    path.write_text("at_s,metric,queue,value\n1,depth,conductor,4\n")
    [row] = table(columnar.read_csv("metrics", str(path)), "metrics")
    assert (row["metric"], row["labels"], row["value"]) == ("depth", {"queue": "conductor"}, 4.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no header"),
        ("host,goodput\na,1\n", "needs a time"),
        ("at_s,host\n1,a\n", "needs any of goodput"),
    ],
)
def test_a_csv_without_what_the_table_needs_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    path.write_text(text)
    with pytest.raises(Failure, match=said):
        columnar.read_csv("net", str(path))


def test_parquet_is_read_by_the_same_names(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    quoted = str(path).replace("'", "''")
    duckdb.sql(f"COPY (SELECT 1.0 AS at_s, 'h' AS host, 3e9 AS goodput, 4000 AS rtt_us) TO '{quoted}'")
    [row] = table(columnar.read_parquet("net", str(path)), "net")
    assert (row["goodput"], row["rtt_s"]) == (3e9, 0.004)
    shutil.copy(SAMPLES / "fio.json", path)
    with pytest.raises(Failure, match="cannot be read as Parquet"):
        columnar.read_parquet("net", str(path))
