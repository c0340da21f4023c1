"""Whatever the input: diagnostics or a Plan, in bounded time, never an exception."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erisc.compiler import lint_spec
from tests.compiler.frame import FIXTURES, FRAME, check, patched
from tests.compiler.hostile import HARMLESS, HUGE, LONG, NESTED, QUICK

RICH = (FIXTURES / "rich.eris").read_text()
LINES = [line for text in (RICH, FRAME) for line in text.splitlines() if line]


def sound(folder: Path, text: str | bytes) -> None:
    chosen = check(folder, text, every=False)
    assert (chosen.plan is None) == any(d.is_error for d in chosen.diagnostics)
    result = check(folder, text)
    assert result.plan is None or not any(d.is_error for d in result.diagnostics)
    lengths = {name: len(source.split("\n")) for name, source in result.sources.items()}
    for diagnostic in result.diagnostics:
        assert 1 <= diagnostic.span.line <= lengths.get(diagnostic.span.file, diagnostic.span.line)
        assert "\n" not in diagnostic.summary


QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@QUIET
@given(st.text(max_size=300))
def test_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    sound(tmp_path_factory.getbasetemp(), text.encode("utf-8", "surrogatepass"))


@QUIET
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    sound(tmp_path_factory.getbasetemp(), data)


@QUIET
@given(st.lists(st.sampled_from(LINES), max_size=30))
def test_any_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    sound(tmp_path_factory.getbasetemp(), "edition 2026\n" + "\n".join(lines))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(0, len(RICH)),
    st.integers(0, 40),
    st.sampled_from(
        ["", "0", "-1", "1e9", "0 s", "5 m", '"', "{", "}", "(", "[", "//", "..", "^ 999", "/ 0", "😀", "boot"]
    ),
)
def test_a_sound_spec_with_one_slip(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, text: str
) -> None:
    sound(tmp_path_factory.getbasetemp(), RICH[:start] + text + RICH[start + length :])


MEMORY = 512 << 20
SECONDS = 10
"""Of CPU, for one spec: five times what the worst takes on the machine this was written on."""


def bounded() -> None:
    """Run in the child: whoever takes more than this is killed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def lint(*paths: Path) -> tuple[int, list[dict[str, Any]]]:
    """`erisc lint` in a process of its own: the exit code and what it found."""
    command = [sys.executable, "-m", "erisc.cli", "lint", "--format", "json", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=False, preexec_fn=bounded, timeout=120)
    assert done.returncode in (0, 1, 2), done.stderr[-2000:]
    assert b"a fault of erisc" not in done.stderr
    return done.returncode, [found for file in json.loads(done.stdout)["files"] for found in file["diagnostics"]]


def refused(folder: Path, text: str | bytes) -> None:
    path = folder / "spec.eris"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    code, found = lint(path)
    errors = [diagnostic for diagnostic in found if diagnostic["code"].startswith("E")]
    assert (code, bool(errors)) == (2, True), found
    lines = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for diagnostic in found:
        span = diagnostic["span"]
        assert len(diagnostic["summary"]) < 500
        if span["file"] == str(path):
            assert 1 <= span["line"] <= span["end_line"] <= len(lines)
            assert 1 <= span["column"] <= len(lines[span["line"] - 1]) + 1


@pytest.mark.parametrize("name", QUICK)
def test_nesting_ends_in_a_diagnostic(name: str, tmp_path: Path) -> None:
    refused(tmp_path, patched(NESTED[name]))


@pytest.mark.parametrize("name", ["sweep", "sweeps", "repeat", "hosts", "exponent", "exponent_notation", "instants"])
def test_huge_meanings_end_in_a_diagnostic(name: str, tmp_path: Path) -> None:
    refused(tmp_path, patched(HUGE[name]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name) for kind in (NESTED, HUGE, LONG) for name, text in kind.items()],
)
def test_every_hostile_spec_ends_in_a_diagnostic(text: str, tmp_path: Path) -> None:
    refused(tmp_path, text)
    if text[0].isalpha():
        refused(tmp_path, patched(text))


