"""How long judging takes, beside the tools that could do it: DuckDB by hand, polars, pandas, Rally's load and report.

    python benchmarks/evaluation.py [--rows 10000000] [--repeats 5] [--peers PYTHON] [--rally RALLY]

All compute the same numbers from the same file: success rate, mean, p50, p95, p99 and p99.9, each with a 95 % interval,
of all iterations and of every workload in every window of 10 s. CPU seconds (user and system) and peak memory are those
of the whole process; up to a million rows or so also of a second turn in the same process ("without start-up": the
interpreter, imports, and making a database are behind it); runs are interleaved; medians are shown.
--peers: an interpreter with polars, pandas and pyarrow; --rally: the `rally` command (then the same rows are loaded and
reported by it as well, from its own format: take --rows 100000). What is absent is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
WORKLOADS = ("boot", "list", "login", "volume")
SECONDS, WIDTH = 3600.0, 10.0
QUANTILES = (0.5, 0.95, 0.99, 0.999)


def generate(folder: Path, rows: int) -> None:
    """Log-normal durations, one failure in two hundred, four workloads over an hour, as `erisc` stores them."""
    import duckdb

    path = folder / "iterations.parquet"
    named = ", ".join(f"'{name}'" for name in WORKLOADS)
    uniform = "((hash(i * {0} + {1}) % 1000003 + 0.5) / 1000003.0)"
    normal = f"sqrt(-2 * ln({uniform.format(7, 1)})) * cos(2 * pi() * {uniform.format(13, 5)})"
    duckdb.execute(f"""
        COPY (
          SELECT ([{named}])[1 + (hash(i) % {len(WORKLOADS)})::INT] AS workload, i::BIGINT AS iteration,
            'steady' AS stage, began AS intended_s, began AS started_s, round(began + took, 6) AS finished_s,
            took AS duration_s, ok, CASE WHEN NOT ok THEN 'Timeout' END AS error
          FROM (SELECT i, round(i * {SECONDS} / {rows}, 6) AS began, round(exp({normal} / 2), 6) AS took,
                hash(i * 31 + 2) % 200 > 0 AS ok FROM range({rows}) AS rows(i))
          ORDER BY workload, intended_s
        ) TO '{path}' (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)""")
    print(f"{rows} iterations: {path.stat().st_size / rows:.1f} bytes each as Parquet")
    empty = {"api": "iterations", "windows": "iterations", "faults": "iterations"}
    for name in empty:
        duckdb.execute(f"COPY (SELECT 1 AS nothing LIMIT 0) TO '{folder / name}.parquet' (FORMAT parquet)")


# --- the contenders, each in a process of its own ---


def erisc(folder: str) -> int:
    """As `erisc evaluate` computes KPIs: the program that the compiler makes of twelve formulas."""
    sys.path.insert(0, str(HERE.parents[1]))
    from erisc.verdict.evaluation import computed
    from erisc.verdict.history import CellHistory
    from erisc.verdict.program_file import load_program

    program = load_program(folder)
    cell = CellHistory("0001", program.cells[0].workloads, (), (), (), (), SECONDS, 0.0)
    found = computed(program.criteria[0], cell, folder)
    assert all(one.interval for kpi in found for one in (kpi.by or (kpi,))), found
    return sum(one.n for kpi in found for one in (kpi.by or (kpi,)))


def program(folder: Path) -> None:
    """The KPI program: six formulas over all rows, and the same six in every 10 s of every workload."""
    sys.path.insert(0, str(HERE.parents[1]))
    from erisc.targets.kpi import PATH, TARGET

    path = folder / PATH
    path.parent.mkdir(exist_ok=True)
    files, found = TARGET.emit(_plan())
    assert not found, found
    made = json.loads(files[PATH])
    for kpi in made["criteria"][0]["kpis"]:
        for term in kpi["terms"]:
            if "rolling" in term:  # windows that follow each other, which the other tools can group by
                term["rolling"]["step"] = term["rolling"]["width"]
    path.write_text(json.dumps(made))


def _plan() -> Any:
    from erisc.compiler.plan import (
        Aggregate,
        Cell,
        Criteria,
        Filter,
        Kpi,
        Mapping,
        Plan,
        Rolling,
        Selection,
        Span,
        Stage,
        Workload,
    )  # fmt: skip

    span = Span("scale.eris", 1, 1, 1, 2)
    good = Filter("ok", "==", True, span)

    def aggregates() -> Any:
        def rows(column: str, *filters: Filter) -> Selection:
            return Selection("iterations", "", column, filters, None, span)

        yield "success", Aggregate("ratio", rows("", good), (("hits", 1),), span)
        for name in ("mean", "p50", "p95", "p99", "p99_9"):
            yield name, Aggregate(name, rows("duration"), (), span)

    kpis = [Kpi(name, "number", "1", one, (), name, span) for name, one in aggregates()]
    for name, one in aggregates():
        over = Aggregate("max", Rolling(one, WIDTH, span), (), span)
        kpis.append(Kpi(f"{name}_by", "number", "1", over, ("workload",), f"max({name} over 10 s)", span))
    stage = Stage("hold", "steady", 0.0, SECONDS, None, 1.0, 1.0, None, None, span)
    loads = tuple(Workload(name, "rally", "Dummy.dummy", Mapping(()), "open", (stage,), span) for name in WORKLOADS)
    cell = Cell("0001", (), 1, 0, 0, (), loads, (), ())
    return Plan(2026, "scale.eris", "scale", 1, (), (), (Criteria(tuple(kpis), ()),), (), (), None, (cell,), span)


@lru_cache(maxsize=1)
def _duckdb() -> Any:
    """A database of the process; making it takes 20 ms, which count as start-up, here as in erisc."""
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "2GB"})


def duckdb_by_hand(folder: str) -> int:
    """Ranks differ from window to window, so that `quantile_disc`, whose shares are constants, cannot give the ends of
    an interval: each group is sorted once and asked by rank. Over all rows there is one n, and `quantile_disc` does.
    """
    connection = _duckdb()
    source = f"read_parquet('{folder}/iterations.parquet')"
    [(n,)] = connection.execute(f"SELECT count(*) FROM {source}").fetchall()
    shares = [max(0.0, min(1.0, q + z * 1.96 * (q * (1 - q) / n) ** 0.5)) for q in QUANTILES for z in (-1, 0, 1)]
    connection.execute(
        "SELECT avg(ok::INT), avg(duration_s), stddev_samp(duration_s), "
        f"quantile_disc(duration_s, {shares}) FROM {source}"
    ).fetchall()
    ranks = ", ".join(
        f"v[greatest(1, least(n, ceil(n * {q} + {z} * 1.96 * sqrt(n * {q * (1 - q)}))))::BIGINT]"
        for q in QUANTILES
        for z in (-1, 0, 1)
    )
    return len(
        connection.execute(f"""
        SELECT workload, w, n, good, mean, deviation, [{ranks}] FROM (
          SELECT workload, floor(intended_s / {WIDTH}) AS w, count(*) AS n, sum(ok::INT) AS good,
            avg(duration_s) AS mean, stddev_samp(duration_s) AS deviation, list_sort(list(duration_s)) AS v
          FROM {source} GROUP BY ALL)""").fetchall()
    )


def duckdb_windows_rounded(folder: str) -> int:
    """The same, cheaper and not quite the same: the interval's shares are those of the mean group size."""
    connection = _duckdb()
    source = f"read_parquet('{folder}/iterations.parquet')"
    [(n,)] = connection.execute(f"SELECT count(*) FROM {source}").fetchall()

    def shares(size: float) -> list[float]:
        return [max(0.0, min(1.0, q + z * 1.96 * (q * (1 - q) / size) ** 0.5)) for q in QUANTILES for z in (-1, 0, 1)]

    found = 0
    for group, size in (("", n), ("GROUP BY workload, floor(intended_s / 10)", n * WIDTH / SECONDS / len(WORKLOADS))):
        found += len(
            connection.execute(
                "SELECT count(*), avg(ok::INT), avg(duration_s), stddev_samp(duration_s), "
                f"quantile_disc(duration_s, {shares(size)}) FROM {source} {group}"
            ).fetchall()
        )
    return found


