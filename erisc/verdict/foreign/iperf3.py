"""iperf3's JSON (`iperf3 -J`, 3.0 and later) as rows of `net`: one a stream and interval, and UDP's loss and jitter.

Source of the format: iperf 3.12, `iperf_api.c` and `iperf_server_api.c`.
"""

from __future__ import annotations

from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.foreign import documents, texts
from erisc.verdict.foreign.samples import Sampler, Samples, scaled


def read(path: str) -> Samples:
    """The samples of a file. Raises Failure when it is no result of iperf3."""
    document, cut = documents.load(path)
    if not isinstance(document, dict) or not isinstance(document.get("start"), dict):
        raise Failure(f"{path} is no result of iperf3", mend="give what `iperf3 -J` writes", exit_code=WRONG_CALL)
    sampler = Sampler(texts.shown(path))
    if cut is not None:
        sampler.lose(0, "", f"cut off at line {cut.line}, column {cut.column}: what came before it is kept")
    if document.get("error"):
        sampler.lose(0, "error", f"iperf3 says: {document['error']}")
    rows(sampler, document, "", "")
    return sampler.done(_begin(document) is not None)


def rows(sampler: Sampler, document: dict[str, Any], workload: str, az: str) -> None:
    """Add a document's rows."""
    begin = _begin(document) or 0.0
    sockets = _sockets(document)
    place = 0
    for interval in _list(document, "intervals"):
        for stream in _list(interval, "streams"):
            place += 1
            if not stream.get("omitted"):
                labels = {"workload": workload, "az": az, **_labels(document, sockets, stream)}
                _interval(sampler, place, labels, begin, stream)
    _summary(sampler, document, begin, {"workload": workload, "az": az})


def _list(of: Any, key: str) -> list[dict[str, Any]]:
    found = of.get(key) if isinstance(of, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _begin(document: dict[str, Any]) -> float | None:
    stamp = document["start"].get("timestamp")
    seconds = stamp.get("timesecs") if isinstance(stamp, dict) else None
    return float(seconds) if isinstance(seconds, (int, float)) else None


def _sockets(document: dict[str, Any]) -> dict[str, tuple[int, dict[str, Any]]]:
    """By socket (as text): the stream's number, and its ends."""
    ends = enumerate(_list(document["start"], "connected"), 1)
    return {str(one.get("socket")): (number, one) for number, one in ends}


def _labels(document: dict[str, Any], sockets: dict[str, tuple[int, dict[str, Any]]], stream: Any) -> dict[str, Any]:
    number, ends = sockets.get(str(stream.get("socket")), (0, {}))
    return {
        "host": str(ends.get("local_host", "")),
        "peer": str(ends.get("remote_host", "")),
        "protocol": _protocol(document),
        "direction": "down" if stream.get("sender") is False else "up",
        "stream": str(number or ""),
    }


def _protocol(document: dict[str, Any]) -> str:
    test = document["start"].get("test_start")
    return str(test.get("protocol", "")).lower() if isinstance(test, dict) else ""


def _interval(sampler: Sampler, place: int, labels: dict[str, Any], begin: float, stream: dict[str, Any]) -> None:
    start, end = stream.get("start"), stream.get("end")
    if not isinstance(start, (int, float)) or not isinstance(end, (int, float)):
        sampler.lose(place, "start", "the interval does not say when it was")
    elif end < start:
        sampler.lose(place, "end", f"the interval ends {start - end:.6g} s before it starts: the clock ran backwards")
    else:
        length = end - start
        packets = stream.get("packets")
        values = {
            "interval_s": length,
            "goodput": stream.get("bits_per_second"),
            "packets": scaled(packets, 1 / length) if length else None,
            "rtt_s": scaled(stream.get("rtt"), 1e-6),
            "jitter_s": scaled(stream.get("jitter_ms"), 1e-3),
            "loss": scaled(stream.get("lost_percent"), 1e-2),
            "retransmits": stream.get("retransmits"),
        }
        sampler.add("net", place, labels, begin + start, values)


def _summary(sampler: Sampler, document: dict[str, Any], begin: float, labels: dict[str, Any]) -> None:
    """What the receiver of a UDP test found is said at the end, for the whole of it."""
    end = document.get("end")
    total = end.get("sum") if isinstance(end, dict) else None
    if _protocol(document) == "udp" and isinstance(total, dict) and "jitter_ms" in total:
        values = {
            "interval_s": total.get("seconds"),
            "jitter_s": scaled(total.get("jitter_ms"), 1e-3),
            "loss": scaled(total.get("lost_percent"), 1e-2),
        }
        shown = _labels(document, _sockets(document), (_list(document["start"], "connected") or [{}])[0])
        sampler.add("net", 0, {**labels, **shown, "stream": "all"}, begin, values)
