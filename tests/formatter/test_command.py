"""`erisc fmt` on files: what it writes, what it leaves alone, how it ends."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from erisc.cli import fmt_command, main

UNTIDY, TIDY = "seed   1", "seed 1\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "spec.eris"
    path.write_text(UNTIDY)
    return path


def test_a_file_is_replaced_with_its_mode(spec: Path) -> None:
    spec.chmod(0o640)
    assert main(["fmt", str(spec)]) == 0
    assert spec.read_text() == TIDY
    assert spec.stat().st_mode & 0o7777 == 0o640
    assert list(spec.parent.iterdir()) == [spec]


def test_a_tidy_file_is_not_touched(spec: Path) -> None:
    spec.write_text(TIDY)
    before = spec.stat()
    assert main(["fmt", str(spec)]) == 0
    assert (spec.stat().st_ino, spec.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_link_stays_a_link(spec: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.eris"
    link.symlink_to("spec.eris")
    assert main(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert spec.read_text() == TIDY


@pytest.mark.parametrize("how", ["--check", "--diff"])
def test_looking_changes_nothing(how: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", how, str(spec)]) == 1
    assert spec.read_text() == UNTIDY
    out = capsys.readouterr().out
    assert str(spec) in out
    assert ("+seed 1\n" in out) == (how == "--diff")
    spec.write_text(TIDY)
    assert main(["fmt", how, str(spec)]) == 0
    assert capsys.readouterr().out == ""


def test_a_broken_file_is_left_alone_and_the_others_are_formatted(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.eris"
    broken.write_text("seed  \nkpi  x\n")
    assert main(["fmt", str(broken), str(spec)]) == 2
    assert broken.read_text() == "seed  \nkpi  x\n"
    assert spec.read_text() == TIDY
    assert "E0101" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"seed 1\0", b"seed \xff", b"// " + b"x" * (2 << 20)])
def test_what_is_no_spec_is_left_alone(data: bytes, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_bytes(data)
    assert main(["fmt", str(spec)]) == 2
    assert spec.read_bytes() == data
    assert "error[E01" in capsys.readouterr().err


def test_from_stdin_to_stdout(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def given(text: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))

    given("\ufeffseed   1\r\n// é".encode())
    assert main(["fmt", "-"]) == 0
    assert capfd.readouterr().out == "seed 1\n// é\n"
    given(b"seed")
    assert main(["fmt", "-"]) == 2
    assert "<stdin>:1:5" in capfd.readouterr().err


def test_a_file_that_changed_meanwhile_is_left_alone(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def meanwhile(text: str, name: str) -> str:
        spec.write_text("seed 2")
        return TIDY

    monkeypatch.setattr(fmt_command, "format_source", meanwhile)
    assert main(["fmt", str(spec)]) != 0
    assert spec.read_text() == "seed 2"
    assert os.listdir(spec.parent) == ["spec.eris"]
    assert "changed while it was read" in capsys.readouterr().err
