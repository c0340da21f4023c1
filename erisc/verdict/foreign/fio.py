"""fio's JSON (`fio --output-format=json`, 2.1 and later) as rows of `storage`: one a job and operation.

Source of the format: fio 3.33, `stat.c`; before 3.0 latencies were in us, without a unit in their names.
"""

from __future__ import annotations

from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.foreign import documents, texts
from erisc.verdict.foreign.samples import Sampler, Samples, scaled

OPS = ("read", "write", "trim")
QUANTILES = {50.0: "latency_p50_s", 95.0: "latency_p95_s", 99.0: "latency_p99_s", 99.9: "latency_p99_9_s"}


def read(path: str) -> Samples:
    """The samples of a file. Raises Failure when it is no result of fio."""
    document, cut = documents.load(path)
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), list):
        raise Failure(
            f"{path} is no result of fio", mend="give what `fio --output-format=json` writes", exit_code=WRONG_CALL
        )
    sampler = Sampler(texts.shown(path))
    if cut is not None:
        sampler.lose(0, "", f"cut off at line {cut.line}, column {cut.column}: what came before it is kept")
    written = document.get("timestamp_ms", scaled(document.get("timestamp"), 1e3))
    for place, job in enumerate(document["jobs"], 1):
        if isinstance(job, dict):
            _job(sampler, place, job, written)
    return sampler.done(isinstance(written, (int, float)))


def _job(sampler: Sampler, place: int, job: dict[str, Any], written: Any) -> None:
    name = str(job.get("jobname", ""))
    if job.get("error"):
        sampler.lose(place, "error", f"job {name} ended with error {job['error']}")
    for op in OPS:
        part = job.get(op)
        if isinstance(part, dict) and (part.get("total_ios") or part.get("iops")):
            labels = {"workload": name, "host": str(job.get("hostname", "")), "job": name, "op": op}
            length = scaled(part.get("runtime"), 1e-3)
            sampler.add("storage", place, labels, _start(job, written, length), _values(job, part, length))


def _start(job: dict[str, Any], written: Any, length: Any) -> float | None:
    """s since the epoch: the job says so since fio 3.34, before that the report was written as it ended."""
    if isinstance(job.get("job_start"), (int, float)):
        return float(job["job_start"]) / 1e3
    if isinstance(written, (int, float)) and isinstance(length, (int, float)):
        return written / 1e3 - length
    return None


def _values(job: dict[str, Any], part: dict[str, Any], length: Any) -> dict[str, Any]:
    """bw_bytes where there is one: bw is in KiB/s."""
    values = {
        "interval_s": length,
        "iops": part.get("iops"),
        "bandwidth": part.get("bw_bytes", scaled(part.get("bw"), 1024.0)),
        "errors": job.get("total_err"),
    }
    for names, factor in ((("lat_ns", "clat_ns"), 1e-9), (("lat", "clat"), 1e-6)):
        mean, quantiles = (part.get(name) for name in names)
        if isinstance(mean, dict) and mean.get("N", 1):
            values["latency_s"] = scaled(mean.get("mean"), factor)
        shares = quantiles.get("percentile") if isinstance(quantiles, dict) else None
        for share, value in (shares or {}).items():
            column = QUANTILES.get(_share(share))
            if column:
                values[column] = scaled(value, factor)
    return values


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