@pytest.mark.slow
@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_only_long_compiles(name: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.eris"
    path.write_text(patched(HARMLESS[name]))
    assert lint(path)[0] < 2


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"edition 2026\nseed 1\0\n", id="NUL"),
        pytest.param(b"edition 2026\nseed \xff\n", id="no UTF-8"),
        pytest.param(b"edition 2026\nseed \xed\xa0\x80\n", id="surrogate"),
        pytest.param(b"\xff\xfee\0d\0i\0t\0i\0o\0n\0", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbfedition 2026\r\nseed x\r\n", id="BOM and CRLF"),
        pytest.param(b"edition 2026\rseed x\rseed y", id="CR"),
        pytest.param("edition 2026\nseed\u2028 1\u202e\n".encode(), id="other line ends"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_files_that_are_hardly_text(data: bytes, tmp_path: Path) -> None:
    refused(tmp_path, data)


def test_a_byte_order_mark_and_any_line_ends_are_no_part_of_a_spec(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        data = FRAME.replace("\n", end).encode("utf-8-sig")
        assert check(tmp_path, data).diagnostics == check(tmp_path, FRAME).diagnostics


def test_a_file_of_50_megabytes_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "spec.eris"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    code, found = lint(path)
    assert (code, [diagnostic["code"] for diagnostic in found]) == (2, ["E0106"])


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.eris"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/null"), tmp_path, tmp_path / "none", tmp_path / ("x" * 300)):
        code, found = lint(path)
        assert (code, [diagnostic["code"] for diagnostic in found]) == (2, ["E0105"]), path


HERE = "edition 2026\nimport std.arch.single\n"


def crossing(folder: Path) -> str:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (folder / f"{name}.eris").write_text(f'edition 2026\nimport "{other}.eris"\n')
    return 'import "a.eris"'


def chain(folder: Path) -> str:
    for number in range(200):
        (folder / f"a{number}.eris").write_text(f'edition 2026\nimport "a{number + 1}.eris"\n')
    return 'import "a0.eris"'


def fan(folder: Path, text: str) -> str:
    for number in range(60):
        (folder / f"a{number}.eris").write_text(f"edition 2026\n{text}\n")
    return "".join(f'import "a{number}.eris"\n' for number in range(60))


def linked(folder: Path, target: str) -> str:
    (folder / "a.eris").symlink_to(target)
    return 'import "a.eris"'


def piped(folder: Path) -> str:
    os.mkfifo(folder / "a.eris")
    return 'import "a.eris"'


def folded(folder: Path) -> str:
    (folder / "a.eris").mkdir()
    return 'import ".eris"\nimport "a.eris"'


IMPORTS: dict[str, Callable[[Path], str]] = {
    "itself": lambda folder: 'import "spec.eris"',
    "circle": crossing,
    "chain": chain,
    "climbing": lambda folder: 'import "../../../../etc/passwd"\nimport "a/../../b.eris"\nimport "/etc/passwd"',
    "link out": lambda folder: linked(folder, "/etc/passwd"),
    "link to itself": lambda folder: linked(folder, "a.eris"),
    "pipe": piped,
    "folder": folded,
    "many words": lambda folder: fan(folder, "image a { b = [" + "1, " * 40_000 + "] }"),
    "much text": lambda folder: fan(folder, "\n" * 2_000_000),
    "many statements": lambda folder: fan(folder, "seed 1\n" * 1_900),
}


@pytest.mark.parametrize("kind", IMPORTS)
def test_hostile_imports_end_in_a_diagnostic(kind: str, tmp_path: Path) -> None:
    lines = IMPORTS[kind](tmp_path)
    refused(tmp_path, f"{HERE}{lines}\n")


def test_a_file_that_changes_is_linted_as_it_was_at_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "spec.eris"
    path.write_text(FRAME)
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for text in (FRAME, "", FRAME * 20, "kpi"):
                path.write_text(text)

    writer = threading.Thread(target=change)
    writer.start()
    try:
        for _ in range(20):
            result = lint_spec(str(path))
            assert (result.plan is None) == any(d.is_error for d in result.diagnostics)
    finally:
        stop.set()
        writer.join()
