"""Where only the executor and the verdict are installed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from erisc.base.home import package_root


@pytest.fixture
def traveller(tmp_path: Path) -> list[str]:
    """A command prefix that runs a script where erisc has neither compiler, targets, lab nor command line."""
    site = tmp_path / "site"
    for part in ("base", "executor", "verdict"):
        shutil.copytree(Path(package_root()) / part, site / "erisc" / part)
    shutil.copy(Path(package_root()) / "__init__.py", site / "erisc" / "__init__.py")
    shutil.copytree(Path(package_root()).parent / "constraints", site / "erisc" / "_data" / "constraints")
    metadata = next(path for folder in sys.path for path in Path(folder or ".").glob("erisc-*.dist-info"))
    shutil.copytree(metadata, site / metadata.name)
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "python3").symlink_to(shutil.which("python3", path=str(Path(sys.executable).parent)) or sys.executable)
    path = f"{binaries}:{os.environ['PATH']}"
    return ["env", f"PATH={path}", f"PYTHONPATH={site}", "PYTHONSAFEPATH=1"]