def polars(folder: str) -> int:
    import polars as pl  # type: ignore[import-not-found]

    frame = pl.scan_parquet(f"{folder}/iterations.parquet").select("workload", "intended_s", "duration_s", "ok")
    n = frame.select(pl.len()).collect().item()

    def numbers(size: float) -> list[Any]:
        ends = [(q, z, q + z * 1.96 * (q * (1 - q) / size) ** 0.5) for q in QUANTILES for z in (-1, 0, 1)]
        quantiles = [pl.col("duration_s").quantile(max(0.0, min(1.0, p))).alias(f"{q} {z}") for q, z, p in ends]
        return [pl.len(), pl.col("ok").mean(), pl.col("duration_s").mean().alias("mean"),
                pl.col("duration_s").std().alias("deviation"), *quantiles]  # fmt: skip

    frame.select(numbers(n)).collect()
    window = (pl.col("intended_s") / WIDTH).floor().alias("w")
    return int(frame.group_by("workload", window).agg(numbers(n * WIDTH / SECONDS / len(WORKLOADS))).collect().height)


def pandas(folder: str) -> int:
    import pandas as pd  # type: ignore[import-untyped]

    frame = pd.read_parquet(f"{folder}/iterations.parquet", columns=["workload", "intended_s", "duration_s", "ok"])

    def shares(size: float) -> list[float]:
        return [max(0.0, min(1.0, q + z * 1.96 * (q * (1 - q) / size) ** 0.5)) for q in QUANTILES for z in (-1, 0, 1)]

    frame.duration_s.quantile(shares(len(frame)))
    frame.duration_s.agg(["mean", "std", "count"])
    frame.ok.mean()
    grouped = frame.groupby(["workload", (frame.intended_s // WIDTH).rename("w")])
    grouped.ok.mean()
    grouped.duration_s.agg(["mean", "std", "count"])
    found = grouped.duration_s.quantile(shares(len(frame) * WIDTH / SECONDS / len(WORKLOADS)))
    return int(found.index.droplevel(-1).nunique())


def rally(folder: str) -> int:
    """Rally's own load and report, from its own format; it knows neither windows nor intervals."""
    (Path(folder) / "rally.sqlite").unlink(missing_ok=True)
    database = Path(folder) / "rally.conf"
    database.write_text(f"[database]\nconnection = sqlite:///{folder}/rally.sqlite\n")
    words = [os.environ["RALLY"], "--config-file", str(database)]
    subprocess.run([*words, "db", "create"], check=True, capture_output=True)
    report = ["task", "report", "--out", f"{folder}/report.html", f"{folder}/rally.json"]
    subprocess.run([*words, *report], check=True, capture_output=True)
    assert (Path(folder) / "report.html").stat().st_size > 10_000
    return 1


def generate_rally(folder: Path) -> None:
    """The same iterations as `rally task report --json` writes them."""
    import duckdb

    source = f"SELECT intended_s, duration_s, ok FROM read_parquet('{folder}/iterations.parquet')"
    data = [_rally_row(1.7e9 + at, took, ok) for at, took, ok in duckdb.execute(source).fetchall()]
    dates = {"created_at": "2026-01-01T00:00:00", "updated_at": "2026-01-01T00:00:00"}
    total = {"data": {}, "name": "total", "display_name": "total", "count_per_iteration": 1, "children": []}
    workload = {
        "uuid": "w", "description": "", "runner": {"constant": {"times": len(data), "concurrency": 1}}, "hooks": [],
        "scenario": {"Authenticate.keystone": {}}, "min_duration": 0.1, "max_duration": 9.0, "start_time": 1.7e9,
        "load_duration": SECONDS, "full_duration": SECONDS, "data": data,
        "statistics": {"durations": {"total": total, "atomics": []}},
        "failed_iteration_count": 0, "total_iteration_count": len(data), "pass_sla": True, "contexts": {},
        "position": 0, "contexts_results": [], "sla": {}, "sla_results": {"sla": []}, **dates,
    }  # fmt: skip
    about = {"title": "scale", "description": "", "status": "finished", **dates}
    subtask = {"uuid": "s", "sla": {}, "workloads": [workload], **about}
    task = {"uuid": "t", "tags": [], "env_uuid": "e", "env_name": "e", "pass_sla": True, "subtasks": [subtask], **about}
    info = {"rally_version": "5", "generated_at": "2026", "format_version": "1.2"}
    (folder / "rally.json").write_text(json.dumps({"info": info, "tasks": [task]}))


def _rally_row(at: float, took: float, ok: bool) -> dict[str, object]:
    action = {"name": "keystone_v3.fetch_token", "children": [], "started_at": at, "finished_at": at + took}
    error = [] if ok else ["Timeout", "no answer", "…"]
    return {
        "timestamp": at, "error": error, "duration": took, "idle_duration": 0.0,
        "output": {"additive": [], "complete": []}, "atomic_actions": [action | ({} if ok else {"failed": True})],
    }  # fmt: skip


CONTENDERS = {
    "erisc": (erisc, "own"),
    "duckdb by hand": (duckdb_by_hand, "own"),
    "duckdb, rounded ranks": (duckdb_windows_rounded, "own"),
    "polars": (polars, "peers"),
    "pandas": (pandas, "peers"),
    "rally": (rally, "own"),
}


def measured(python: str, name: str, folder: Path, environment: dict[str, str]) -> tuple[float, float, float] | None:
    """CPU s, those of them without start-up, and peak MB, of one contender in a process of its own; None when it cannot
    run.
    """
    words = [python, str(HERE), "--only", name, "--folder", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(f"{name}: does not run: {done.stderr.strip().splitlines()[-1:]}")
        return None
    seconds, work, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, work, megabytes


def only(name: str, folder: str) -> None:
    """Prints the numbers of `measured`: a second turn in the same process has its imports behind it."""
    CONTENDERS[name][0](folder)
    seconds, megabytes = _used()
    work = seconds
    if name == "rally":
        subprocess.run([os.environ["RALLY"], "version"], check=True, capture_output=True)
        work = seconds - (_used()[0] - seconds)
    elif os.path.getsize(f"{folder}/iterations.parquet") < 30_000_000:
        CONTENDERS[name][0](folder)
        work = _used()[0] - seconds
    print(json.dumps([seconds, work, megabytes]))


def _used() -> tuple[float, float]:
    """CPU s and peak MB of this process and its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used), max(one.ru_maxrss for one in used) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--rally", default="")
    parser.add_argument("--only", choices=CONTENDERS)
    parser.add_argument("--generate", type=int)
    parser.add_argument("--program", action="store_true")
    parser.add_argument("--folder")
    words = parser.parse_args()
    if words.generate:
        generate(Path(words.folder), words.generate)
        if words.rally:
            generate_rally(Path(words.folder))
        return
    if words.program:
        program(Path(words.folder))
        return
    if words.only:
        only(words.only, words.folder)
        return
    with tempfile.TemporaryDirectory(prefix="erisc-evaluation-") as scratch:
        folder = Path(scratch)
        # In processes of their own: a child's peak memory is never less than its parent's was.
        for step in (["--generate", str(words.rows), "--rally", words.rally], ["--program"]):
            subprocess.run([sys.executable, str(HERE), *step, "--folder", scratch], check=True)
        environment = {**os.environ, "POLARS_MAX_THREADS": "1", "RALLY": words.rally}
        pythons = {"own": sys.executable, "peers": words.peers}
        found: dict[str, list[tuple[float, float, float]]] = {}
        for _ in range(words.repeats):
            for name, (_, python) in CONTENDERS.items():
                if name == "rally" and not words.rally:
                    continue
                one = measured(pythons[python], name, folder, environment)
                if one is not None:
                    found.setdefault(name, []).append(one)
    rows = {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in found.items()}
    own = rows["erisc"]
    print(f"{'':24} {'CPU s':>8} {'of erisc':>9} {'without start-up':>17} {'of erisc':>9} {'peak MB':>8}")
    for name, (seconds, work, most) in rows.items():
        ratios = seconds / own[0], work / own[1]
        print(f"{name:24} {seconds:8.2f} {ratios[0]:9.2f} {work:17.3f} {ratios[1]:9.2f} {most:8.0f}")


if __name__ == "__main__":
    main()
