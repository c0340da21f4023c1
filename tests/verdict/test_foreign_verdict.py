"""A spec judges files of several tools: the command from the spec to the verdict, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "verdict" / "samples"
SPEC = ROOT / "tests" / "verdict" / "specs" / "mixed.eris"
ALL = (
    f"--iperf3={SAMPLES / 'iperf3_tcp.json'}",
    f"--fio={SAMPLES / 'fio.json'}",
    f"--stress-ng={SAMPLES / 'stress_ng.yaml'}",
    f"--prometheus=depth={SAMPLES / 'prometheus.json'}",
)


def erisc(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "erisc", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def verdict(*words: str) -> Any:
    done = erisc("evaluate", str(SPEC), *words, "--json")
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert done.returncode == told["exit_code"]
    return told


def outcomes(told: Any) -> dict[str, str]:
    return {slo["name"]: slo["outcome"] for slo in told["cells"][0]["slos"]}


def test_files_of_five_tools_are_one_verdict(tmp_path: Path) -> None:
    rows = tmp_path / "calls.csv"
    rows.write_text("timestamp,duration,ok\n1795241050,0.2,yes\n1795241051,0.3,no\n1795241052,-3,yes\n")
    told = verdict(*ALL, f"--csv=iterations={rows}")
    assert outcomes(told) == {
        "flows": "pass",
        "stores": "pass",
        "drains": "fail",
        "works": "pass",
        "answers": "pass",
    }
    assert told["kpis"]["queue"]["value"] == 17
    assert told["kpis"]["slow"]["n"] == 2
    assert {
        "file": "calls.csv",
        "line": 4,
        "column": "duration_s",
        "what": "the clock ran backwards by 3 s: left out",
    } in (told["losses"])


def test_samples_go_to_the_repeat_in_which_they_were_taken(tmp_path: Path) -> None:
    runs = json.loads((SAMPLES / "rally_results.json").read_text())[:1]
    later = json.loads(json.dumps(runs))
    for row in later[0]["result"]:
        row["timestamp"] += 1000.0
    both = tmp_path / "both.json"
    both.write_text(json.dumps(runs + later))
    start = runs[0]["result"][0]["timestamp"]
    rates = tmp_path / "rates.csv"
    rates.write_text(f"time,protocol,goodput\n{start + 1},tcp,5e6\n{start + 1001},tcp,7e6\n")
    told = verdict(f"--rally={both}", f"--csv=net={rates}")
    assert [cell["kpis"]["goodput"]["value"] for cell in told["cells"]] == [5e6, 7e6]


def test_nothing_passes_by_a_file_that_was_cut_off(tmp_path: Path) -> None:
    text = json.dumps(json.loads((SAMPLES / "rally_results.json").read_text())[:1])
    path = tmp_path / "cut.json"
    for kept, expected in ((len(text), "pass"), (len(text) // 2, "inconclusive")):
        path.write_text(text[:kept])
        told = verdict(f"--rally={path}")
        assert outcomes(told)["answers"] == expected
    assert told["notes"][0] == "the run was interrupted: nothing passes"
    assert told["losses"][0]["what"].startswith("cut off at line 1, column ")
    assert told["cells"][0]["kpis"]["slow"]["n"] > 10


def test_what_nobody_recorded_is_inconclusive_never_a_pass() -> None:
    told = verdict(ALL[0])
    assert outcomes(told) == {
        "flows": "pass",
        "stores": "inconclusive",
        "drains": "inconclusive",
        "works": "inconclusive",
        "answers": "inconclusive",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "a run directory or files of other tools are due"),
        (("--run", "x", ALL[0]), "are due, not both"),
        (("--csv", "net.csv"), "TABLE=FILE is due"),
        (("--csv", f"nets={SAMPLES / 'fio.json'}"), "there is no table nets"),
        (("--rally", "nowhere.json"), "nowhere.json cannot be read: No such file or directory"),
        (("--rally", str(SAMPLES)), "samples cannot be read: Is a directory"),
        (("--fio", str(SAMPLES / "iperf3_tcp.json")), "iperf3_tcp.json is no result of fio"),
        (("--run", "x", "--output", "y"), "leave out --output"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_mend(words: tuple[str, ...], said: str) -> None:
    done = erisc("evaluate", str(SPEC), *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "help: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_sweep_does_not_say_to_which_point_a_file_belongs(tmp_path: Path) -> None:
    spec = tmp_path / "swept.eris"
    text = SPEC.read_text().replace("edition 2026", "edition 2026\n\nparam load: duration = 60 s", 1)
    text = text.replace("for 60 s as", "for load as").replace(
        "use cloud, calls", "use cloud, calls\n  sweep load in [60 s, 90 s]"
    )
    spec.write_text(text)
    done = erisc("evaluate", str(spec), ALL[0])
    assert done.returncode == 2
    assert "2 sweep points: files do not say to which they belong" in done.stderr
