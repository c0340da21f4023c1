"""The parser's tables in the cache: used when sound, made again when not, never fatal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from erisc.compiler.lexing import ready
from erisc.compiler.tables import load_tables
from tests.compiler.frame import FRAME_FILE

SPEC = str(FRAME_FILE)
LINT = (
    f"import sys; from erisc.compiler import lint_spec; assert lint_spec({SPEC!r}).plan; print('lark' in sys.modules)"
)


def lint(home: Path) -> str:
    environment = {**os.environ, "ERISC_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", LINT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cache was just made; lark was imported for it."""
    home = tmp_path_factory.mktemp("warm")
    assert lint(home) == "True"
    return home


def cached(home: Path) -> Path:
    (path,) = (home / "cache").glob("grammar-*.tables")
    return path


def test_lark_is_imported_once_and_then_never(warm: Path) -> None:
    assert lint(warm) == "False"


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped", "folder"])
def test_a_damaged_cache_is_made_again(damage: str, warm: Path, tmp_path: Path) -> None:
    path = tmp_path / "cache" / cached(warm).name
    path.parent.mkdir()
    data = cached(warm).read_bytes()
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes(
            {"truncated": data[:500], "empty": b"", "flipped": data[:900] + bytes([data[900] ^ 1]) + data[901:]}[damage]
        )
    assert lint(tmp_path) == "True"
    assert damage == "folder" or sha256(path.read_bytes()[32:]).digest() == path.read_bytes()[:32]
    assert list(path.parent.iterdir()) == [path]


def test_an_unwritable_cache_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert lint(tmp_path) == "True"


def test_cached_tables_are_those_that_were_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERISC_HOME", str(tmp_path))
    assert load_tables() == load_tables()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [cached(tmp_path).name]


def test_the_stored_lexer_is_what_re_compiles() -> None:
    token = load_tables().token
    assert token[3]
    assert ready(token) == re.compile(token[0])


@pytest.mark.parametrize("change", [{3: ()}, {4: 1}, {3: (99, 99, 99)}])
def test_a_lexer_of_another_engine_is_compiled_anew(change: dict[int, object]) -> None:
    token = load_tables().token
    assert ready(tuple(change.get(place, part) for place, part in enumerate(token))) == re.compile(token[0])  # type: ignore[arg-type]


def test_what_lint_imports() -> None:
    heavy = {"lark", "dataclasses", "inspect", "pathlib", "json", "datetime", "decimal", "random", "subprocess", "yaml"}
    code = f"import sys; from erisc.compiler import lint_spec; lint_spec({SPEC!r}); print(*sys.modules)"
    lint_once = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert lint_once.returncode == 0
    assert heavy & set(again.stdout.split()) == set()
