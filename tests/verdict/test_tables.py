"""Tables as files: every value comes back, samples beside the iterations, and little room is taken."""

import random
from contextlib import closing
from pathlib import Path
from typing import Any

from erisc.verdict.columns import COLUMNS, RECORDED, SAMPLED
from erisc.verdict.history import CellHistory
from erisc.verdict.iterations import ApiCall, Iteration
from erisc.verdict.tables import open_tables, write_tables
from erisc.verdict.timeline import WindowRow

N = 20_000
BYTES = 60
"""What an iteration with two API calls may take."""


def history(**parts: Any) -> CellHistory:
    empty = {"iterations": (), "api": (), "windows": (), "faults": ()}
    return CellHistory(id="0001", workloads=(), load_end=1.0, lost_share=0.0, **{**empty, **parts})


def back(folder: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(open_tables(str(folder))) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(f"SELECT * FROM {table}").fetchall()
        return rows


def test_every_value_comes_back_as_it_was(tmp_path: Path) -> None:
    done = Iteration("boot", 0, "", 0.1, 0.2, None, None, False, 'it\'s \x00 \U0001f300 "null"')
    good = Iteration("boot", 2**60, "steady", 1e-9, 3.0000000000000004, 5.0, 4.0, True, None)
    call = ApiCall("boot", 0, "", 0.1, None, None, False)
    window = WindowRow("boot.steady", "stage", 0, 0.0, None, None)
    row = ("depth", {"queue": "a", "": "b"}, None, None, 3.5)
    made = history(iterations=(done, good), api=(call,), windows=(window,), samples=(("metrics", (row,)),))
    write_tables(made, str(tmp_path))
    assert back(tmp_path, "iterations") == [tuple(done), tuple(good)]
    assert back(tmp_path, "api") == [tuple(call)]
    assert back(tmp_path, "windows") == [("boot.steady", "stage", 0, 0.0, None, None)]
    assert back(tmp_path, "metrics") == [row]


def test_a_table_without_rows_can_be_asked_all_the_same(tmp_path: Path) -> None:
    write_tables(history(), str(tmp_path))
    assert {path.stem for path in tmp_path.iterdir()} == set(RECORDED)
    assert all(back(tmp_path, table) == [] for table in COLUMNS)


def test_tables_of_samples_have_one_shape() -> None:
    for table, columns in SAMPLED.items():
        names = list(columns)
        labels, values = names[: names.index("at_s")], names[names.index("at_s") + 2 :]
        assert names[names.index("at_s") + 1] == "interval_s", table
        assert all(columns[name] not in ("DOUBLE", "BOOLEAN") for name in labels), table
        assert all(columns[name] in ("DOUBLE", "BOOLEAN") for name in values), table


def test_an_iteration_takes_little_room(tmp_path: Path) -> None:
    chance = random.Random(1)
    iterations, calls = [], []
    for index in range(N):
        at = round((index + 0.5) / 100, 9)
        began = round(at + chance.expovariate(1000), 9)
        half, took = sorted(round(chance.lognormvariate(-1, 0.6), 9) for _ in range(2))
        failed = chance.random() < 0.01
        error = f"Timeout: server {chance.getrandbits(64):x} is still BUILD" if failed else None
        iterations.append(
            Iteration("boot", index, "steady", at, began, round(began + took, 9), took, not failed, error)
        )
        calls.append(ApiCall("boot", index, "nova.boot_server", at, began, half, not failed))
        calls.append(ApiCall("boot", index, "nova.delete_server", at, round(began + half, 9), took - half, True))
    write_tables(history(iterations=tuple(iterations), api=tuple(calls)), str(tmp_path))
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size <= BYTES * N
