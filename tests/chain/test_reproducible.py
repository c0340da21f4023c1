"""Same spec, same seed: the same bytes, wherever and however it is compiled."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.support import erisc

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file's mode and bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode & 0o777, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_byte_identical_bundle(tmp_path: Path) -> None:
    first = tmp_path / "first"
    assert erisc("compile", str(EXAMPLES / "quickstart.eris"), "-o", str(first)).returncode == 0
    elsewhere = tmp_path / "ünïcode dir" / "deep"
    elsewhere.mkdir(parents=True)
    shutil.copy(EXAMPLES / "quickstart.eris", elsewhere)
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"), "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu",
        "PYTHONHASHSEED": "4711", "ERISC_HOME": str(tmp_path / "erisc home"),
    }  # fmt: skip
    old_mask = os.umask(0o077)
    try:
        done = erisc("compile", "quickstart.eris", "-o", "out", cwd=elsewhere, env=environment)
    finally:
        os.umask(old_mask)
    assert done.returncode == 0, done.stderr
    assert contents(first) == contents(elsewhere / "out")


def test_every_example_compiles_and_lints_clean(tmp_path: Path) -> None:
    specs = sorted(EXAMPLES.glob("*.eris"))
    assert specs
    for spec in specs:
        done = erisc("lint", str(spec))
        assert (done.returncode, done.stderr) == (0, ""), spec.name
        done = erisc("compile", str(spec), "-o", str(tmp_path / spec.stem))
        assert done.returncode == 0, done.stderr
