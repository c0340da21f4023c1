"""The house stands as docs/architecture.md draws it: who may import whom, what a wheel holds, what the root shows."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = ("base", "cli", "compiler", "executor", "lab", "language_server", "reference", "targets", "verdict")
DATA = ("grammar", "stdlib", "images", "examples", "constraints")


def test_import_walls() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_cards_top_level_is_there() -> None:
    names = {path.name for path in ROOT.iterdir()}
    assert names >= {
        "grammar", "compiler", "targets", "stdlib", "images", "examples", "tests", "pyproject.toml", "README.md",
    }  # fmt: skip
    assert (ROOT / "compiler").resolve() == ROOT / "erisc" / "compiler"
    assert (ROOT / "targets").resolve() == ROOT / "erisc" / "targets"


def test_wheel_and_sdist_hold_every_component_once(tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_wheel, build_sdist; build_wheel('{0}'); build_sdist('{0}')"
    done = subprocess.run(
        [sys.executable, "-c", build.format(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    wheel = next(tmp_path.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    for component in COMPONENTS:
        assert f"erisc/{component}/__init__.py" in names
    for folder in DATA:
        assert any(name.startswith(f"erisc/_data/{folder}/") for name in names), folder
    assert not [name for name in names if name.startswith(("compiler/", "targets/"))]
    assert next(tmp_path.glob("*.tar.gz")).stat().st_size > 0
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    imports = "; ".join(f"import erisc.{component}" for component in COMPONENTS)
    check = f"{imports}; import erisc; assert erisc.__file__.startswith({str(unpacked)!r}), erisc.__file__"
    alone = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(unpacked)!r}); {check}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert alone.returncode == 0, alone.stderr


def test_wheel_compiles_the_examples_away_from_the_checkout(tmp_path: Path) -> None:
    build = f"from hatchling.build import build_wheel; build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    unpacked = tmp_path / "site"
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(unpacked)
    spec = unpacked / "erisc" / "_data" / "examples" / "quickstart.eris"
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); from erisc.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "compile", str(spec), "-o", str(tmp_path / "bundle")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
