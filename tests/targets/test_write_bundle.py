"""A bundle is written whole or not at all."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from erisc.base.failure import WRONG_CALL, Failure
from erisc.targets import write_bundle
from erisc.targets.bundle import assemble, write
from erisc.targets.protocol import Files
from tests.targets import plans

NOBODY = 65534
SOURCES = {"storm.eris": plans.SPEC}


@pytest.fixture(scope="module")
def files() -> Files:
    return assemble(plans.plan(), SOURCES)[0]


@pytest.fixture(scope="module")
def other() -> Files:
    return assemble(plans.plan(plans.cell()), SOURCES)[0]


@pytest.fixture(autouse=True)
def nothing_half_done(tmp_path: Path) -> Iterator[None]:
    yield
    assert not [path for path in tmp_path.rglob("*") if ".erisc-" in path.name]


def read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_new_folder_and_its_parents(files: Files, tmp_path: Path) -> None:
    write(files, str(tmp_path / "a" / "b" / "bundle"))
    assert read(tmp_path / "a" / "b" / "bundle") == dict(files)


def test_an_empty_folder_and_a_link_to_it(files: Files, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    write(files, str(tmp_path / "link"))
    assert read(tmp_path / "empty") == dict(files)
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
def test_modes_do_not_follow_the_umask(files: Files, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write(files, str(tmp_path / "bundle"))
    finally:
        os.umask(before)
    for path in [tmp_path / "bundle", *(tmp_path / "bundle").rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o755 if path.is_dir() or path.name == "run" else 0o644)


@pytest.mark.parametrize("can_exchange", [True, False])
def test_an_older_bundle_is_replaced(
    files: Files, other: Files, tmp_path: Path, can_exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(files, str(tmp_path / "bundle"))
    if not can_exchange:  # as on a file system without RENAME_EXCHANGE
        monkeypatch.setattr(write_bundle, "_exchange", lambda one, other: False)
    write(other, str(tmp_path / "bundle"))
    assert read(tmp_path / "bundle") == dict(other)
    assert os.listdir(tmp_path) == ["bundle"]


def test_what_is_not_a_bundle_is_left_alone(files: Files, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "foreign").mkdir()
    for manifest in (
        "{}",
        "[]",
        "not json",
        '{"format": 1}',
        "[" * 100_000,
        '{"name": "a browser extension", "version": 1}',
    ):
        (tmp_path / "foreign" / "manifest.json").write_text(manifest)
        refused(files, tmp_path / "foreign", "is not empty")
    refused(files, tmp_path / "mine", "is not empty and is not a bundle")
    refused(files, tmp_path / "file", "is not a folder")
    refused(files, tmp_path / "file" / "below", "cannot be written")
    refused(files, tmp_path / "loop", "cannot be written")
    with pytest.raises(Failure, match="cannot be written"):
        write(files, str(tmp_path / ("n" * 300)))
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_bytecode_of_the_plug_in_is_no_obstacle(files: Files, other: Files, tmp_path: Path) -> None:
    write(files, str(tmp_path / "bundle"))
    (tmp_path / "bundle" / "rally" / "plugins" / "__pycache__").mkdir()
    (tmp_path / "bundle" / "rally" / "plugins" / "__pycache__" / "erisc_staged.cpython-311.pyc").write_text("x")
    write(other, str(tmp_path / "bundle"))
    assert read(tmp_path / "bundle") == dict(other)


def test_a_bundle_with_something_added_is_left_alone(files: Files, other: Files, tmp_path: Path) -> None:
    write(files, str(tmp_path / "bundle"))
    (tmp_path / "bundle" / "cells" / "notes.txt").write_text("mine")
    refused(other, tmp_path / "bundle", "notes.txt")
    (tmp_path / "bundle" / "cells" / "notes.txt").unlink()
    (tmp_path / "bundle" / "cells" / "link").symlink_to(tmp_path)
    refused(other, tmp_path / "bundle", "link")


def refused(files: Files, folder: Path, why: str) -> None:
    before = read(folder) if folder.is_dir() else None
    with pytest.raises(Failure, match=why) as caught:
        write(files, str(folder))
    assert caught.value.exit_code == WRONG_CALL
    assert caught.value.mend
    assert before == (read(folder) if before is not None else None)


def test_a_folder_that_may_not_be_written(files: Files, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    user = os.geteuid()
    os.seteuid(user or NOBODY)  # root may write everywhere
    try:
        with pytest.raises(Failure, match="Permission denied") as caught:
            write(files, str(tmp_path / "closed" / "bundle"))
    finally:
        os.seteuid(user)
    assert caught.value.exit_code == WRONG_CALL
    assert caught.value.mend == "choose a folder you may write to"


def test_a_file_system_that_cannot_be_written(files: Files) -> None:
    with pytest.raises(Failure, match="cannot be written") as caught:
        write(files, "/proc/erisc-bundle")
    assert caught.value.mend


FULL = """
import os, sys
from erisc.base.failure import Failure
from erisc.targets.bundle import write
from tests.targets.test_write_bundle import files_of_the_plan, read
from pathlib import Path
folder = sys.argv[1]
write({"manifest.json": b'{"format": 1, "erisc": "0", "files": {"run": ""}}', "run": b""}, folder + "/bundle")
before = read(Path(folder, "bundle"))
try:
    write(files_of_the_plan(), folder + "/bundle")
except Failure as failure:
    assert failure.exit_code == 4, failure.exit_code
    assert "No space left" in failure.what and "space" in failure.mend, failure
    assert os.listdir(folder) == ["bundle"] and read(Path(folder, "bundle")) == before
    print("refused")
"""


def files_of_the_plan() -> Files:
    return assemble(plans.plan(), SOURCES)[0]


def test_a_full_disk_leaves_the_older_bundle(tmp_path: Path) -> None:
    """On a file system of 32 KiB, mounted in a name space of its own."""
    mount = f'mount -t tmpfs -o size=32k none "{tmp_path}" && exec "$@"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    done = subprocess.run(
        [*command, sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "refused\n", done.stderr


def test_an_interrupt_leaves_nothing(files: Files, tmp_path: Path) -> None:
    class Interrupting(dict[str, bytes]):
        def items(self):  # type: ignore[no-untyped-def]
            yield from list(super().items())[:4]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(Interrupting(files), str(tmp_path / "bundle"))
    assert os.listdir(tmp_path) == []


OFTEN = """
import sys
from erisc.targets.bundle import write
from tests.targets.test_write_bundle import files_of_the_plan
files = files_of_the_plan()
for _ in range(40):
    write(files, sys.argv[1])
"""


def test_two_at_once_end_with_one_whole_bundle(files: Files, other: Files, tmp_path: Path) -> None:
    command = [sys.executable, "-c", OFTEN, str(tmp_path / "bundle")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    assert read(tmp_path / "bundle") == dict(files)
