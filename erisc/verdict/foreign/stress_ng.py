"""stress-ng's metrics, as YAML (`-Y`) or as it prints them (`--metrics`): rows of `cpu`, `memory` and `host`.

Source of the formats: stress-ng 0.15.06. Every stressor's rate is a counter of the host, `stress-ng.<stressor>`; those
that work on processors or memory are throughput of `cpu` or `memory` as well, `workload` the stressor's name.
"""

from __future__ import annotations

import re
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.foreign import texts
from erisc.verdict.foreign.samples import Sampler, Samples

CPU = (
    "cpu",
    "cpu-online",
    "matrix",
    "matrix-3d",
    "fp",
    "branch",
    "hash",
    "crypt",
    "prime",
    "trig",
    "funccall",
    "vecmath",
)
MEMORY = (
    "vm",
    "vm-rw",
    "memrate",
    "memcpy",
    "memthrash",
    "stream",
    "malloc",
    "bigheap",
    "brk",
    "mmap",
    "mcontend",
    "remap",
)
_PRINTED = re.compile(r"stress-ng: (?:metrc|info):\s+\[\d+\]\s+(?P<name>[a-z][\w-]*)\s+(?P<numbers>\d.*)$")
_PAIR = re.compile(r"\s*(?:- )?([\w-]+):\s*(.*?)\s*$")


def read(path: str) -> Samples:
    """The samples of a file. Raises Failure when it holds no metrics of stress-ng."""
    sampler = Sampler(texts.shown(path))
    with texts.opened(path) as text:
        lines = "".join(texts.pieces(text, 1 << 16)).split("\n")
    facts, found = _yaml(lines)
    found = found or _printed(lines)
    if not found:
        raise Failure(
            f"{path} holds no metrics of stress-ng",
            mend="give what `stress-ng --metrics -Y FILE` writes",
            exit_code=WRONG_CALL,
        )
    at = _seconds(facts.get("epoch-secs"))
    for place, metric in found:
        _rows(sampler, place, facts.get("hostname", ""), at, metric)
    return sampler.done(at is not None)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None


def _yaml(lines: list[str]) -> tuple[dict[str, str], list[tuple[int, dict[str, str]]]]:
    """Facts of the system, and a mapping a stressor with its line. Of YAML it uses `key: value` and nothing else."""
    facts: dict[str, str] = {}
    found: list[tuple[int, dict[str, str]]] = []
    section = ""
    for number, line in enumerate(lines, 1):
        match = _PAIR.match(line)
        if match is None:
            continue
        key, value = match[1], match[2].strip("'\"")
        if not line[:1].isspace():
            section = key
        elif section == "metrics" and key == "stressor":
            found.append((number, {key: value}))
        elif section == "metrics" and found:
            found[-1][1][key] = value
        elif section == "system-info":
            facts[key] = value
    return facts, found


def _printed(lines: list[str]) -> list[tuple[int, dict[str, str]]]:
    """Stressor, bogo operations, real, user and system time, operations/s of real and of used time, CPU used."""
    found = []
    for number, line in enumerate(lines, 1):
        match = _PRINTED.search(line)
        numbers = match["numbers"].split() if match else []
        if match and len(numbers) >= 6:
            rates = {"bogo-ops-per-second-real-time": numbers[4], "wall-clock-time": numbers[1]}
            used = {"cpu-usage-per-instance": numbers[6]} if len(numbers) > 6 else {}
            found.append((number, {"stressor": match["name"], **rates, **used}))
    return found


def _rows(sampler: Sampler, place: int, host: str, at: float | None, metric: dict[str, Any]) -> None:
    name, rate = metric["stressor"], metric.get("bogo-ops-per-second-real-time")
    if rate is None:
        sampler.lose(place, "bogo-ops-per-second-real-time", f"stressor {name} has no rate: left out")
        return
    length = metric.get("wall-clock-time")
    counter = {"host": host, "name": f"stress-ng.{name}", "labels": {"stressor": name}}
    sampler.add("host", place, counter, at, {"interval_s": length, "value": rate})
    values = {"interval_s": length, "throughput": rate}
    if name in CPU:
        used = metric.get("cpu-usage-per-instance")
        share = None if used is None else _share(used)
        sampler.add("cpu", place, {"workload": name, "host": host, "cpu": "all"}, at, {**values, "used": share})
    elif name in MEMORY:
        sampler.add("memory", place, {"workload": name, "host": host}, at, values)


def _share(percent: str) -> Any:
    """A ratio; what is no number is left to be found wanting by name."""
    try:
        return float(f"{float(percent) / 100:.12g}")
    except ValueError:
        return percent
