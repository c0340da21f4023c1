"""The checkout's own `erisc` command, and the state of the tests' lab."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ERISC = str(Path(sys.executable).parent / "erisc")
LAB = "test"
"""The lab of the tests: beside the user's own, on ports of its own. Its state stays, so the next boot is quick."""


def erisc(*words: str, timeout: float = 300, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would; returns whatever it ended with."""
    quiet: dict[str, Any] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    return subprocess.run([ERISC, *words], check=False, timeout=timeout, **quiet | options)


def lab_status() -> dict[str, str]:
    """Service -> state of the tests' lab."""
    done = erisc("lab", "status", "--name", LAB, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return {service["name"]: service["state"] for service in json.loads(done.stdout)["services"]}
