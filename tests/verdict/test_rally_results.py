"""Rally's results as the repeats of a spec: real reports, and the same damaged in every way that happens."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.verdict.foreign import rally
from erisc.verdict.foreign.history import Mapped, Spec, Wanted, cell, mapped
from erisc.verdict.foreign.rally import Run
from erisc.verdict.model import Loss

SAMPLES = Path(__file__).parent / "samples"
REPORT, RESULTS = SAMPLES / "rally_report.json", SAMPLES / "rally_results.json"
WRONG: tuple[Any, ...] = (None, "x", [], {}, 3, [[]], [{}], {"a": None}, {"a": "b"})
SPEC = Spec((Wanted("sleeper", "Dummy.dummy", "steady"),), ("strike",))


def read(document: Any, folder: Path) -> tuple[tuple[Run, ...], tuple[Loss, ...]]:
    path = folder / "made.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return rally.read(str(path))


def results() -> Any:
    return json.loads(RESULTS.read_text())


def test_both_of_todays_formats_say_the_same() -> None:
    (report, _), (listed, _) = rally.read(str(REPORT)), rally.read(str(RESULTS))
    for a, b in zip(report, listed, strict=True):
        assert (a.scenario, a.model, a.level) == (b.scenario, b.model, b.level)
        assert [row[:5] for row in a.rows] == [row[:5] for row in b.rows]
        assert [(hook.started, hook.finished) for hook in a.hooks] == [
            (hook.started, hook.finished) for hook in b.hooks
        ]
    assert report[0].hooks[0].names == ("strike", "sys_call")
    assert report[1].rows[0].error == "KeyError: 'Dummy test exception'"
    assert [action.ok for action in report[1].rows[0].actions] == [True, False]


def test_a_run_becomes_a_repeat_with_its_fault_and_its_stage() -> None:
    runs, _ = rally.read(str(REPORT))
    found = mapped(SPEC, runs)
    assert found.notes == (
        "rally_report.json: run 2 is of Dummy.dummy_random_fail_in_atomic, which no workload of the spec runs: "
        "left out",
    )
    [parts] = found.repeats
    history, notes = cell(SPEC, 1, parts)
    assert (notes, len(history.iterations)) == ((), 40)
    assert (history.iterations[0].started_s, history.iterations[0].stage) == (0.0, "steady")
    [fault] = history.faults
    assert fault.fault == "strike"
    assert fault.called_s == pytest.approx(1.008, abs=1e-3)
    assert fault.healed_s == pytest.approx(2.012, abs=1e-3)
    assert [(row.name, row.kind) for row in history.windows] == [("sleeper.steady", "stage"), ("strike", "fault")]
    assert {call.op for call in history.api} == {"foo"}


def test_runs_of_one_unknown_scenario_are_taken_for_the_only_workload() -> None:
    runs, _ = rally.read(str(RESULTS))
    other = Spec((Wanted("boot", "NovaServers.boot_server", "steady"),), ())
    found = mapped(other, runs[:1])
    assert found == Mapped(
        (((other.workloads[0], runs[0]),),),
        ("the runs are of Dummy.dummy: taken for workload boot, which runs NovaServers.boot_server",),
    )
    with pytest.raises(Failure, match=r"Dummy\.dummy, Dummy\.dummy_random_fail_in_atomic"):
        mapped(other, runs)


def test_the_repeats_of_two_workloads_go_together() -> None:
    runs, _ = rally.read(str(RESULTS))
    spec = Spec((Wanted("a", runs[0].scenario, ""), Wanted("b", runs[1].scenario, "")), ())
    assert [len(parts) for parts in mapped(spec, [*runs, runs[0]]).repeats] == [2, 1]


def test_hooks_that_are_no_fault_of_the_spec_are_noted() -> None:
    runs, _ = rally.read(str(RESULTS))
    spec = Spec(SPEC.workloads, ("one", "another"))
    history, notes = cell(spec, 1, [(SPEC.workloads[0], runs[0])])
    assert history.faults == ()
    assert notes == ("rally_results.json: the hook strike sys_call is no fault of the spec: left out",)


def test_a_hook_that_failed_may_have_struck_all_the_same(tmp_path: Path) -> None:
    document = results()
    document[0]["hooks"][0]["results"][0] |= {"status": "failed", "error": {"etype": "Unreachable", "msg": "gone"}}
    runs, _ = read(document, tmp_path)
    history, notes = cell(SPEC, 1, [(SPEC.workloads[0], runs[0])])
    [fault] = history.faults
    assert (fault.onset, fault.error) == (fault.called_s, "Unreachable: gone")
    assert notes == ("made.json: run 1: the hook of strike failed: Unreachable: gone",)


def spoil(index: int, **changes: Any) -> Any:
    document = results()
    document[0]["result"][index] |= changes
    return document


@pytest.mark.parametrize(
    ("changes", "column", "what"),
    [
        ({"duration": None}, "duration", "run 1: duration is missing, a number was expected"),
        ({"timestamp": "noon"}, "timestamp", "run 1: timestamp is 'noon', a number was expected"),
        ({"duration": float("nan")}, "duration", "run 1: duration is not finite"),
        ({"duration": -0.5}, "duration", "run 1: duration is negative: the clock ran backwards by 0.5 s"),
        ({"timestamp": True}, "timestamp", "run 1: timestamp is True, a number was expected"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_kept(
    changes: dict[str, Any], column: str, what: str, tmp_path: Path
) -> None:
    runs, losses = read(spoil(6, **changes), tmp_path)
    assert losses == (Loss("made.json", 7, what, column),)
    assert (len(runs[0].rows), runs[0].total, runs[0].lost) == (39, 40, 1)


def test_a_missing_column_and_a_row_that_is_none(tmp_path: Path) -> None:
    document = results()
    del document[0]["result"][3]["duration"]
    document[0]["result"][4] = [1, 2]
    _, losses = read(document, tmp_path)
    assert [(loss.line, loss.column) for loss in losses] == [(4, "duration"), (5, "")]
    assert losses[1].what == "run 1: an object was expected, not list"


def test_a_row_that_was_written_twice_counts_once(tmp_path: Path) -> None:
    document = results()
    document[0]["result"].append(document[0]["result"][2])
    runs, losses = read(document, tmp_path)
    assert [(loss.line, loss.what) for loss in losses] == [
        (41, "run 1: the same as row 3: left out as a repetition"),
    ]
    assert len(runs[0].rows) == 40


def test_an_action_whose_clock_ran_backwards_leaves_its_iteration(tmp_path: Path) -> None:
    document = json.loads(REPORT.read_text())
    row = document["tasks"][0]["subtasks"][0]["workloads"][0]["data"][0]
    row["atomic_actions"][0]["finished_at"] -= 100
    runs, losses = read(document, tmp_path)
    assert (len(runs[0].rows), runs[0].rows[0].actions) == (40, ())
    assert [(loss.line, loss.column) for loss in losses] == [(1, "atomic_actions")]


def test_a_hook_that_ends_before_it_starts_has_no_end(tmp_path: Path) -> None:
    document = results()
    result = document[0]["hooks"][0]["results"][0]
    result["finished_at"] = result["started_at"] - 5
    runs, losses = read(document, tmp_path)
    assert runs[0].hooks[0].finished is None
    assert losses[0].column == "hooks"


@pytest.mark.parametrize("path", [REPORT, RESULTS])
def test_a_file_cut_off_anywhere_keeps_the_rows_before(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    whole = sum(len(run.rows) for run in rally.read(str(path))[0])
    most = 0
    for share in range(1, 40):
        try:
            runs, losses = read(text[: len(text) * share // 40], tmp_path)
        except Failure:
            continue
        kept = sum(len(run.rows) for run in runs)
        assert most <= kept < whole
        most = kept
        assert losses[0].what.startswith("cut off at line ")
    assert most > 40


def test_half_a_character_is_no_name(tmp_path: Path) -> None:
    document = results()
    document[0]["result"][0]["atomic_actions"] = {"a\ud800b": 1.0, "\U0001f300": 2.0}
    document[0]["result"][1]["error"] = ["Error\udfff", "x"]
    runs, _ = read(document, tmp_path)
    assert [action.name for action in runs[0].rows[0].actions] == ["a?b", "\U0001f300"]
    assert runs[0].rows[1].error == "Error?: x"


def test_an_empty_run_is_a_run_without_rows(tmp_path: Path) -> None:
    document = results()
    document[0]["result"] = []
    runs, _ = read(document, tmp_path)
    history, _ = cell(SPEC, 1, [(SPEC.workloads[0], runs[0])])
    assert (history.iterations, history.load_end) == ((), None)


@pytest.mark.parametrize("text", ["", "{}", "[]", "nothing", '{"tasks": []}', '[{"key": {}}]', "[1, 2"])
def test_what_is_no_result_of_rally_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"made\.json is no result of Rally"):
        read(text, tmp_path)


def test_nothing_of_a_wrong_type_makes_it_fall_over(tmp_path: Path) -> None:
    document = results()
    for member in document:
        member["result"] = member["result"][:3]
    for key in document[0]:
        for wrong in WRONG:
            spoiled = copy.deepcopy(document)
            spoiled[0][key] = wrong
            runs, _ = read(spoiled, tmp_path)
            for run in runs:
                cell(SPEC, 1, [(SPEC.workloads[0], run)])
    for column in document[0]["result"][0]:
        for wrong in WRONG:
            spoiled = copy.deepcopy(document)
            spoiled[0]["result"][0][column] = wrong
            runs, _ = read(spoiled, tmp_path)
            cell(SPEC, 1, [(SPEC.workloads[0], runs[0])])
