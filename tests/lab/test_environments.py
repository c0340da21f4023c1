"""Managed environments: exactly the pins, whole or not there, by whatever way pip reaches its packages here."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from erisc.base import environments
from erisc.base.failure import Failure
from erisc.base.installer import parse_pip_config, uv_variables
from erisc.base.steps import Silent


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A constraints file of one package, which lies in a folder as a wheel; no network."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    digest = _wheel(wheels / "tinything-1.0-py3-none-any.whl")
    file = tmp_path / "drivers.txt"
    file.write_text(f"tinything==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setenv("ERISC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(environments, "constraints_file", lambda name: str(file))
    return file


def _wheel(path: Path) -> str:
    members = {
        "tinything.py": b"answer = 42\n",
        "tinything-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n",
        "tinything-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}"
        for name, data in members.items()
    ]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("tinything-1.0.dist-info/RECORD", "\n".join([*rows, "tinything-1.0.dist-info/RECORD,,", ""]))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _answer(python: str) -> str:
    words = [python, "-c", "import tinything; print(tinything.answer)"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_an_environment_is_made_once_holds_its_pins_and_their_bytecode(pins: Path) -> None:
    python = environments.ensure("drivers", report=Silent())
    assert _answer(python) == "42"
    assert environments.is_complete("drivers")
    site = Path(python).parents[1] / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    assert list(site.glob("__pycache__/tinything.*.pyc"))
    before = os.stat(python).st_ctime_ns
    assert environments.ensure("drivers", report=Silent()) == python
    assert os.stat(python).st_ctime_ns == before


def test_an_interrupted_install_is_not_taken_for_done_and_is_finished_by_the_next(pins: Path) -> None:
    folder = Path(environments.python_of("drivers")).parents[1]
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "half.py").write_text("x = (")
    assert not environments.is_complete("drivers")
    assert _answer(environments.ensure("drivers", report=Silent())) == "42"


def test_other_pins_are_another_environment(pins: Path) -> None:
    before = environments.python_of("drivers")
    pins.write_text(pins.read_text() + "# changed\n")
    assert environments.python_of("drivers") != before


def test_a_package_that_is_not_the_pinned_one_is_refused(pins: Path) -> None:
    pins.write_text(f"tinything==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(Failure, match="not the one that erisc was tested with"):
        environments.ensure("drivers", report=Silent())
    assert not environments.is_complete("drivers")


def test_without_a_network_it_says_so_and_what_to_do(pins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_INDEX", "")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    pins.write_text(f"tinything==2.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(Failure, match="cannot be fetched") as caught:
        environments.ensure("drivers", report=Silent())
    assert "network" in caught.value.mend


def test_a_full_disk_is_seen_before_anything_is_fetched(pins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(environments.NEEDED, "drivers", 1 << 40)
    with pytest.raises(Failure, match="disk is too full") as caught:
        environments.ensure("drivers", report=Silent())
    assert "ERISC_HOME" in caught.value.mend


def test_two_processes_at_once_make_one_environment(pins: Path) -> None:
    code = (
        "import sys; from erisc.base import environments as e; from erisc.base.steps import Silent;"
        "e.constraints_file = lambda name: sys.argv[1]; print(e.ensure('drivers', report=Silent()))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(pins)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    outputs = {process.communicate()[0] for process in running}
    assert outputs == {environments.python_of("drivers") + "\n"}
    assert _answer(environments.python_of("drivers")) == "42"


def test_pips_settings_are_read_and_said_in_uvs_words(tmp_path: Path) -> None:
    text = (
        "global.index-url='https://mirror.invalid/simple'\n"
        "global.cert='/etc/ssl/a.pem'\n"
        f"install.find-links='{tmp_path} /nowhere/wheels'\n"
        "global.extra-index-url='file:///nowhere/simple https://more.invalid/simple'\n"
        "freeze.timeout='10'\n"
        ":env:.cert='/etc/ssl/b.pem'\n"
    )
    settings = parse_pip_config(text)
    assert settings["cert"] == "/etc/ssl/b.pem"
    assert "timeout" not in settings
    assert uv_variables(settings, {"UV_INDEX": "https://mine.invalid/simple"}) == {
        "UV_DEFAULT_INDEX": "https://mirror.invalid/simple",
        "UV_FIND_LINKS": str(tmp_path),
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/etc/ssl/b.pem",
    }


def test_erisc_is_importable_in_another_python_without_its_dependencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERISC_HOME", str(tmp_path))
    folder = environments.import_path()
    assert environments.import_path() == folder
    assert len(os.listdir(folder)) == 2
    code = "import erisc.executor, importlib.metadata as m; print(m.version('erisc'))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {folder!r}); {code}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip()
