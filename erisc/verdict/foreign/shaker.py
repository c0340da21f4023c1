"""Shaker's raw JSON, or its records alone, as rows of `net` and `host`: one a sample of an agent.

Source of the format: pyshaker 1.4.2, `engine/server.py` and `engine/executors/`. A record's samples are columns that
its `meta` names with a unit; times count from the start of the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.foreign import documents, iperf3, texts
from erisc.verdict.foreign.pull import Pull
from erisc.verdict.foreign.samples import Sampler, Samples, scaled

UNITS = {
    "bit/s": ("goodput", 1.0),
    "bits/s": ("goodput", 1.0),
    "Mbits/s": ("goodput", 1e6),
    "Mbit/s": ("goodput", 1024.0 * 1024.0),
    "pps": ("packets", 1.0),
    "ms": ("rtt_s", 1e-3),
}
"""By unit: the column and the factor. `Mbit/s` is what Shaker's own report makes of bit/s, by 1024 * 1024."""
SUMMARIES = ("concurrency", "test")
"""Records that Shaker's report adds: they sum up others."""


def read(path: str) -> Samples:
    """The samples of a file. Raises Failure when it holds no records of Shaker."""
    document, cut = documents.load(path)
    records, agents = _parts(document)
    if not records:
        raise Failure(f"{path} holds no records of Shaker", mend="give its raw JSON report", exit_code=WRONG_CALL)
    sampler = Sampler(texts.shown(path))
    if cut is not None:
        sampler.lose(0, "", f"cut off at line {cut.line}, column {cut.column}: what came before it is kept")
    walls = [_record(sampler, place, record, agents) for place, record in enumerate(records, 1)]
    return sampler.done(any(walls))


def _parts(document: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Records and agents: of a report, or bare records by id, or a list of them."""
    agents = document.get("agents") if isinstance(document, dict) else None
    found = document.get("records", document) if isinstance(document, dict) else document
    listed = list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else []
    records = [one for one in listed if isinstance(one, dict) and {"samples", "stdout", "status", "agent"} & set(one)]
    return records, agents if isinstance(agents, dict) else {}


def _record(sampler: Sampler, place: int, record: dict[str, Any], agents: dict[str, Any]) -> bool:
    """Add a record's samples; whether it says when they were."""
    if record.get("type") in SUMMARIES:
        return False
    if record.get("status", "ok") != "ok":
        said = str(record.get("stderr") or record.get("status")).strip().split("\n")[0]
        sampler.lose(place, "status", f"agent {record.get('agent', '?')} ended as {record.get('status')}: {said[:200]}")
    begin = next((record[key] for key in ("start", "schedule") if isinstance(record.get(key), (int, float))), None)
    labels = _labels(record, agents)
    samples, meta = record.get("samples"), record.get("meta")
    if isinstance(samples, list) and isinstance(meta, list) and samples:
        columns = [(str(one[0]), str(one[1])) if isinstance(one, list) and len(one) > 1 else ("", "") for one in meta]
        for sample, length in zip(samples, _lengths(samples), strict=True):
            _sample(sampler, place, labels, begin or 0.0, columns, sample, length)
        _stats(sampler, place, labels, begin or 0.0, record)
    elif record.get("executor") == "iperf3" and record.get("stdout"):
        _output(sampler, place, record, labels)
    elif record.get("status", "ok") == "ok":
        sampler.lose(place, "samples", f"agent {record.get('agent', '?')} has no samples")
    return begin is not None


def _labels(record: dict[str, Any], agents: dict[str, Any]) -> dict[str, Any]:
    agent = _agent(agents, record.get("agent"))
    peer = _agent(agents, agent.get("minion_id") or agent.get("slave_id"))
    return {
        "workload": str(record.get("test") or record.get("scenario") or ""),
        "host": str(record.get("node") or agent.get("node") or record.get("agent") or ""),
        "peer": str(peer.get("node") or peer.get("ip") or ""),
        "az": str(agent.get("zone") or agent.get("availability_zone") or ""),
    }


def _agent(agents: dict[str, Any], name: Any) -> dict[str, Any]:
    found = agents.get(str(name))
    return found if isinstance(found, dict) else {}


def _lengths(samples: list[Any]) -> Iterator[float | None]:
    """s that each sample covers: up to its time, since the one before."""
    before = 0.0
    for sample in samples:
        at = sample[0] if isinstance(sample, list) and sample and isinstance(sample[0], (int, float)) else None
        yield None if at is None else at - before
        before = before if at is None else at


def _sample(
    sampler: Sampler,
    place: int,
    labels: dict[str, Any],
    begin: float,
    columns: list[tuple[str, str]],
    sample: Any,
    length: float | None,
) -> None:
    if length is None or length < 0:
        what = "a sample without a time" if length is None else f"the clock ran backwards by {-length:.6g} s"
        sampler.lose(place, "samples", f"{what}: left out")
        return
    at = begin + sample[0] - length
    values: dict[str, Any] = {}
    for (name, unit), value in zip(columns[1:], sample[1:], strict=False):
        column, factor = ("retransmits", 1.0) if name == "retransmits" else UNITS.get(unit, ("", 1.0))
        if not column:
            _other(sampler, place, labels, at, length, name, value)
        elif column in values:
            sampler.add(
                "net", place, {**labels, "stream": name}, at, {"interval_s": length, column: scaled(value, factor)}
            )
        else:
            values[column] = scaled(value, factor)
            labels = {**labels, "direction": _direction(name) or labels.get("direction", "")}
    if values:
        sampler.add("net", place, labels, at, {"interval_s": length, **values})


def _direction(name: str) -> str:
    return next((way for word, way in (("download", "down"), ("upload", "up")) if word in name), "")


def _other(
    sampler: Sampler, place: int, labels: dict[str, Any], at: float, length: float, name: str, value: Any
) -> None:
    """A column in a unit that `net` has none for is a counter of the host."""
    shown = {"host": labels["host"], "az": labels["az"], "name": f"shaker.{name}"}
    shown["labels"] = {"workload": labels["workload"]}
    sampler.add("host", place, shown, at, {"interval_s": length, "value": value})


def _stats(sampler: Sampler, place: int, labels: dict[str, Any], begin: float, record: dict[str, Any]) -> None:
    """Jitter and loss of a UDP test are only known for the whole of it."""
    stats = record.get("stats")
    if not isinstance(stats, dict):
        return
    values = {
        column: scaled(stats[name].get("avg"), factor)
        for name, column, factor in (("jitter", "jitter_s", 1e-3), ("loss", "loss", 1e-2))
        if isinstance(stats.get(name), dict)
    }
    if values:
        sampler.add("net", place, {**labels, "stream": "all"}, begin, values)


def _output(sampler: Sampler, place: int, record: dict[str, Any], labels: dict[str, Any]) -> None:
    """A record that keeps iperf3's own output in place of samples."""
    try:
        document = Pull(iter([str(record["stdout"])])).value()
        iperf3.rows(sampler, document, labels["workload"], labels["az"])
    except (ValueError, KeyError, TypeError, AttributeError):
        sampler.lose(place, "stdout", "iperf3's output is not its JSON: left out")
